"""Shell: writes the reports of a finished run to where they were asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regrow.protocols.report import RunReport

__all__ = ["KINDS", "Output", "parse_output", "write_outputs"]

KINDS = ("text", "json", "html")


@dataclass(frozen=True, slots=True)
class Output:
    """One report to be written. `path` "-" is standard output."""

    kind: str
    path: str


def parse_output(text: str) -> Output:
    """Read `KIND=PATH`; a kind alone goes to standard output.

    Raises:
        ValueError: The kind is not known.

    >>> parse_output("html=report.html"), parse_output("json")
    (Output(kind='html', path='report.html'), Output(kind='json', path='-'))
    """
    kind, _, path = text.partition("=")
    if kind not in KINDS:
        msg = f"--format wants KIND=PATH with KIND one of {', '.join(KINDS)}; got {text!r}"
        raise ValueError(msg)
    return Output(kind, path or "-")


def write_outputs(report: RunReport, outputs: Sequence[Output], *, json_out: bool, events: bool) -> None:
    """Write every report that was asked for, the run's own copies, and the summary for the terminal."""
    from regrow.cli.report.page import render_page
    from regrow.cli.report.text import print_summary, render_text

    as_json = report.model_dump_json(by_alias=True, indent=2)
    renderers = {"text": lambda: render_text(report), "json": lambda: as_json, "html": lambda: render_page(report)}
    folder = Path(report.folder)
    for kind, name in (("json", "report.json"), ("html", "report.html")):
        _write_whole(folder / name, renderers[kind]())
    for output in outputs:
        if output.path == "-":
            sys.stdout.write(renderers[output.kind]() + "\n")
        else:
            _write_whole(Path(output.path), renderers[output.kind]() + "\n")
    if json_out:
        sys.stdout.write(as_json + "\n")
    elif events:
        sys.stdout.write('{"event":"report","report":' + report.model_dump_json(by_alias=True) + "}\n")
    elif not any(output.path == "-" for output in outputs):
        print_summary(report, sys.stdout)


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    making.write_text(text, "utf-8")
    making.replace(path)
