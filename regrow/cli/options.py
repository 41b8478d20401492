"""Options that several commands have alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AcceptHealed", "Events", "Formats", "JsonOut", "RunDir", "Sandboxless"]

_FORMATS = (
    "Write a report: text, json, html, junit, sarif, github, markdown, badge, shields, provenance, sbom or patch; PATH - is "
    "standard output. Repeatable."
)

Formats = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="KIND=PATH", help=_FORMATS),
]
JsonOut = Annotated[bool, typer.Option("--json", help="Print one JSON object at the end, and nothing else.")]
Events = Annotated[bool, typer.Option("--events", help="Print JSON lines as things happen.")]
AcceptHealed = Annotated[bool, typer.Option("--accept-healed", help="Exit with 0 for a healed run too.")]
RunDir = Annotated[Path | None, typer.Option(help="Where runs are kept.", show_default=False)]
Sandboxless = Annotated[
    bool, typer.Option("--unsafe-no-sandbox", help="Run steps without isolation where there is no sandbox.")
]
