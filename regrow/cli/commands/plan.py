"""`regrow plan`: what would be typed to verify a target, with the reason for each step, without running anything."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

__all__ = ["plan"]


def plan(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="As for `regrow verify`.", show_default=False)],
    json_out: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
    network: Annotated[
        bool, typer.Option("--network/--no-network", help="Whether the target may be fetched from another machine.")
    ] = True,
) -> None:
    """Print what `regrow verify` would type for TARGET and why, without running anything.

    The plan is the literal one, what the documents say, with what it leaves out of them.

    Exit codes: 0 whatever the plan holds, 2 when the target or the project's own file cannot be used.
    """
    import anyio

    from regrow.cli.endings import refusals_told
    from regrow.daemon.planning import plan_of

    async def planned() -> None:
        found = await plan_of(target, network=network)
        if json_out:
            typer.echo(found.model_dump_json(by_alias=True, indent=2))
            return
        from regrow.cli.report.plan import print_plan

        print_plan(found, sys.stdout)

    with refusals_told(target, json_out=json_out, events=False):
        anyio.run(planned)
