"""Rules for npm: what installs the checkout, and the scripts around its tests."""

from __future__ import annotations

import re
import shlex

from regrow.core.project.plan_steps import Draft, added
from regrow.core.project.recovery.model import Case, Recovery
from regrow.core.project.recovery.proposing import changed_step, proposed
from regrow.protocols.plan import Ecosystem, StepPhase

__all__ = ["legacy_peers", "scripts_begun", "without_lifecycle", "without_style_tool"]

_STYLE_OR_RELEASE = re.compile(
    r"eslint|prettier|stylelint|tslint|jshint|jscs|^standard$|^xo$|husky|lint-staged|commitlint|auto-changelog|^np$|release-it|"
    r"semantic-release|changeset|npmignore|publish|typedoc|jsdoc|bundlesize|size-limit|aud$|attw|coveralls|codecov"
)
"""Development dependencies that no test imports: style checks, releases, documentation."""


def legacy_peers(case: Case) -> Recovery | None:
    """Let npm take requirements that exclude one another."""
    command = "npm install --legacy-peer-deps"
    return (
        proposed(case, "legacy_peers", changed_step(case, "legacy_peers", command, f"To install: `{command}`."))
        if "npm" in case.command
        else None
    )


def without_style_tool(case: Case) -> Recovery | None:
    """A development dependency that the registry does not have, and that is for style or releases alone (trap 42)."""
    step, sign = case.failure.step, case.sign
    if step is None or sign is None or case.evidence.ecosystem is not Ecosystem.NODE or "npm" not in case.command:
        return None
    name = re.sub(r"(?<=.)@.*", "", sign.subject)
    declared = {value for each in case.evidence.test_requirements for value in each.values}
    if name not in declared or "." in name or not _STYLE_OR_RELEASE.search(name):
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
    if blamed == f"post{script}" and f"pre{script}" in begun:
        command = f"npm run pre{script} && {command}"  # It passed, and may have made what the tests need.
    sentence = f"`{blamed}` is not part of the tests: `{command}`."
    plan = changed_step(case, "without_lifecycle", command, sentence)
    return (
        Recovery(f"without_lifecycle:{blamed}", f"npm ran '{blamed}' last, and it failed", plan, before=None)
        if plan
        else None
    )


def scripts_begun(output: str, script: str) -> list[str]:
    """Which of a script of npm and those that npm runs around it were begun, in order: the last is the one that failed.

    >>> scripts_begun("> a@1.0.0 pretest\\n> lint\\n\\n> a@1.0.0 test\\n> tape\\n\\n> a@1.0.0 lint\\n", "test")
    ['pretest', 'test']
    """
    return re.findall(rf"^> \S+@\S+ ((?:pre|post)?{re.escape(script)})\s*$", output, re.MULTILINE)
