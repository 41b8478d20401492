"""Rules for npm: a later Node, requirements that the registry lacks, runners that lose what their tests print."""

from __future__ import annotations

import json

import pytest

from regrow.core.project.evidence import gather
from regrow.core.project.evidence.node_project import unused_requirements
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, assemble, phase_of
from regrow.core.project.recovery import Failure, Recovery, recoveries
from regrow.protocols.plan import DeviationKind, Plan

STACK = "    at Object.<anonymous> (/build/checkout/node_modules/runner/bin.js:5:15)\n"
OWN_STACK = "    at Object.<anonymous> (/build/checkout/test.js:5:15)\n"
END = "\nNode.js v18.20.4\n"


def package(**more: object) -> dict[str, str]:
    return {"package.json": json.dumps({"name": "demo", "version": "1.0.0", **more}), "index.js": ""}


def plan_of(*commands: str) -> Plan:
    return assemble([Draft(each, "documented", phase_of(each), counts_tests=each is commands[-1]) for each in commands])


def found(
    files: dict[str, str], output: str, *, step: int = 1, passed: int = 0, code: str = "", exit_code: int = 1
) -> dict[str, Recovery]:
    plan = plan_of("npm install", "npm test")
    failure = Failure(plan.steps[step], output, exit_code, code, tests_passed=passed)
    proposals = recoveries(plan, failure, gather(FileTree.of(files)))
    return {each.strategy_id.partition(":")[0]: each for each in proposals}


@pytest.mark.parametrize(
    ("output", "passed", "series"),
    [
        (f"Error [ERR_REQUIRE_ESM]: require() of ES Module x not supported.\n{STACK}{END}", 0, 22),
        ("airtap: Node 20 or greater is required. `airtap` did not run.", 0, 22),
        ("runner requires Node.js 24", 0, 24),
        (f"TypeError: x is not a thing\n{STACK}{END}", 0, 22),
        ("TypeError: list.toSorted is not a function\n# pass 12\n", 12, 22),
        # The project's own program ends with an error, or its tests ran.
        (f"TypeError: x is not a thing\n{OWN_STACK}{END}", 0, None),
        (f"TypeError: x is not a thing\n{STACK}{END}", 3, None),
        ("runner requires Node.js 99", 0, None),
    ],
)
def test_a_later_node_is_taken_where_this_one_lacks_something(output: str, passed: int, series: int | None) -> None:
    proposal = found(package(scripts={"test": "runner"}), output, passed=passed).get("newer_node")
    if series is None:
        assert proposal is None
        return
    assert proposal is not None
    assert proposal.plan is not None
    first = proposal.plan.steps[0]
    assert f"node@{series} " in first.command
    assert first.deviation is not None
    assert (first.deviation.kind, first.deviation.sentence) == (
        DeviationKind.OTHER_VERSION,
        f"Needs Node.js {series} or newer.",
    )


@pytest.mark.parametrize(
    ("output", "command"),
    [
        ("\n> demo@1.0.0 test\n> mocha -R spec\n\n", "npx _mocha -R spec"),
        ("\n> demo@1.0.0 test\n> mocha\n\n\n  1 passing (2ms)\n", None),
        ("\n> demo@1.0.0 test\n> mocha && echo done\n\ndone\n", None),
    ],
)
def test_a_runner_that_printed_nothing_is_started_directly(output: str, command: str | None) -> None:
    proposal = found(package(scripts={"test": "mocha"}), output, code="E3011", exit_code=0).get("direct_runner")
    assert (proposal.plan.steps[-1].command if proposal and proposal.plan else None) == command


@pytest.mark.parametrize(
    ("scripts", "files", "unused"),
    [
        ({"test": "tape test.js", "posttest": "npm run lint", "lint": "tsc"}, {}, ("typescript", "nyc")),
        ({"test": "nyc tape test.js"}, {}, ("typescript",)),
        ({"pretest": "npm run lint", "lint": "eslint", "postlint": "tsc", "test": "tape"}, {}, ("typescript", "nyc")),
        ({"pretest": "npm run build", "build": "tsc", "test": "tape test.js"}, {}, ("nyc",)),
        ({"test": "tape test.js"}, {"lib/a.ts": ""}, ("nyc",)),
        ({"test": "tape test.js"}, {"index.d.ts": "", "test/a.test-d.ts": ""}, ("typescript", "nyc")),
        ({"test": "tape test.js"}, {"tool.js": "const ts = require('typescript')"}, ("nyc",)),
        ({"test": "tape test.js"}, {".taprc.json": '{"coverage": "nyc"}'}, ("typescript",)),
    ],
)
def test_a_requirement_that_neither_files_nor_tests_use_is_known(
    scripts: dict[str, str], files: dict[str, str], unused: tuple[str, ...]
) -> None:
    data = {"devDependencies": {"typescript": "next", "nyc": "^1", "tape": "^5"}}
    assert unused_requirements(FileTree.of({"test.js": "require('tape')", **files}), scripts, data) == unused


@pytest.mark.parametrize(("name", "left_out"), [("typescript@next", True), ("tape@^99", False)])
def test_a_requirement_that_the_registry_lacks_is_left_out_where_no_test_needs_it(name: str, *, left_out: bool) -> None:
    files = package(scripts={"test": "tape test.js"}, devDependencies={"typescript": "next", "tape": "^99"})
    output = f"npm ERR! code ETARGET\nnpm ERR! notarget No matching version found for {name}."
    proposals = found({**files, "test.js": "require('tape')"}, output, step=0)
    assert ("without_style_tool" in proposals) is left_out


@pytest.mark.parametrize(("version", "place"), [("~0.3", 1), ("^16.0.0", 2)])
def test_tests_that_are_programs_are_run_one_by_one_where_their_runner_breaks(version: str, place: int) -> None:
    files = package(scripts={"test": "tap test"}, devDependencies={"tap": version})
    tree = FileTree.of({**files, "test/a.js": "var test = require('tap').test", "test/b.js": "require('tap')"})
    assert gather(tree).test_commands[place].text == 'for file in test/*.js; do node "$file" || exit 1; done'


CHAIN = "\n> demo@1.0.0 test\n> npm run test:lint && borp && npm run test:types\n\n\n> demo@1.0.0 test:lint\n> eslint .\n\nOops!\n"


@pytest.mark.parametrize(
    ("output", "passed", "command"),
    [
        (CHAIN, 0, "npx borp && npm run test:types"),
        (CHAIN, 5, None),
        (CHAIN.replace("&& borp &&", "&& standard && borp &&"), 0, "npx borp && npm run test:types"),
        (
            "\n> demo@1.0.0 test\n> standard && tape test.js | tap-spec\n\nx.js:1:1 error\n",
            0,
            "npx tape test.js | npx tap-spec",
        ),
        ("\n> demo@1.0.0 test\n> standard | snazzy && tap test/*.js\n\nx.js:1:1 error\n", 0, "npx tap test/*.js"),
        # The part that failed is the tests; there is nothing else; a part that builds stays.
        ("\n> demo@1.0.0 test\n> npm run unit && npm run lint\n\n> demo@1.0.0 unit\n> tape\n\nnot ok 1 a\n", 0, None),
        ("\n> demo@1.0.0 test\n> eslint .\n\nOops!\n", 0, None),
        (
            "\n> demo@1.0.0 test\n> npm run lint && node build.js && X=1 mocha\n\n> demo@1.0.0 lint\n> xo\n\nOops!\n",
            0,
            "node build.js && X=1 npx mocha",
        ),
    ],
)
def test_a_style_check_in_the_chain_of_the_test_script_is_left_out_where_it_fails(
    output: str, passed: int, command: str | None
) -> None:
    proposal = found(package(scripts={"test": "x"}), output, passed=passed, code="E3001").get("without_style_part")
    assert (proposal.plan.steps[-1].command if proposal and proposal.plan else None) == command


def test_a_check_before_the_tests_that_is_only_of_style_is_not_typed_apart() -> None:
    begun = (
        "> demo@1.0.0 pretest\n> npm run lint\n\n> demo@1.0.0 test\n> tape\n\n> demo@1.0.0 posttest\n> npx audit\n\n"
    )
    proposal = found(package(scripts={"test": "tape"}), begun, code="E3001")["without_lifecycle"]
    assert proposal.plan is not None
    assert proposal.plan.steps[-1].command == "npm test --ignore-scripts"


def test_with_a_later_node_the_whole_test_script_is_tried_again() -> None:
    files = package(scripts={"test": "npm run lint && tape"})
    without = found(
        files, "\n> demo@1.0.0 test\n> npm run lint && tape\n\n> demo@1.0.0 lint\n> eslint\n\nOops!\n", code="E3001"
    )
    plan = without["without_style_part"].plan
    assert plan is not None
    failure = Failure(plan.steps[-1], f"Error [ERR_REQUIRE_ESM]: require()\n{STACK}{END}", 1, "E3001")
    proposals = recoveries(plan, failure, gather(FileTree.of(files)))
    newer = next(each.plan for each in proposals if each.strategy_id.startswith("newer_node"))
    assert newer is not None
    assert [step.command for step in newer.steps][1:] == ["npm install", "npm test"]
