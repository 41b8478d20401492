"""Options that several commands have alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AcceptHealed", "Events", "Formats", "JsonOut", "RunDir", "Sandboxless", "complete_format"]

_FORMATS = (
    "Write a report: text, json, html, junit, sarif, github, markdown, badge, shields, provenance, sbom or patch. A KIND "
    "alone, and PATH -, is standard output. Repeatable."
)


def complete_format(incomplete: str) -> list[str]:
    """Return the kinds of reports that begin so, each with the sign behind which its file is named."""
    from regrow.cli.report.outputs import KINDS

    return [f"{kind}=" for kind in KINDS if f"{kind}=".startswith(incomplete)]


Formats = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="KIND=PATH", help=_FORMATS, autocompletion=complete_format),
]
JsonOut = Annotated[bool, typer.Option("--json", help="Print one JSON object at the end, and nothing else.")]
Events = Annotated[bool, typer.Option("--events", help="Print JSON lines as things happen.")]
AcceptHealed = Annotated[bool, typer.Option("--accept-healed", help="Exit with 0 for a healed run too.")]
RunDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where runs are kept, if not where the settings say.", show_default=False),
]
Sandboxless = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run steps without isolation where there is no sandbox.")
]
