"""`regrow verify`: does a project build and pass its tests from its documentation alone?"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from regrow.cli.options import AcceptHealed, Events, Formats, JsonOut, RunDir, Sandboxless

if TYPE_CHECKING:
    from regrow.cli.verifying import Presentation
    from regrow.daemon.verification import Folders
    from regrow.protocols.verification import BuildConfig

__all__ = ["verify"]

_NO_NETWORK = (
    "As --network none: ask no other machine. No step reaches one, and a TARGET of a registry or of git is fetched only "
    "from this machine."
)
_OFFLINE = (
    "As --network offline: ask no other machine, and take what earlier runs have downloaded. What is not there makes the run "
    "undecided, and is named."
)
_TARGET = "A folder, an archive, a git address or path, or pypi:NAME[==VERSION], npm:NAME, deb:NAME."
_RECOVERIES = "How many recoveries are tried before a run gives up.  [default: that of the settings, 14]"
_MEMORY = "What is done with patterns of earlier runs.  [default: that of the settings, learn]"
_SEED = "The seed of draws between repairs that are equally good by earlier runs; the report names it."
_LITERAL = "Do what the documents say and nothing else: no recovery is tried, and healed is no success."
_PYTHONS = "Whether a room may be given another Python of this machine, as a deviation, where Debian's does not do."
_SECRET = "A variable of this environment that the tests are given; repeatable. Its value is masked wherever it would be kept."
_CHAOS = "For those who test regrow: kill actors of the run at random moments, which SEED decides."
_PREVENTION = "Write the tests that would have caught what was healed below FOLDER, as they would lie in the project."
_PATCH = "Write the patch of the documents, if there is one; of several targets FILE holds {name}."
_MODEL = "A language model that may propose a repair when no rule knows one.  [default: that of the settings, none]"
_JOBS = "How many targets are verified at a time.  [default: half of the processors, at most 4]"
_REPRODUCE = (
    "After a pass, build N times with all varied that should not matter, compare, and name what differs and why."
)
_REQUIRE = "Exit with 1 when builds differ, with 4 when it could not be said; builds twice if --reproduce does not say."
_VARY = "Run tests that fail in other surroundings too (time zone, locale, date, memory, ...), and say where they pass."
_TIME = "For each whole run: 90s, 10m, 1h, or seconds.  [default: that of the settings, 10m]"


_HostInterpreters = Annotated[bool, typer.Option("--host-interpreters/--no-host-interpreters", help=_PYTHONS)]
_Targets = Annotated[list[str], typer.Argument(metavar="TARGET", help=_TARGET, show_default=False)]


class Network(StrEnum):
    """The values of `--network`; those of `NetworkPolicy`."""

    INSTALL = "install"
    OFFLINE = "offline"
    NONE = "none"


class Memory(StrEnum):
    """The values of `--memory`; those of `MemoryUse`, whose module is loaded when the command runs."""

    NONE = "none"
    READ = "read"
    LEARN = "learn"


def verify(
    targets: _Targets,
    output: Formats = None,
    json_out: JsonOut = False,
    events: Events = False,
    accept_healed: AcceptHealed = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, max=10, metavar="N", help=_JOBS)] = None,
    time: Annotated[str | None, typer.Option("--time", "--deadline", metavar="DURATION", help=_TIME)] = None,
    max_recoveries: Annotated[int | None, typer.Option(min=0, metavar="N", help=_RECOVERIES)] = None,
    literal_only: Annotated[bool, typer.Option("--literal-only", help=_LITERAL)] = False,
    memory: Annotated[Memory | None, typer.Option(help=_MEMORY)] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help=_SEED)] = 0,
    network: Annotated[Network, typer.Option(help="Which steps may reach the hosts of packages.")] = Network.INSTALL,
    offline: Annotated[bool, typer.Option("--offline", help=_OFFLINE)] = False,
    no_network: Annotated[bool, typer.Option("--no-network", help=_NO_NETWORK)] = False,
    prevention_tests: Annotated[str | None, typer.Option(metavar="FOLDER", help=_PREVENTION)] = None,
    patch: Annotated[str | None, typer.Option("--patch", metavar="FILE", help=_PATCH)] = None,
    host_interpreters: _HostInterpreters = True,
    reproduce: Annotated[int | None, typer.Option(min=2, max=10, metavar="N", help=_REPRODUCE)] = None,
    require_reproducible: Annotated[bool, typer.Option("--require-reproducible", help=_REQUIRE)] = False,
    vary_tests: Annotated[bool, typer.Option("--vary-tests", help=_VARY)] = False,
    model: Annotated[str | None, typer.Option(metavar="NAME", help=_MODEL)] = None,
    secret: Annotated[list[str] | None, typer.Option("--secret", metavar="NAME", help=_SECRET)] = None,
    chaos: Annotated[int | None, typer.Option(metavar="SEED", help=_CHAOS)] = None,
    run_dir: RunDir = None,
    unsafe_no_sandbox: Sandboxless = False,
) -> None:
    """Build TARGET from its documentation alone in a clean room, run its tests, and say what came of it.

    Several targets are each a run of its own, at most --jobs at a time, with a table at the end.

    Exit codes: 0 pass, 1 healed or fail, 2 usage, 4 undecided, 69 this machine lacks something, 70 internal error,
    130 interrupted by Ctrl-C, 143 by SIGTERM. Of several targets: 1 if one is healed or failed, else 4 if one is undecided.
    """
    from regrow.cli.asking import Asked, configurations_of
    from regrow.cli.endings import refusals_told
    from regrow.cli.folders import folders_for
    from regrow.cli.report.outputs import asked_outputs
    from regrow.cli.verifying import Presentation, carry_out, new_start

    with refusals_told(targets[0] if len(targets) == 1 else None, json_out=json_out, events=events):
        outputs = asked_outputs(output, prevention_tests, patch)
        asked = Asked(
            targets=tuple(targets),
            time=time,
            max_recoveries=0 if literal_only else max_recoveries,
            memory=memory.value if memory is not None else None,
            network="none" if no_network else "offline" if offline else network.value,
            host_interpreters=host_interpreters,
            unsafe_no_sandbox=unsafe_no_sandbox,
            chaos_seed=chaos,
            vary_tests=vary_tests,
            reproduce=reproduce or (2 if require_reproducible else 1),
            seed=seed,
            model=model,
            secrets=tuple(secret or ()),
        )
        configurations = configurations_of(asked)
        folders = folders_for(run_dir)
    presentation = Presentation(
        json_out, events, outputs, accept_healed and not literal_only, require_reproducible=require_reproducible
    )
    if len(configurations) == 1:
        raise typer.Exit(carry_out(new_start(configurations[0]), folders, presentation))
    raise typer.Exit(_carry_out_all(configurations, folders, presentation, jobs))


def _carry_out_all(
    configurations: list[BuildConfig], folders: Folders, presentation: Presentation, jobs: int | None
) -> int:
    from regrow.cli.batch.carrying import carry_out_all
    from regrow.cli.batch.jobs import default_jobs
    from regrow.cli.endings import refusals_told

    with refusals_told(None, json_out=presentation.json_out, events=presentation.events):
        return carry_out_all(configurations, folders, presentation, jobs or default_jobs())
