"""What the statements about a build (provenance, bill of materials) need: the libraries, and a run that passed. Pure but for
the look whether a library is installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from regrow.protocols.build_contents import BuildContents
from regrow.protocols.errors import regrow_error
from regrow.protocols.report import RunReport

__all__ = ["STATEMENTS", "contents_of", "need_libraries", "some_artefact"]

STATEMENTS: Final = {"provenance": ("in_toto_attestation", "packageurl"), "sbom": ("cyclonedx", "packageurl")}
"""Kind of report -> the modules that write it, all of the extra `sbom`."""


def need_libraries(kind: str) -> None:
    """See that a kind of report can be written here, before a long run and not after it.

    Raises:
        RegrowError: E6007 a library is not installed.
    """
    for module in STATEMENTS.get(kind, ()):
        if find_spec(module) is None:
            raise regrow_error(
                "E6007",
                "needs the extra 'sbom'",
                where=f"option --format {kind}",
                got=f"the module {module} is not installed",
                remedy="pip install 'regrow[sbom]'",
            )


def contents_of(report: RunReport) -> BuildContents:
    """Return what the build left.

    Raises:
        RegrowError: E6010 there is nothing: the run has not passed.
    """
    if report.contents is None:
        raise regrow_error(
            "E6010",
            "has no build to state anything of",
            where=f"run {report.run_id}",
            expected="a run that ended with pass or healed",
            got=report.verdict.value,
        )
    return report.contents


def some_artefact(report: RunReport) -> None:
    """See that the build made something.

    Raises:
        RegrowError: E6010 it made nothing.
    """
    if not report.artefacts:
        raise regrow_error(
            "E6010",
            "made no file that a statement could be about",
            where=f"run {report.run_id}",
            expected="a package, a program, a library, or an installed project",
            got="none",
            remedy="let the documents build one; what was installed is in --format sbom=FILE all the same",
        )
