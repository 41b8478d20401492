"""What the words around a command say about it: the titles above it, the sentence and the comment before it. Pure."""

from __future__ import annotations

import re

from regrow.actors.doc_analyzer.mentions import Mention

__all__ = [
    "ADDS",
    "DEVELOPING",
    "EXAMPLE",
    "FOR_DOCUMENTS",
    "MAY_BE_LEFT_OUT",
    "NEEDED",
    "OTHER_WAY",
    "TEST_TITLE",
    "USAGE_TITLE",
    "WORK_TITLE",
    "off_topic_title",
    "words_before",
]

_OFF_TOPIC = re.compile(
    r"(?i)\b(releas(e|es|ing)|publish\w*|upload|deploy\w*|changelog|changes|history|uninstall\w*|credits|"
    r"licen[cs]e|benchmark\w*|"
    r"performance|cross[- ]compil\w*|packag(ing|ers?)|troubleshoot\w*|faq|(building|build|generating|writing|"
    r"updating) (the )?doc\w*|documentation|"
    r"profil\w*|fuzz\w*|translations?|localization|type[- ]check\w*|lint\w*|code style|formatting|style|"
    r"deprecat\w*|upgrad\w*|migrat\w*|"
    r"defining variables|optional features|installation names|system type|sharing defaults|particular systems|"
    r"compiling for multiple|configure invocation|docker|vendor\w*|bundl\w*|embed\w*|pre-?commit|bug reports?|"
    r"reporting)\b"
)
_ON_TOPIC = re.compile(r"(?i)\b(tests?|testing|develop\w*|contribut\w*|hacking|install\w*|from (the )?source)\b")
_ABOUT_DOCUMENTS = re.compile(
    r"(?i)\b(?:contribut\w*|work\w*|develop\w*|improv\w*)\b.*\b(?:to|on|for|with)\b.*\bdoc(?:s|umentation)\b"
)
"""Work on the documents themselves, though the title speaks of contributing."""
USAGE_TITLE = re.compile(
    r"(?i)^(usage|examples?|use it|quick ?start|tutorial|features|synopsis|api|demo|cli|command[- ]line.*|"
    r"configuration|options)\b"
)
TEST_TITLE = re.compile(r"(?i)\b(tests?|testing|unit ?tests?|test suite|running the tests?)\b")
WORK_TITLE = re.compile(
    r"(?i)\b(develop\w*|contribut\w*|hacking|build\w*|from source|install\w*|compil\w*|source|set ?up|getting "
    r"started|check\w*)\b"
)
DEVELOPING = re.compile(r"(?i)(^|/)(contribut|hacking|develop|install|build|testing|compil)[\w-]*(\.\w+)?$")
OTHER_WAY = re.compile(
    r"(?i)^\s*(or\b|alternativ|another (way|option)|if you (prefer|use|are using|want|have)|you can also|"
    r"instead|optionally)|\bor,? (if|with|using|alternatively)\b|\b(or|alternatively)\W*$"
)
ADDS = re.compile(
    r"(?i)\b(also|too|as well|in addition|additionally|then|after(wards?| that)|next|finally|both|each|besides)\b|"
    r"^\W*and\b|\band\W*$"
)
"""What says that a command is typed besides the one before it."""
NEEDED = re.compile(
    r"(?i)\b(before\b(?! (version|release|\d))|first\b|beforehand|needs?\b|needed\b|requires?\b|required\b|must\b|have to\b|"
    r"prepar\w+|creat(e|es|ing)\b|generat(e|es|ing)\b|set\b|start\b|launch\b|configur(e|ing)\b|initiali[sz]\w+|populate\b)"
)
"""What says that the tests or the build ask for a command."""
MAY_BE_LEFT_OUT = re.compile(
    r"(?i)\boptional|\bif (you|needed|necessary|desired)\b|\b(may|can) (also )?be\b|\bto try\b|"
    r"\b(overrid(e|es|ing)|customi[sz](e|es|ing)|non-?(standard|default))\b"
)
EXAMPLE = re.compile(
    r"(?i)\b(e\.g\.|for example|for instance|example|single|specific|particular|individual|one test|subset|only "
    r"(run|the)|just one|selected)\b"
)

FOR_DOCUMENTS = re.compile(
    r"(?i)^\W*(?:(?:to|for) )?(?:(?:build|building|generate|generating|make|making) )?(?:the )?(?:\w+ )?"
    r"(?:manual|documentation|docs)\b(?! and)[^.]{0,40}:?\s*$"
)
"""A sentence before a command that says of nothing but the documentation that it is made with it."""


def off_topic_title(mention: Mention) -> str | None:
    """The title above a command that is about something else than building and testing; None when there is none."""
    titles = mention.headings[1:] if len(mention.headings) > 1 else mention.headings
    return next(
        (
            title
            for title in titles
            if _ABOUT_DOCUMENTS.search(title) or (_OFF_TOPIC.search(title) and not _ON_TOPIC.search(title))
        ),
        None,
    )


def words_before(mention: Mention) -> str:
    """What is said just before a command: the sentence that leads to its block, or the part of its own up to it."""
    if not mention.inline:
        return mention.lead
    return re.split(r"(?<=[.!?;])\s+", mention.before.rstrip())[-1][-120:]
