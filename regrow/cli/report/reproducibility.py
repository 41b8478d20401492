"""What repeated builds have shown, as lines for a terminal and as a part of the page. Pure."""

from __future__ import annotations

from html import escape

from regrow.protocols.reproducibility import BuildDifference, PartKind, Reproducibility

__all__ = ["reproducibility_lines", "reproducibility_section"]

LIMIT_LINES = 12


def reproducibility_lines(found: Reproducibility | None) -> list[str]:
    """Return a paragraph for each thing to be said; nothing when no builds were compared."""
    if found is None:
        return []
    lines = [f"{_word(found)}: {found.reason}"]
    for each in found.differences[:LIMIT_LINES]:
        lines.append(
            f"  {each.cause.value.replace('_', ' ')}: {_what(each)}{f': {each.detail}' if each.detail else ''}"
        )
        lines.append(f"    fix: {each.fix}")
    if len(found.differences) > LIMIT_LINES:
        lines.append(f"  and {len(found.differences) - LIMIT_LINES} more (each in the JSON and the page)")
    return [*lines, *(f"  {text}" for text in _remarks(found))]


def _word(found: Reproducibility) -> str:
    return {True: "reproducible", False: "not reproducible (E3008)", None: "reproducibility unknown"}[
        found.reproducible
    ]


def _what(each: BuildDifference) -> str:
    if each.kind is PartKind.BUILD:
        return "the build fails"
    part = f", {each.part}" if each.part else ""
    more = f" and {each.count - 1} more" if each.count > 1 else ""
    kind = "" if each.kind is PartKind.CONTENT else f" ({each.kind.value.replace('_', ' ')})"
    return f"{each.artefact}{part}{more}{kind}"


def _remarks(found: Reproducibility) -> list[str]:
    remarks = []
    if found.remedy is not None:
        settings = " ".join(f"{name}={value}" for name, value in found.remedy.environment.items())
        but = ", ".join(each.value.replace("_", " ") for each in found.remedy.rest)
        besides = f", {but} left alone" if but else ""
        outcome = "two more builds were the same" if found.remedy.same else "two more builds still differed"
        remarks.append(f"with {settings}{besides}: {outcome}")
    if found.packed_by:
        remarks.append(f"no documented step packs the project, so this was added: {found.packed_by}")
    return [*remarks, *found.notes]


def reproducibility_section(found: Reproducibility | None) -> str:
    """Return the part of the page; "" when no builds were compared."""
    if found is None:
        return ""
    cards = "".join(
        f"<div class=card><h3>{escape(each.cause.value.replace('_', ' '))}: {escape(_what(each))}</h3>"
        f"<pre>{escape(each.detail)}</pre><p>Fix: {escape(each.fix)}</p>"
        f"<p class=soft>Shown by the build “{escape(each.shown_by)}”.</p></div>"
        for each in found.differences
    )
    builds = "".join(
        f"<li>{escape(each.name)}: {escape(', '.join(one.value.replace('_', ' ') for one in each.varied) or 'nothing')} "
        f"varied{f'; <b>failed</b>: {escape(each.failure)}' if each.failure else ''} "
        f"<span class=soft>{each.duration_ms / 1000:.1f} s</span></li>"
        for each in found.builds
    )
    digests = "".join(
        f"<li><code>{escape(each.path)}</code> <span class=soft>{each.sha256}</span></li>" for each in found.artefacts
    )
    remarks = "".join(f"<p>{escape(text)}</p>" for text in _remarks(found))
    return (
        f"<h2>Reproducibility</h2><p class=lead>{escape(_word(found))}: {escape(found.reason)}</p>{remarks}{cards}"
        f"<details class=card><summary>{len(found.builds)} builds, {len(found.artefacts)} artefacts</summary>"
        f"<ul>{builds}</ul><ul>{digests}</ul></details>"
    )
