"""Rules for npm: what installs the checkout, the Node that it runs on, and the scripts around its tests."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from regrow.core.project.command_facts import Role
from regrow.core.project.command_lines import describe
from regrow.core.project.plan_steps import Draft, added
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import changed_step, proposed
from regrow.core.project.shell_grammar import commands_of
from regrow.protocols.plan import Deviation, DeviationKind, Ecosystem, StepPhase

__all__ = [
    "ROOM_NODE",
    "direct_runner",
    "legacy_peers",
    "newer_node",
    "node_command",
    "node_series",
    "scripts_begun",
    "without_lifecycle",
    "without_style_part",
    "without_style_tool",
]

_STYLE_OR_RELEASE = re.compile(
    r"eslint|prettier|stylelint|tslint|jshint|jscs|standard$|^xo$|husky|lint-staged|commitlint|auto-changelog|^np$|release-it|"
    r"semantic-release|changeset|npmignore|publish|typedoc|jsdoc|bundlesize|size-limit|aud$|attw|coveralls|codecov"
)
"""Development dependencies that no test imports: style checks, releases, documentation."""

ROOM_NODE = 18
"""Debian 12's."""

_SERIES = (22, 24, 26)
"""Series of Node with long-term support after the room's own, oldest first: the least that helps is taken."""

_ASKED_FOR = re.compile(
    r"(?i)(?:requires?|needs?) node(?:\.?js)?(?: version)? ?(?:v|>=? ?)*(\d+)|"
    r"node(?:\.?js)? v?(\d+)(?:\.[\dx.]+)? or (?:greater|higher|later|newer|above)|"
    r"required: \{[^}]*node: '[^']*>= ?v?(\d+)"
)
"""What a tool says of the Node that it wants; npm among them, of the packages that it installs."""


def legacy_peers(case: Case) -> Recovery | None:
    """Let npm take requirements that exclude one another."""
    command = "npm install --legacy-peer-deps"
    return (
        proposed(case, "legacy_peers", changed_step(case, "legacy_peers", command, f"To install: `{command}`."))
        if "npm" in case.command
        else None
    )


def node_command(series: int) -> str:
    """What puts a Node of a series before the room's own: the package `node` brings the program itself."""
    return f'npm install --prefix "$HOME/node" node@{series} && export PATH="$HOME/node/node_modules/.bin:$PATH"'


def node_series(least: int) -> int | None:
    """The oldest series that is new enough; None where there is none."""
    return next((each for each in _SERIES if each >= least), None)


def newer_node(case: Case) -> Recovery | None:
    """A Node of a later series, where a tool or the tests use what this one has not.

    Nothing may have passed with the old one but for a failure that names what is new: a suite that runs and fails is not
    tried on other interpreters until it passes.
    """
    sign = case.sign
    if sign is None or case.evidence.ecosystem is not Ecosystem.NODE:
        return None
    if any("node@" in draft.command for draft in case.drafts):
        return None
    crashed = sign.subject.startswith("Node.js v")
    if crashed and (case.failure.tests_passed or "/node_modules/" not in case.failure.output):
        return None  # The project's own program ended with an error; its Node is not to blame for that.
    asked = [int(value) for found in _ASKED_FOR.findall(case.failure.output) for value in found if value]
    series = node_series(max(asked, default=0))
    if series is None:
        return None
    command = node_command(series)
    deviation = Deviation(
        strategy_id="newer_node",
        kind=DeviationKind.OTHER_VERSION,
        description=f"uses Node.js {series}, which the distribution does not have",
        sentence=f"Needs Node.js {series} or newer.",
    )
    draft = Draft(command, f"this Node lacks what is used: {sign.evidence}", StepPhase.SETUP, None, deviation)
    return proposed(case, "newer_node", case.rebuilt([draft, *map(_as_before, case.drafts)]))


def _as_before(draft: Draft) -> Draft:
    """A test command that lost its style check as it was before: with a later Node that check may pass."""
    deviation = draft.deviation
    if deviation is None or deviation.strategy_id != "without_style_part":
        return draft
    if deviation.corrects is not None:
        return Draft("npm test", draft.reason, draft.phase, deviation.corrects, None, draft.counts_tests)
    told = added("complete_plan", "runs the tests with 'npm test'", "To run the tests: `npm test`.")
    return Draft("npm test", draft.reason, draft.phase, draft.ref, told, draft.counts_tests)


def direct_runner(case: Case) -> Recovery | None:
    """The program behind a runner of another era, whose own start loses what its tests print."""
    old = case.command
    silent = re.search(r"^> (?:\S*/)?mocha\b(?P<words>[^&|;\n]*)$\s*\Z", case.failure.output, re.MULTILINE)
    if silent is None or case.failure.exit_code not in (0, None) or "npm" not in old.split()[:1]:
        return None
    command = f"npx _mocha{silent['words'].rstrip()}"
    return proposed(
        case, "direct_runner", changed_step(case, "direct_runner", command, f"To run the tests: `{command}`.")
    )


def without_style_tool(case: Case) -> Recovery | None:
    """A development dependency that the registry does not have, and that no test needs: for style, releases, types (trap 42)."""
    step, sign = case.failure.step, case.sign
    if step is None or sign is None or case.evidence.ecosystem is not Ecosystem.NODE or "npm" not in case.command:
        return None
    name = re.sub(r"(?<=.)@.*", "", sign.subject)
    declared = {value for each in case.evidence.test_requirements for value in each.values}
    needless = _STYLE_OR_RELEASE.search(name) is not None or name in case.evidence.unused
    if name not in declared or "." in name or not needless:
        return None
    command = f"npm pkg delete {shlex.quote('devDependencies.' + name)}"
    sentence = f"The registry does not have {sign.subject}, which the tests do not need: `{command}`."
    deviation = added("without_style_tool", f"leaves {name} out, which the registry does not have", sentence)
    reason = f"the registry does not have {sign.subject}"
    return proposed(case, "without_style_tool", case.insert(Draft(command, reason, StepPhase.SETUP, None, deviation)))


def without_lifecycle(case: Case) -> Recovery | None:
    """A style check or an audit that npm runs before or after the tests failed, not the tests."""
    match = re.match(r"npm (?:run(?:-script)? )?(?P<script>[\w:-]+)", case.command)
    if match is None or "--ignore-scripts" in case.command:
        return None
    script = {"t": "test", "tst": "test"}.get(match["script"], match["script"])
    begun = scripts_begun(case.failure.output, script)
    if not begun or begun[-1] == script:
        return None
    blamed, command = begun[-1], case.command + " --ignore-scripts"
    if blamed == f"post{script}" and f"pre{script}" in begun and not _only_style(case.failure.output, f"pre{script}"):
        command = f"npm run pre{script} && {command}"  # It passed, and may have made what the tests need.
    sentence = f"`{blamed}` is not part of the tests: `{command}`."
    plan = changed_step(case, "without_lifecycle", command, sentence)
    return (
        Recovery(f"without_lifecycle:{blamed}", f"npm ran '{blamed}' last, and it failed", plan, before=None)
        if plan
        else None
    )


def without_style_part(case: Case) -> Recovery | None:
    """The parts of the test script that are no style check, where such a check before them fails.

    What the script says stands in the output: npm prints it before it runs it.
    """
    if case.failure.tests_passed or re.match(r"npm (?:run(?:-script)? )?(?:test|t|tst)$", case.command) is None:
        return None
    said = re.search(r"^> \S+@\S+ test\n> (?P<script>.+)$", case.failure.output, re.MULTILINE)
    begun = re.findall(r"^> \S+@\S+ (?P<name>[\w:.-]+)$", case.failure.output, re.MULTILINE)
    parts = [part.strip() for part in re.split(r"&&", said["script"])] if said else []
    failed = f"npm run {begun[-1]}" if begun and begun[-1] != "test" else parts[0] if parts else ""
    if failed not in parts or not _is_style(failed):
        return None
    place = parts.index(failed) + 1
    # Of what comes after it only a check of types stays: it may be all that tests them.
    kept = [part for number, part in enumerate(parts) if not _is_style(part) or (number >= place and "typ" in part)]
    if not kept:
        return None
    command = " && ".join(_typed(part) for part in kept)
    sentence = f"To run the tests without the style check: `{command}`."
    found = proposed(case, "without_style_part", changed_step(case, "without_style_part", command, sentence))
    later = ":later_node" if any("node@" in draft.command for draft in case.drafts) else ""
    return replace(found, strategy_id=found.strategy_id + later) if found is not None else None


def _only_style(output: str, script: str) -> bool:
    """Whether a script of npm, as it stands in the output, does nothing but check style."""
    said = re.search(rf"^> \S+@\S+ {re.escape(script)}\n> (?P<script>.+)$", output, re.MULTILINE)
    return said is not None and all(_is_style(part) for part in said["script"].split("&&"))


def _is_style(part: str) -> bool:
    """Whether the first program of a part, or the script that it runs, only checks style."""
    first = next(iter(commands_of(part)), None)
    return first is not None and describe(first).role is Role.STYLE


def _typed(part: str) -> str:
    """A part of a script as it is typed: programs of packages through `npx`, as npm finds them for its scripts.

    >>> _typed("X=1 mocha | tap-spec"), _typed("node build.js")
    ('X=1 npx mocha | npx tap-spec', 'node build.js')
    """
    return re.sub(
        r"(?P<before>(?:^|\| ?)(?:\w+=\S* )*)(?!(?:node|npm|npx|cd|rm|cp|mkdir|echo|cat|sh|bash|make)\b)(?P<program>[a-z])",
        r"\g<before>npx \g<program>",
        part,
    )


def scripts_begun(output: str, script: str) -> list[str]:
    """Which of a script of npm and those that npm runs around it were begun, in order: the last is the one that failed.

    >>> scripts_begun("> a@1.0.0 pretest\\n> lint\\n\\n> a@1.0.0 test\\n> tape\\n\\n> a@1.0.0 lint\\n", "test")
    ['pretest', 'test']
    """
    return re.findall(rf"^> \S+@\S+ ((?:pre|post)?{re.escape(script)})\s*$", output, re.MULTILINE)
