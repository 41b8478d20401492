"""`regrow verify`: does a project build and pass its tests from its documentation alone?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["verify"]

_NO_NETWORK = (
    "Ask no other machine: no step reaches one, and a TARGET of a registry or of git is fetched only from this machine."
)


class Memory(StrEnum):
    """The values of `--memory`; those of `MemoryUse`, whose module is loaded when the command runs."""

    NONE = "none"
    READ = "read"
    LEARN = "learn"


def verify(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A folder, an archive, a git address or path, or pypi:NAME[==VERSION], npm:NAME, deb:NAME.",
            show_default=False,
        ),
    ],
    output: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="KIND=PATH", help="Write a report: text, json or html; repeatable."),
    ] = None,
    json_out: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end, and nothing else.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Print JSON lines as things happen.")] = False,
    accept_healed: Annotated[bool, typer.Option("--accept-healed", help="Exit with 0 for a healed run too.")] = False,
    deadline_s: Annotated[float, typer.Option("--deadline", min=1.0, help="Seconds for the whole run.")] = 900.0,
    max_recoveries: Annotated[int, typer.Option(min=0, help="Recoveries before the run gives up.")] = 14,
    memory: Annotated[Memory, typer.Option(help="What is done with patterns of earlier runs.")] = Memory.LEARN,
    offline: Annotated[bool, typer.Option("--no-network", help=_NO_NETWORK)] = False,
    chaos: Annotated[
        int | None, typer.Option(metavar="SEED", help="Kill actors of the run at random moments of this seed.")
    ] = None,
    run_dir: Annotated[Path | None, typer.Option(help="Where runs are kept.", show_default=False)] = None,
    unsafe_no_sandbox: Annotated[
        bool, typer.Option("--unsafe-no-sandbox", help="Run steps without isolation where there is no sandbox.")
    ] = False,
) -> None:
    """Build TARGET from its documentation alone in a clean room, run its tests, and say what you saw.

    Exit codes: 0 pass, 1 healed or fail, 2 usage, 4 undecided, 69 this machine lacks something, 70 internal error,
    130 interrupted by Ctrl-C, 143 by SIGTERM.
    """
    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.report.outputs import parse_output
    from regrow.cli.targets import settled_target
    from regrow.cli.verifying import Presentation, carry_out, new_start
    from regrow.protocols.verification import BuildConfig, MemoryUse, NetworkPolicy

    with refusals_told(target, json_out=json_out, events=events):
        outputs = tuple(parse_output(text) for text in output or ())
        configuration = BuildConfig(
            target=settled_target(target),
            deadline_s=deadline_s,
            max_recoveries=max_recoveries,
            memory=MemoryUse(memory.value),
            network=NetworkPolicy.NONE if offline else NetworkPolicy.INSTALL,
            unsafe_no_sandbox=unsafe_no_sandbox,
            chaos_seed=chaos,
        )
        folders = folders_for(run_dir)
    presentation = Presentation(json_out, events, outputs, accept_healed)
    raise typer.Exit(carry_out(new_start(configuration), folders, presentation))
