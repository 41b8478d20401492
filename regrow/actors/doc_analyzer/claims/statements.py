"""Statements about versions and tests that metadata or a run can show wrong. Pure.

`lint-docs` judges far more sentences about versions, and tells each; here stand only those that say one thing plainly, since
what is found wrong here costs a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from regrow.actors.doc_analyzer.blocks import Block, BlockKind, Document
from regrow.core.project.evidence import Evidence
from regrow.core.project.linting.requirements import parse_bounds
from regrow.protocols.plan import Claim, ClaimKind, DocRef

__all__ = ["statements_in"]

LIMIT_CLAIMS = 100
_HISTORY = re.compile(
    r"(?i)\b(?:change ?log|changes|history|release notes|what'?s new|news|migrat\w*|upgrad\w*|"
    r"credits|roadmap|faq)\b|^v?\d+\.\d+"
)
_PYTHON = re.compile(
    r"(?i)(?:\brequires?|\bneeds?|\bworks (?:with|on)|\bsupports?|\bruns on|^(?:requirements?:?\s*)?)\s*"
    r"(?:only |at least |any )?(?:C?Python)(?: versions?)?\s*(?:>=|≥)?\s*(?P<version>[23]\.\d{1,2})"
    r"(?P<up>\s*\+|(?:\.\d+)?\s+(?:or|and)\s+"
    r"(?:later|newer|above|higher|up|greater|upwards?))"
)
_PYTHON_BOUND = re.compile(r"(?i)\bPython\s*(?:>=|≥)\s*(?P<version>[23]\.\d{1,2})(?![\d.]*\s*(?:,|<))")
_PAST = re.compile(
    r"(?i)\b(?:no longer|not|dropp?\w*|until|previous\w*|older|old|legacy|was|were|used to|before|unless|"
    r"if|when|for the|since|version \d\S* (?:and|or|requires)|v\d|development|developing|"
    r"docs?|tests?|build\w*|extras?|optional\w*)\b"
)
_OF_OURS = r"v?(?P<{}>\d+(?:\.\d+){{1,3}})(?![\w.-]*\d|\w)"
_VERSION = re.compile(
    r"(?i)\b(?:the )?(?:current|latest|present)(?: stable)?(?: released?)? version(?: is|:)\s*"
    + _OF_OURS.format("version")
    + r"|\bthis is version\s+"
    + _OF_OURS.format("this")
    + r"|^version:\s*"
    + _OF_OURS.format("bare")
    + r"$|^version\s+"
    + _OF_OURS.format("alone")
    + r"\.?$"
)
_NAMES_VERSION = re.compile(r"(?i)version\s+v?\d")
_COUNT = re.compile(
    r"(?i)(?:\ball(?: of the| the| of its| its)?\s+|\b(?:has|have|runs?|contains?|with|includes?|of|are|is|ran|executes?)\s+"
    r"(?:exactly |a total of |currently )?|^)"
    r"(?P<count>\d{1,3}(?:,\d{3})+|\d+)(?P<more>\+)?\s+(?:unit |automated |passing |test )?(?P<what>tests?|test cases)\b"
)
_ABOUT = re.compile(
    r"(?i)\b(?:over|more than|at least|about|around|nearly|almost|roughly|some|up to|fewer|less|>|~|approximately)\s*$"
)
_ALL_PASS = re.compile(
    r"(?i)\ball (?:of )?(?:the |its |our |\d[\d,]* )?(?:unit )?tests? (?:should |must |will |do |currently |now )?pass(?:es|ing)?\b"
)
_TESTING = re.compile(r"(?i)\btest(?:s|ing|ed)?\b|\bsuite\b")
_ELSEWHERE = re.compile(
    r"(?i)\b(?:fail\w*|skip\w*|new|added|adds?|another|other|each|every|per|if|when|before|make sure|ensure|"
    r"until|e2e|integration|slow|out of|of which)\b"
)


def statements_in(documents: Sequence[Document], evidence: Evidence) -> tuple[Claim, ...]:
    """Versions, counts of tests, and that all of them pass."""
    found: dict[tuple[ClaimKind, str], Claim] = {}
    for document in documents:
        if _HISTORY.search(document.file.rpartition("/")[2].partition(".")[0]):
            continue
        one_version = sum(_NAMES_VERSION.match(block.text) is not None for block in document.blocks) == 1
        for block in document.blocks:
            if block.kind is BlockKind.TEXT and not _HISTORY.search(" ".join(block.headings[1:])):
                for each in _of_block(block, evidence, told_once=one_version):
                    found.setdefault((each.kind, each.stated), each)
    return tuple(found.values())[:LIMIT_CLAIMS]


def _of_block(block: Block, evidence: Evidence, *, told_once: bool) -> Iterator[Claim]:
    """What one paragraph states; `told_once`: no other paragraph of its document begins with a version, as in a list of them."""
    yield from _python(block, evidence)
    yield from _own_version(block, evidence, told_once=told_once)
    yield from _counts(block)
    match = _ALL_PASS.search(block.text)
    if match is not None and not _ELSEWHERE.search(block.text[max(0, match.start() - 80) : match.start()]):
        yield _claim(block, ClaimKind.TESTS_PASS, match.group(), "all", confidence=0.8)


def _python(block: Block, evidence: Evidence) -> Iterator[Claim]:
    bounds = parse_bounds(evidence.requires_python or "")
    floors = [bound.release for bound in bounds if bound.operator in {">=", "~="}]
    for match in (_PYTHON.search(block.text), _PYTHON_BOUND.search(block.text)):
        if match is None or len(floors) != 1:
            continue
        sentence = block.text[max(0, match.start() - 100) : match.end() + 60]
        if _PAST.search(sentence):
            continue
        stated, floor = _numbers(match["version"]), tuple(floors[0])
        # A document may ask for more than the metadata; one that promises what is refused is wrong.
        holds = True if stated == floor[: len(stated)] else False if stated < floor[:2] else None
        known = f"requires-python is {evidence.requires_python}"
        yield _claim(block, ClaimKind.LANGUAGE_VERSION, match.group(), match["version"], known, holds, 0.95)
        return


def _own_version(block: Block, evidence: Evidence, *, told_once: bool) -> Iterator[Claim]:
    match = _VERSION.search(block.text)
    if match is None or evidence.version is None or not re.fullmatch(r"\d+(?:\.\d+)+", evidence.version):
        return
    stated = match["version"] or match["this"] or match["bare"] or match["alone"]
    if (match["bare"] or match["alone"]) and len(block.headings) > 1:
        return  # What a program prints, or the fields of another thing.
    if match["alone"] and not (told_once and re.fullmatch(r"(?i)readme[^/]*", block.file)):
        return  # Below the title of a guide it may be the guide's own, or that of what it describes.
    before = block.text[max(0, match.start() - 60) : match.start()]
    if _PAST.search(before) or re.search(
        r"(?i)\bof\b|python|api|spec|protocol|format|schema", block.text[max(0, match.start() - 40) : match.end()]
    ):
        return
    one, other = _numbers(stated), _numbers(evidence.version)
    holds = one[: len(other)] == other[: len(one)]
    yield _claim(
        block, ClaimKind.VERSION, match.group().strip(), stated, f"the metadata says {evidence.version}", holds, 0.95
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _counts(block: Block) -> Iterator[Claim]:
    for match in _COUNT.finditer(block.text):
        before = block.text[max(0, match.start("count") - 30) : match.start("count")]
        around = block.text[max(0, match.start() - 60) : match.end() + 40]
        if match["more"] or _ABOUT.search(before) or _ELSEWHERE.search(around):
            continue
        titled = bool(block.headings and _TESTING.search(block.headings[-1])) or re.search(
            r"(?i)\bsuite\b|\bpass", around
        )
        count = match["count"].replace(",", "")
        yield _claim(block, ClaimKind.TEST_COUNT, match.group().strip(), count, confidence=0.9 if titled else 0.6)


def _claim(
    block: Block,
    kind: ClaimKind,
    text: str,
    stated: str,
    known: str = "",
    holds: bool | None = None,
    confidence: float = 0.9,
) -> Claim:
    ref = DocRef(file=block.file, line=block.line, end_line=block.end_line, text=block.text[:500])
    return Claim(kind=kind, text=text, stated=stated, known=known, holds=holds, ref=ref, confidence=confidence)
