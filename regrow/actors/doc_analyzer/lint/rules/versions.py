"""Versions that documents claim against the metadata: of Python, of dependencies, of the project itself.

A sentence counts only when it says what is needed or supported now. Sentences about the past, about other products and about
conditions ("the last release for Python 2.7", "on Python 3.7 you also need") are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from regrow.actors.doc_analyzer.blocks import Block, BlockKind
from regrow.actors.doc_analyzer.lint.installs import install_of
from regrow.actors.doc_analyzer.lint.model import Finding
from regrow.actors.doc_analyzer.lint.pages import Command, Page, is_placeholder
from regrow.actors.doc_analyzer.lint.rules.packages import Releases
from regrow.core.project.linting.project_facts import ProjectFacts
from regrow.core.project.linting.requirements import Bound, Requirement, admits, lowest, parse_bounds, release_of

__all__ = ["check_versions"]

_NUMBER = r"v?(\d+(?:\.\d+)*)(?:\.x)?"
_UP = (
    r"\s*(\+|\(?\s*(?:or|and|and/or)\s+(?:later|newer|above|higher|greater|up|upwards?|beyond)|or\s+(?:any\s+)"
    r"?(?:later|newer))"
)
_DOWN = r"\s*(?:or|and)\s+(?:older|earlier|lower|below|less)"
_CLAIM = (
    rf"(?:\s+(?:version|versions|release|interpreter|v))?\s*\(?(?P<op>>=|<=|==|=|>|<|≥|≤|~=)?\s*{_NUMBER}"
    rf"(?:(?P<up>{_UP})|(?P<down>{_DOWN})|\s*(?:-|–|—|to|through)\s*(?:Python\s*)?(?P<high>\d+(?:\.\d+)+))?"
    rf"(?P<more>(?:\s*(?:,|/|and|or|&)\s*(?:and\s+|or\s+)?(?:Python\s+)?\d\.\d+(?![\d.]*\d))*)"
)
_PYTHON = re.compile(rf"(?<![\w-])(?:C?Python|Py)(?P<claim>{_CLAIM})(?![\w])", re.IGNORECASE)
_NEEDS = re.compile(
    r"(?i)\b(requir\w*|needs?|needed|supports?|supported|support|compatib\w*|works?|runs?|tested|minimum|at least|"
    r"prerequisites?|"
    r"dependenc\w*|designed for|written for|built for|must have|make sure|ensure|available for|only|install\w*|"
    r"using|with)\b"
)
_FIRMLY = re.compile(r"(?i)\b(requir\w*|needs?|minimum|at least|prerequisites?|must)\b")
_PAST = re.compile(
    r"(?i)\b(no longer|not|dropp?\w*|remov\w*|deprecat\w*|legacy|last|older|until|prior|before (version|v?\d)|"
    r"previous\w*|formerly|backport\w*|"
    r"since|was|were|had|used to|unsupported|end[- ]of[- ]life|eol|changed|added|if you|instead|except|without|"
    r"cannot|can't|"
    r"won't|doesn't|don't|unless|old)\b"
)
_CONDITION = re.compile(
    r"(?i)\b(develop\w*|build\w*|docs?|documentation|tests?|features?|option\w*|extras?|if|when|contribut\w*|for "
    r"the|to use|example|demo)\b"
)
_HISTORY = re.compile(
    r"(?i)\b(change ?log|changes|history|release notes|what'?s new|news|credits|migrat\w*|upgrad\w*|faq)\b|^v?\d+\.\d+"
)
_DENIED = re.compile(
    r"(?i)(?<![\w-])Python (\d(?:\.\d+)?) (?:is|are) (?:not|n't) (?:yet |currently )?(?:supported|compatible)\b|"
    r"\b(?:does not|doesn't|do not) (?:yet |currently )?(?:support|work (?:with|on)|run on) Python (\d(?:\.\d+)?)(?![\w.+]*\d)"
)
_OTHER_PACKAGES = re.compile(
    r"(?i)\b(mac ?os|homebrew|brew|debian|ubuntu|apt(-get)?|fedora|dnf|yum|arch linux|aur|pacman|conda|freebsd|nix|windows)\b"
)
_BADGE = re.compile(r"(?i)badge/python-v?(\d+\.\d+)(%2B|\+)?[-._?%]")
_PROGRAM = re.compile(r"^(?:python|pip|pypy)(-?\d\.\d+|2)$")
_CHOSEN = re.compile(
    r"(?i)\b(older|specific|particular|previous|last|legacy|certain|given|downgrade|old|"
    r"if you (?:need|want|use|are|have|must)|python 2(?:\.\d)?)\b"
)
_REQUIRED = re.compile(r"(?i)\b(requir\w*|needs?|must|make sure)\b")
_FREE = re.compile(
    r"(?i)\b(no|zero|without(?: any)?) (external |third[- ]party |runtime |run-time |other )?dependenc(y|ies)\b|"
    r"\bdependency[- ]free\b"
)


def check_versions(page: Page, facts: ProjectFacts, releases: Releases) -> Iterator[Finding]:
    """Everything about versions."""
    for block in page.blocks:
        if (
            block.kind is not BlockKind.CODE
            and not _HISTORY.search(" ".join(block.headings))
            and not _HISTORY.search(page.file)
        ):
            yield from _of_python(page, facts, block)
            yield from _denied(page, facts, block)
            yield from _of_dependencies(page, facts, block)
            yield from _claims(page, facts, block)
    yield from _badges(page, facts)
    for command in page.commands:
        if not is_placeholder(command.typed.text):
            yield from _in_command(page, facts, command)
            yield from _pins(page, facts, command, releases)


def _sentence(text: str, start: int) -> str:
    """The sentence around a position; a dot in a number ends none."""
    ends = [0, *(match.end() for match in re.finditer(r"[.!?](?:\s+|$)(?=[A-Z(]|$)|\n", text)), len(text)]
    begin = max(end for end in ends if end <= start)
    return text[begin : min(end for end in ends if end > start)] if start < len(text) else text[begin:]


def _aside(text: str, start: int) -> str | None:
    """What brackets around a position hold, where that says by itself what is needed: the words around it are of other
    things ("with pipx (if you have it) or with pip (Python 3.8 required)").
    """
    opened, closed = text.rfind("(", 0, start), text.find(")", start)
    inner = text[opened + 1 : closed] if 0 <= opened < closed else ""
    alone = inner and not re.search(r"[()]|[.!?]\s", inner)
    return inner if alone and _REQUIRED.search(inner) and not _PAST.search(inner) else None


def _speaks(block: Block, sentence: str) -> bool:
    heading = " ".join(block.headings[-1:])
    needed = re.search(r"(?i)requirement|prerequisite|compatib|supported|dependenc|install", heading)
    return (needed is not None or _NEEDS.search(sentence) is not None) and not _PAST.search(sentence)


def _says_so(text: str, start: int, end: int) -> bool:
    """Whether the words right before a version say that it is required, and none beside it takes that back."""
    before, after = text[max(0, start - 40) : start], text[end : end + 30]
    return re.search(
        r"(?i)\b(requires?|needs?|depends on)\s+(at least |only |exactly )?$", before
    ) is not None and not (_PAST.search(before[-22:]) or _PAST.search(after))


def _made_for(before: str) -> bool:
    """Whether a version stands behind words that say what a thing is for: "a parser for Python 3.4"."""
    return re.search(r"(?i)\b(an?|the)\b[^.]{0,60}\bfor\s+$", before) is not None


def _of_python(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    for match in _PYTHON.finditer(block.text):
        sentence = _aside(block.text, match.start()) or _sentence(block.text, match.start())
        stated = _speaks(block, sentence) or _says_so(block.text, match.start(), match.end())
        made_for = "." in match.group("claim") and _made_for(block.text[: match.start()])
        if not stated and (not made_for or _PAST.search(sentence)):
            continue
        if re.match(r"\s+(code|syntax|files?|source|style|sources)\b", block.text[match.end() :]):
            continue  # What it works on, not what it runs on.
        problem = _python_problem(facts, match, sentence, block)
        if problem is not None:
            line = page.line_of(block, match.group().strip())
            yield page.finding("python-version", line, problem, _python_evidence(facts))


def _denied(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    """A Python that a sentence says is not supported, and that the classifiers name."""
    for match in _DENIED.finditer(block.text):
        number = match.group(1) or match.group(2)
        if number in facts.pythons or (number in facts.majors and not facts.requires_python):
            line = page.line_of(block, match.group())
            message = f"'{' '.join(match.group().split())}' is not true"
            yield page.finding("python-version", line, message, f"the classifiers name Python {number}")


def _python_evidence(facts: ProjectFacts) -> str:
    bounds = ",".join(map(str, facts.requires_python))
    known = f"; its classifiers name {', '.join(facts.pythons[:1] + facts.pythons[-1:])}" if facts.pythons else ""
    return f"requires-python is {bounds or 'not set'}{known}"


def _python_problem(facts: ProjectFacts, match: re.Match[str], sentence: str, block: Block) -> str | None:
    """What is wrong with one claim, None when the metadata agree or say nothing."""
    operator = match.group("op") or ""
    number = re.search(_NUMBER, match.group("claim"))
    release = release_of(number.group(1)) if number else ()
    shown = " ".join(match.group().split())
    bounds = facts.requires_python or _from_classifiers(facts)
    least = lowest(bounds)[:2]
    if (
        not release
        or not bounds
        or release[0] not in {2, 3}
        or (len(release) == 1 and not operator and release[0] == 3)
    ):
        return None
    if match.group("down") or operator in {"<=", "<", "≤"}:
        over = release if operator != "<" else (release[0], release[1] - 1) if len(release) > 1 else release
        return (
            None
            if len(release) < 2 or admits(bounds, over)
            else f"'{shown}' names no version that the project supports"
        )
    firmly = _FIRMLY.search(sentence) or re.search(r"(?i)requirement|prerequisite", " ".join(block.headings[-1:]))
    width = min(len(release), len(least))
    more = bool(width) and release[:width] > least[:width] and firmly and not _CONDITION.search(sentence)
    if match.group("up") or operator in {">=", ">", "≥", "~="} or re.search(r"(?i)at least|minimum", sentence):
        near = not facts.requires_python and release[:1] == least[:1] and release[1:2] >= (least[-1] - 1,)
        if width and release[:width] < least[:width] and not (near and len(least) > 1):
            return f"'{shown}' promises versions that the project does not support"
        return f"'{shown}' asks for more than the project does" if more else None
    if match.group("high") and more:
        return f"'{shown}' leaves out versions that the project supports"
    named = [release, *(release_of(text) for text in re.findall(r"\d+\.\d+", match.group("more") or ""))]
    if match.group("high"):
        named.append(release_of(match.group("high")))
    if (
        all(one[:1] == (2,) for one in named)
        and "3" in facts.majors
        and _REQUIRED.search(sentence)
        and not facts.requires_python
        and re.search(r"(?<![\d.])3(\.\d+)?\b", sentence) is None
    ):
        return f"'{shown}' leaves out Python 3, which the project supports"
    wrong = [one for one in named if (len(one) > 1 or one[0] == 2) and not admits(bounds, one[:3])]
    if wrong:
        return f"'{shown}' names {'.'.join(map(str, wrong[0]))}, which the project does not support"
    return None


def _from_classifiers(facts: ProjectFacts) -> tuple[Bound, ...]:
    releases = sorted(release_of(text) for text in facts.pythons or facts.majors)
    return (Bound(">=", releases[0]),) if releases else ()


def _badges(page: Page, facts: ProjectFacts) -> Iterator[Finding]:
    for number, line in enumerate(page.lines, 1):
        for match in _BADGE.finditer(line) if facts.requires_python else ():
            release = release_of(match.group(1))
            least = lowest(facts.requires_python)[:2]
            if not admits(facts.requires_python, release) or (match.group(2) and least and release[:2] != least):
                message = f"the badge says Python {match.group(1)}{'+' if match.group(2) else ''}"
                yield page.finding("python-version", number, message, _python_evidence(facts))


def _of_dependencies(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    for name, requirement in facts.declared.items():
        bounds = requirement.bounds or parse_bounds(f">={facts.frameworks[name]}" if name in facts.frameworks else "")
        if not bounds or name.split("-")[0] not in block.text.lower():
            continue
        spelt = re.escape(name).replace("\\-", "[-_. ]")
        for match in re.finditer(
            rf"(?<![\w-])(?:``?)?{spelt}(?:``?)?(?P<claim>{_CLAIM})(?![\w])", block.text, re.IGNORECASE
        ):
            sentence = _sentence(block.text, match.start())
            choice = re.match(r"(?i)\W*(for|with|on) .*\buse\b", sentence)  # One line of several: "For foo 6.0 use ..."
            spoken = _speaks(block, sentence) and not choice
            problem = _dependency_problem(bounds, match, sentence) if spoken else None
            if problem is not None:
                evidence = f"the metadata ask for {name}{','.join(map(str, bounds))}"
                yield page.finding(
                    "dependency-version", page.line_of(block, match.group().strip("`")), problem, evidence
                )


def _dependency_problem(bounds: tuple[Bound, ...], match: re.Match[str], sentence: str) -> str | None:
    number = re.search(_NUMBER, match.group("claim"))
    release = release_of(number.group(1)) if number else ()
    least = lowest(bounds)
    shown = " ".join(match.group().split()).strip("`")
    width = min(len(release), len(least))
    if not release or ("." not in match.group("claim") and not match.group("op") and not match.group("up")):
        return None
    if match.group("up") or match.group("op") in {">=", ">", "≥", "~="}:
        if width and release[:width] < least[:width]:
            return f"'{shown}' is older than what the project needs"
        if width and release[:width] > least[:width] and not _CONDITION.search(sentence):
            return f"'{shown}' is more than what the project needs"
        return None
    if match.group("op") in {"<", "<=", "≤"} or match.group("down"):
        return (
            f"'{shown}' names no version that the project can use"
            if least and release < least[: len(release)]
            else None
        )
    return None if admits(bounds, release) else f"'{shown}' is not a version that the project can use"


def _claims(page: Page, facts: ProjectFacts, block: Block) -> Iterator[Finding]:
    """A required dependency called optional; a project with dependencies called free of them."""
    for match in re.finditer(r"(?i)\boptional(ly)?\b", block.text):
        sentence = _sentence(block.text, match.start())
        if re.search(r"(?i)\b(not|non-?)[\s-]?optional|optional (argument|parameter|features?|support)", sentence):
            continue
        if _OTHER_PACKAGES.search(sentence):
            continue  # What a system's package brings along is for its maintainers to say.
        for name in facts.required:
            spelt = (
                rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])[`*]*(?: (?:package|library|module|dependency))?(?: "
                rf"is| are)\b[^,;:]{{0,40}}\boptional"
            )
            listed = (
                rf"(?i)optional(?:ly)?,? (?:dependency|dependencies|requirement)?:? ?[`*]*{re.escape(name)}(?![\w-])"
            )
            if len(name) > 2 and (re.search(spelt, sentence) or re.search(listed, sentence)):
                message = f"{name} is not optional: an installation brings it along"
                yield page.finding(
                    "dependency-claim",
                    page.line_of(block, name),
                    message,
                    f"{name} is a required dependency in the metadata",
                )
    free = _FREE.search(block.text)
    if (
        free
        and facts.required
        and page.front
        and not re.search(r"(?i)\b(other than|except|besides|beyond|only)\b", block.text)
    ):
        message = f"'{free.group()}' is not true"
        yield page.finding(
            "dependency-claim",
            page.line_of(block, free.group()),
            message,
            f"the metadata require {', '.join(sorted(facts.required)[:4])}",
        )


def _in_command(page: Page, facts: ProjectFacts, command: Command) -> Iterator[Finding]:
    words = command.simple.words
    if re.fullmatch(r"(python|pip)-?2(\.7)?", words[0] if words else "") and "3" in facts.majors and command.told:
        line = page.line_in(command, words[0])
        right = re.sub(r"-?2(\.7)?$", "3", words[0])
        yield page.finding(
            "python-version",
            line,
            f"{words[0]} is past its end of life",
            "the project supports Python 3",
            (words[0], right),
        )
        return
    if not facts.requires_python:
        return
    named = [_PROGRAM.match(word.rpartition("/")[2]) for word in (*words[:2], *words[-1:])]
    asked = [match.group(1).strip("-=") for match in named if match]
    asked += [m.group(1) for word in words if (m := re.match(r"python=+(\d+\.\d+)", word))]
    for text in asked[:1]:
        if not admits(facts.requires_python, release_of(text)) and command.told:
            message = f"the command asks for Python {text}, which the project does not support"
            yield page.finding("python-version", page.line_in(command, text), message, _python_evidence(facts))


def _pins(page: Page, facts: ProjectFacts, command: Command, releases: Releases) -> Iterator[Finding]:
    install = install_of(command)
    for text, requirement in install.specs if install is not None and install.manager == "pip" else ():
        line = page.line_in(command, text)
        if requirement.name == facts.normal_name:
            if _CHOSEN.search(command.lead):
                continue
            yield from _own_pin(page, facts, line, requirement, text)
            continue
        declared = facts.declared.get(requirement.name)
        exact = next((bound for bound in requirement.bounds if bound.operator == "==" and not bound.series), None)
        if exact is None:
            continue
        version = ".".join(map(str, exact.release))
        known = releases.get(requirement.name)
        if declared is not None and not admits(declared.bounds, exact.release):
            evidence = f"the metadata ask for {requirement.name}{declared.wanted}"
            yield page.finding(
                "dependency-version", line, f"'{text}' is not a version that the project can use", evidence
            )
        elif known and not any(release_of(one)[: len(exact.release)] == exact.release for one in known):
            yield page.finding(
                "release-pin", line, f"{requirement.name} has no release {version}", f"the newest is {known[0]}"
            )
        elif not any(b.operator == "==" for b in (declared.bounds if declared else ())):
            message = f"'{text}' holds a release fast that the project does not ask for"
            wanted = (
                f"the metadata say '{requirement.name}{declared.wanted}'"
                if declared
                else "the metadata name no release of it"
            )
            yield page.finding("release-pin", line, message, wanted, (text, text.partition("==")[0]))


def _own_pin(page: Page, facts: ProjectFacts, line: int, requirement: Requirement, text: str) -> Iterator[Finding]:
    own = release_of(facts.version or "")
    for bound in requirement.bounds:
        release = bound.release[: len(own)]
        if not own or bound.operator == "!=" or bound.series:
            continue
        if bound.operator in {"==", ">=", "~="} and release > own[: len(release)]:
            message = f"'{text}' asks for a release after this one"
            yield page.finding("release-pin", line, message, f"this is {facts.name} {facts.version}")
        elif (bound.operator == "==" and release < own[: len(release)]) or (
            bound.operator in {"<", "<="} and release <= own[: len(release)]
        ):
            message = f"'{text}' installs another release than the one that these documents are of"
            swap = (text, re.split(r"[=<>~!]", text)[0]) if len(requirement.bounds) == 1 else None
            yield page.finding("release-pin", line, message, f"this is {facts.name} {facts.version}", swap)
