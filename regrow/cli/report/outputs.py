"""Shell: writes the reports of a finished run to where they were asked for."""

from __future__ import annotations

import errno
import itertools
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regrow.cli.faults import refusals_of
from regrow.cli.report.statements.needed import STATEMENTS, need_libraries
from regrow.protocols.errors import RegrowError, regrow_error
from regrow.protocols.report import RunReport
from regrow.protocols.status import Verdict

__all__ = [
    "KINDS",
    "PATCH",
    "PREVENTION",
    "Output",
    "asked_outputs",
    "check_places",
    "option_of",
    "outputs_for",
    "parse_output",
    "render",
    "unpatched",
    "write_asked",
    "write_outputs",
    "write_whole",
]

PATCH = "patch"
"""The kind of an output that is the patch of the documents; nothing is written where there is none."""

KINDS = ("text", "json", "html", "junit", "sarif", "github", "markdown", "badge", "shields", *STATEMENTS, PATCH)

PREVENTION = "prevention"
"""The kind of an output whose path is a folder, which gets the tests that would have caught what was healed."""

SUMMARY_LIMIT_BYTES = 1_000_000
"""GitHub takes 1 MiB for the summary of a step."""


@dataclass(frozen=True, slots=True)
class Output:
    """One report to be written. `path` "-" is standard output."""

    kind: str
    path: str


def parse_output(text: str, kinds: Sequence[str] = KINDS) -> Output:
    """Read `KIND=PATH`; a kind alone goes to standard output.

    Raises:
        RegrowError: The kind is not known, or no path stands behind the equals sign (E6001); what writes it is not
            installed (E6007).

    >>> parse_output("html=report.html"), parse_output("json")
    (Output(kind='html', path='report.html'), Output(kind='json', path='-'))
    """
    kind, equals, path = text.partition("=")
    if kind not in kinds or (equals and not path):
        what = f"has no kind {kind!r}" if kind not in kinds else "names no file"
        expected = f"KIND=PATH with KIND one of {', '.join(kinds)}"
        remedy = f"for instance {kinds[0]}=report.{kinds[0]}"
        if kind == PREVENTION:
            remedy = (
                f"the tests that would have caught it are files of their own: --prevention-tests {path or 'FOLDER'}"
            )
        raise regrow_error("E6001", what, where="option --format", expected=expected, got=repr(text), remedy=remedy)
    need_libraries(kind)
    return Output(kind, path or "-")


def asked_outputs(
    texts: Sequence[str] | None, prevention: str | None = None, patch: str | None = None
) -> tuple[Output, ...]:
    """Return what was asked for by `--format`, `--prevention-tests` and `--patch`. Errors are those of `parse_output`."""
    special = ((PREVENTION, prevention), (PATCH, patch))
    return (*map(parse_output, texts or ()), *(Output(kind, path) for kind, path in special if path))


def option_of(output: Output) -> str:
    """Return what was typed to ask for an output, for a sentence about it."""
    names = {PREVENTION: "--prevention-tests", PATCH: "--patch"}
    return (
        f"option {names[output.kind]} {output.path}"
        if output.kind in names
        else f"option --format {output.kind}={output.path}"
    )


def unpatched(report: RunReport, outputs: Sequence[Output]) -> str | None:
    """Say that a patch was asked for and that there is none; None where there is one, or none was asked for."""
    places = [output.path for output in outputs if output.kind == PATCH]
    if not places or report.docs_patch:
        return None
    why = {
        Verdict.PASS: "the documents need none",
        Verdict.HEALED: "what healed the run cannot be said by a change that was proved",
    }.get(report.verdict, "nothing is known that the documents could say instead")
    kept = "".join(f"; nothing is written to {place}" for place in places if place != "-")
    return f"no patch: {why}{kept}"


def outputs_for(outputs: Sequence[Output], runs: Sequence[tuple[str, str]]) -> list[tuple[Output, ...]]:
    """Return the outputs of each of several runs: `{name}` and `{run}` in a path stand for its target and its id.

    Args:
        outputs: As they were asked for.
        runs: Target and id of each.

    Raises:
        RegrowError: Several runs would write one file, or mix what they write to standard output (E6001).

    >>> outputs_for([Output("html", "{name}.html")], [("pypi:six", "1"), ("/srv/six", "2"), ("/opt/six", "3")])[2]
    (Output(kind='html', path='six-2.html'),)
    """
    names = _names([target for target, _ in runs])
    found = []
    for name, (_, run_id) in zip(names, runs, strict=True):
        paths = [output.path.replace("{name}", name).replace("{run}", run_id) for output in outputs]
        found.append(tuple(Output(output.kind, path) for output, path in zip(outputs, paths, strict=True)))
    for output in outputs if len(runs) > 1 else ():
        if not {"{name}", "{run}"} & set(re.findall(r"\{\w+\}", output.path)):
            raise regrow_error(
                "E6001",
                f"would hold the reports of {len(runs)} runs",
                where=option_of(output),
                remedy=f"write {{name}} or {{run}} into the path, for instance {_numbered(output.path)}",
            )
    return found


def _numbered(path: str) -> str:
    """A path that holds the name of the target: `docs-{name}.patch`.

    >>> _numbered("out/docs.patch"), _numbered("out")
    ('out/docs-{name}.patch', 'out-{name}')
    """
    place = Path(path)
    return str(place.with_name(f"{place.stem}-{{name}}{place.suffix}")) if place.name else "report-{name}"


def _names(targets: Sequence[str]) -> list[str]:
    """Return a file's name for each target, each another."""
    found: list[str] = []
    for target in targets:
        last = re.sub(r"[^A-Za-z0-9._+-]+", "-", target.rstrip("/").rpartition("/")[2]).strip("-.") or "target"
        numbered = (f"{last}-{number}" for number in itertools.count(2))
        found.append(next(name for name in itertools.chain([last], numbered) if name not in found))
    return found


def check_places(outputs: Sequence[Output]) -> None:
    """Make the folders of all outputs and see that they can be written, before a long run and not after it.

    Raises:
        RegrowError: One cannot be written (E5002, E5004, E6001).
    """
    for output in (output for output in outputs if output.path != "-"):
        path = Path(output.path) / "test" if output.kind == PREVENTION else Path(output.path)
        with refusals_of("the report", path, "name another file with --format KIND=PATH"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
            if not os.access(path.parent, os.W_OK):
                raise PermissionError(errno.EACCES, "Permission denied", str(path.parent))


def write_outputs(report: RunReport, outputs: Sequence[Output], *, json_out: bool, events: bool) -> RegrowError | None:
    """Write every report that was asked for, the run's own copies, and the summary for the terminal.

    With `json_out` nothing else than what was asked for goes to standard output: the last object is the caller's.

    Returns:
        The first file that could not be written; everything else was, and the summary is shown.
    """
    from regrow.cli.report.text import print_summary

    folder = Path(report.folder)
    unwritten = _write_files(report, [(folder / "report.json", "json"), (folder / "report.html", "html")])
    unwritten = write_asked(report, outputs) or unwritten
    if events and not json_out:
        sys.stdout.write('{"event":"report","report":' + report.model_dump_json(by_alias=True) + "}\n")
    elif not json_out and not any(output.path == "-" for output in outputs):
        print_summary(report, sys.stdout)
    return unwritten


def write_asked(report: RunReport, outputs: Sequence[Output]) -> RegrowError | None:
    """Write the reports that were asked for; returns the error of the first that could not be written."""
    outputs = [output for output in outputs if output.kind != PATCH or report.docs_patch]
    files = [output for output in outputs if output.path != "-" and output.kind != PREVENTION]
    unwritten = _write_files(report, [(Path(output.path), output.kind) for output in files])
    for output in outputs:
        if output.kind == PREVENTION:
            unwritten = _write_tests(report, Path(output.path)) or unwritten
        elif output.path == "-":
            try:
                sys.stdout.write(_ended(render(report, output.kind), output.kind))
            except RegrowError as error:
                unwritten = unwritten or error
    if any(output.kind == "github" for output in outputs):
        unwritten = unwritten or _add_job_summary(report)
    return unwritten


def _write_files(report: RunReport, files: Sequence[tuple[Path, str]]) -> RegrowError | None:
    """Write reports of these kinds; returns the error of the first that could not be written, after all the others."""
    unwritten: list[RegrowError] = []
    for path, kind in files:
        try:
            with refusals_of("the report", path, "name another file with --format KIND=PATH"):
                write_whole(path, _ended(render(report, kind), kind))
        except RegrowError as error:
            unwritten.append(error)
    return unwritten[0] if unwritten else None


def _ended(text: str, kind: str) -> str:
    """A text with the end of its last line; a patch has it, and one line more would be a line of the file."""
    return text if kind == PATCH else f"{text}\n"


def _write_tests(report: RunReport, folder: Path) -> RegrowError | None:
    try:
        for test in report.prevention:
            with refusals_of("a prevention test", folder / test.path, "name another folder with --prevention-tests"):
                write_whole(folder / test.path, test.text)
    except RegrowError as error:
        return error
    return None


def render(report: RunReport, kind: str) -> str:
    """Return the report as one of `KINDS`."""
    match kind:
        case "json":
            return report.model_dump_json(by_alias=True, indent=2)
        case "html":
            from regrow.cli.report.page import render_page

            return render_page(report)
        case "junit":
            from regrow.cli.report.formats.junit import render_junit

            return render_junit(report)
        case "sarif":
            from regrow.cli.report.formats.sarif import render_sarif

            return render_sarif(report, _prefix_in_repository(report.target))
        case "github":
            from regrow.cli.report.formats.github import render_github

            return render_github(report, _prefix_in_repository(report.target))
        case "badge":
            from regrow.cli.report.formats.badge import render_badge

            return render_badge(report)
        case "shields":
            from regrow.cli.report.formats.badge import render_shields

            return render_shields(report)
        case "provenance":
            from regrow.cli.report.statements.provenance import render_provenance

            return render_provenance(report)
        case "sbom":
            from regrow.cli.report.statements.sbom import render_sbom

            return render_sbom(report)
        case "patch":
            return report.docs_patch
        case "markdown":
            from regrow.cli.report.formats.markdown import render_markdown

            return render_markdown(report)
        case _:
            from regrow.cli.report.text import render_text

            return render_text(report)


def _prefix_in_repository(target: str) -> str:
    """Return where a target folder lies in the repository that a job has checked out, "sub/folder/"; "" elsewhere."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    if not workspace or not Path(target).is_absolute():
        return ""
    try:
        inside = Path(target).relative_to(workspace).as_posix()
    except ValueError:
        return ""
    return "" if inside == "." else f"{inside}/"


def _add_job_summary(report: RunReport) -> RegrowError | None:
    """Add the report to the summary of the job that this is, if it is one."""
    from regrow.cli.report.formats.markdown import render_markdown

    named = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not named:
        return None
    path = Path(named)
    text = render_markdown(report) + "\n\n"
    try:
        with refusals_of("the job's summary", path, "unset GITHUB_STEP_SUMMARY"):
            taken = path.stat().st_size if path.exists() else 0
            if taken + len(text.encode("utf-8", "replace")) <= SUMMARY_LIMIT_BYTES:
                with path.open("a", encoding="utf-8", errors="replace") as file:
                    file.write(text)
    except RegrowError as error:
        return error
    return None


def write_whole(path: Path, text: str) -> None:
    """Write a file such that a reader sees the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        making.write_text(text, "utf-8", errors="replace")  # a lone surrogate in a file's name has no bytes
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)
