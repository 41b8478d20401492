"""`regrow watch`: verify a folder again whenever its files change."""

from __future__ import annotations

from typing import Annotated

import typer

from regrow.cli.options import RunDir

__all__ = ["watch"]

_TIME = "For each whole run: 90s, 10m, 1h, or seconds.  [default: that of the settings, 10m]"


def watch(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A folder.", show_default=False)],
    time: Annotated[str | None, typer.Option("--time", metavar="DURATION", help=_TIME)] = None,
    offline: Annotated[bool, typer.Option("--no-network", help="Ask no other machine.")] = False,
    run_dir: RunDir = None,
) -> None:
    """Verify TARGET, and again each time that its files have changed and are quiet.

    Ctrl-C ends it: while it waits, with exit code 0; during a run as `regrow verify`, with the command that goes on.
    """
    from pathlib import Path
    from signal import SIGINT

    from regrow.cli.asking import Asked, configurations_of
    from regrow.cli.exit_codes import Interrupted
    from regrow.cli.folders import folders_for
    from regrow.cli.interrupts import signals_raise
    from regrow.cli.verifying import Presentation, carry_out, new_start
    from regrow.cli.watching import look, wait_for_change
    from regrow.protocols.errors import regrow_error

    (configuration,) = configurations_of(Asked((target,), time=time, network="none" if offline else "install"))
    root = Path(configuration.target)
    if not root.is_dir():
        raise regrow_error("E6001", "is no folder", where=f"target {target!r}", remedy="name the folder of a project")
    folders = folders_for(run_dir)
    while True:
        seen = look(root)  # before the run copies it: what changes from here on is a change
        code = carry_out(new_start(configuration), folders, Presentation())
        if code >= 128:
            raise typer.Exit(code)
        try:
            with signals_raise():
                typer.echo("waiting for a change; Ctrl-C ends", err=True)
                changed = wait_for_change(root, seen)
        except Interrupted as signalled:
            if signalled.number != SIGINT:
                raise
            typer.echo("\nno longer waiting", err=True)
            return
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        typer.echo(f"changed: {Path(changed[0]).relative_to(root)}{more}", err=True)
