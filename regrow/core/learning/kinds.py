"""The kind of a project, as records are kept by it: by what it is built with, and whether it compiles anything. Pure."""

from __future__ import annotations

from regrow.core.project.evidence import Evidence
from regrow.protocols.documents import Ecosystem

__all__ = ["project_kind"]

_BUILDERS = (
    ("cmake", ("CMakeLists.txt",)),
    ("meson", ("meson.build",)),
    ("autotools", ("configure", "configure.ac", "configure.in")),
    ("make", ("Makefile", "GNUmakefile", "makefile")),
)


def project_kind(evidence: Evidence) -> str:
    """Return the kind of a project, in the words that records are kept under.

    >>> project_kind(Evidence(ecosystem=Ecosystem.C, build_recipes=("Makefile", "meson.build")))
    'c+meson'
    """
    kind = evidence.ecosystem.value
    if evidence.ecosystem is Ecosystem.C:
        recipes = set(evidence.build_recipes)
        return "+".join((kind, *next(((name,) for name, files in _BUILDERS if recipes & set(files)), ())))
    return f"{kind}+native" if evidence.extension is not None else kind
