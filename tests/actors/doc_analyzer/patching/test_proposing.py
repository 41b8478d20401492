"""A patch of the documents says what worked, where its reader looks for it, and no more than that."""

from __future__ import annotations

import pytest

from regrow.actors.builder.plan_making import make_plan
from regrow.actors.doc_analyzer.analysis import analyze
from regrow.actors.doc_analyzer.patching import propose_patch
from regrow.core.project.doc_edits import edited_tree
from regrow.core.project.evidence import gather
from regrow.core.project.file_tree import FileTree
from regrow.core.project.plan_steps import Draft, added, assemble, changed, draft_of
from regrow.core.project.recovery import Failure, recoveries
from regrow.protocols.doc_patch import DocPatch
from regrow.protocols.plan import DocRef, Plan, StepPhase

PROJECT = {
    "setup.py": "from setuptools import setup\nsetup(name='demo', py_modules=['demo'])\n",
    "demo.py": "",
    "tests/test_demo.py": "import pytest\ndef test_a(): pass\n",
}
PREPARE = Draft('python3 -m venv "$HOME/venv" && . "$HOME/venv/bin/activate"', "preparation", StepPhase.SETUP)


def ref(file: str, line: int, text: str) -> DocRef:
    return DocRef(file=file, line=line, end_line=line, text=text)


def said(command: str, file: str, line: int, phase: StepPhase = StepPhase.INSTALL, *, counts: bool = False) -> Draft:
    return Draft(command, "documented", phase, ref(file, line, command), None, counts)


def lacking(command: str, phase: StepPhase = StepPhase.INSTALL, *, counts: bool = False) -> Draft:
    return Draft(command, "found out", phase, None, added("rule", f"adds {command}", command), counts)


def patched(files: dict[str, str], plan: Plan) -> tuple[DocPatch, FileTree]:
    tree = FileTree.of({**PROJECT, **files})
    patch = propose_patch(tree, analyze(tree), plan)
    return patch, edited_tree(tree, patch.edits)[0]


def chosen(tree: FileTree) -> list[str]:
    return [command.text for command in analyze(tree).commands if command.chosen]


def test_a_wrong_command_is_changed_where_it_stands() -> None:
    readme = "# demo\n\n```sh\npip install .\n```\n\n## Tests\n\n```sh\ntox\n```\n"
    wrong = changed("rule", "runs one environment", "say it", ref("README.md", 10, "tox"))
    test = Draft("tox -e py", "found out", StepPhase.TEST, None, wrong, True)
    patch, after = patched({"README.md": readme}, assemble([PREPARE, said("pip install .", "README.md", 4), test]))
    assert after.text("README.md") == readme.replace("\ntox\n", "\ntox -e py\n")
    assert [line for line in patch.diff.splitlines()[2:] if line[0] in "+-"] == ["-tox", "+tox -e py"]


def test_a_missing_command_is_put_between_its_neighbours_with_their_prompt() -> None:
    readme = "demo\n====\n\nTo build and test::\n\n    $ pip install .\n    $ pytest\n"
    plan = assemble(
        [
            PREPARE,
            said("pip install .", "README.rst", 6),
            lacking("pip install pytest"),
            said("pytest", "README.rst", 7, StepPhase.TEST, counts=True),
        ]
    )
    patch, after = patched({"README.rst": readme}, plan)
    assert patch.why == ""
    assert after.text("README.rst") == readme.replace("    $ pytest", "    $ pip install pytest\n    $ pytest")


RECIPE = assemble(
    [PREPARE, lacking("pip install ."), lacking("pip install pytest"), lacking("pytest", StepPhase.TEST, counts=True)]
)


TESTING = "# demo\n\nWords.\n\n## Testing\n\nWe like tests.\n\n## License\n\nMIT\n"
INSTALL = "# demo\n\n## Install\n\n`pip install demo`\n\n## Usage\n\nWords.\n"
USAGE = "# demo\n\n## Usage\n\nWords.\n"
CONTRIBUTING = "# Contributing\n\n## Running tests\n\nPlease do.\n\n## Style\n\nNice.\n"
UNDERLINED = "demo\n====\n\nUsage\n-----\n\nWords.\n\nLicense\n-------\n\nMIT\n"


@pytest.mark.parametrize(
    ("files", "file", "before", "first"),
    [
        ({"README.md": TESTING}, "README.md", "## License", "From a checkout"),
        ({"README.md": INSTALL}, "README.md", "## Usage", "## Running the tests"),
        ({"README.md": f"{USAGE}\n## License\n\nMIT\n"}, "README.md", "## License", "## Running the tests"),
        ({"README.md": USAGE, "CONTRIBUTING.md": CONTRIBUTING}, "CONTRIBUTING.md", "## Style", "From a checkout"),
        ({"README.rst": UNDERLINED}, "README.rst", "License", "Running the tests"),
        (
            {"README.md": f"{USAGE}\n## Past Contributors\n\n- A. Name\n"},
            "README.md",
            "## Past",
            "## Running the tests",
        ),
    ],
)
def test_where_nothing_is_said_a_section_stands_where_its_reader_looks(
    files: dict[str, str], file: str, before: str, first: str
) -> None:
    patch, after = patched(files, RECIPE)
    assert patch.why == ""
    assert {edit.file for edit in patch.edits} == {file}
    text = after.text(file)
    assert text is not None
    assert chosen(after) == ["pip install .", "pip install pytest", "pytest"]
    added_at = text.index(first)
    assert added_at < text.index(before, added_at)
    assert "\n\n\n" not in text


def test_how_to_install_the_release_stays_as_it_is_for_its_readers() -> None:
    readme = "# demo\n\n## Install\n\n```sh\npip install demo\n```\n"
    wrong = changed("install_checkout", "installs the checkout", "say it", ref("README.md", 6, "pip install demo"))
    drafts = [PREPARE, Draft("pip install .", "found out", StepPhase.INSTALL, None, wrong)]
    plan = assemble([*drafts, lacking("pip install pytest"), lacking("pytest", StepPhase.TEST, counts=True)])
    patch, after = patched({"README.md": readme}, plan)
    assert patch.why == ""
    text = after.text("README.md")
    assert text is not None
    assert text.startswith(readme.rstrip())
    assert chosen(after) == ["pip install .", "pip install pytest", "pytest"]


def test_system_packages_are_one_line_for_a_reader_with_sudo() -> None:
    apt = "apt-get install -y --no-install-recommends"
    plan = assemble(
        [
            lacking(f"{apt} zlib1g-dev", StepPhase.SETUP),
            lacking(f"{apt} build-essential", StepPhase.SETUP),
            PREPARE,
            lacking("pip install ."),
            lacking("pytest", StepPhase.TEST, counts=True),
        ]
    )
    patch, after = patched({"README.md": "# demo\n\n## Usage\n\nWords.\n"}, plan)
    assert patch.why == ""
    assert "sudo apt-get install zlib1g-dev build-essential\n" in (after.text("README.md") or "")
    assert "on Debian or Ubuntu" in patch.diff


def test_a_project_without_documents_gets_no_patch_and_is_told_so() -> None:
    patch, _ = patched({}, RECIPE)
    assert (patch.edits, patch.diff) == ((), "")
    assert patch.why == "the project has no document to say it in"


def test_a_block_that_cannot_be_typed_stays_and_the_way_that_works_stands_apart() -> None:
    readme = "# demo\n\n```sh\nexport KEY=<your key>\npip install .\npytest\n```\n"
    plan = assemble(
        [
            PREPARE,
            said("pip install .", "README.md", 5),
            lacking("pip install pytest"),
            said("pytest", "README.md", 6, StepPhase.TEST, counts=True),
        ]
    )
    patch, after = patched({"README.md": readme}, plan)
    assert patch.why == ""
    assert (after.text("README.md") or "").startswith(readme)
    assert chosen(after) == ["pip install .", "pip install pytest", "pytest"]


def test_an_asciidoc_document_gets_a_block_of_asciidoc() -> None:
    readme = "= demo\n\n== Use\n\ntext\n\n== Contributing\n\ntext\n"
    test = Draft("pytest", "found out", StepPhase.TEST, None, added("rule", "adds pytest", "pytest"), True)
    patch, after = patched({"README.adoc": readme}, assemble([PREPARE, lacking("pip install ."), test]))
    assert "[source,sh]\n----\npip install .\npytest\n----\n" in (after.text("README.adoc") or "")
    assert chosen(after) == ["pip install .", "pytest"]
    assert patch.why == ""


def test_a_notebook_is_never_patched() -> None:
    page = '{"cells": [{"cell_type": "code", "source": ["!tox\\n"]}], "metadata": {}}'
    wrong = changed("rule", "runs one environment", "say it", ref("docs/testing.ipynb", 1, "tox"))
    test = Draft("tox -e py", "found out", StepPhase.TEST, None, wrong, True)
    patch, _ = patched({"docs/testing.ipynb": page}, assemble([PREPARE, test]))
    assert patch.edits == ()
    assert patch.why == "the project has no document to say it in"


@pytest.mark.parametrize(
    "complaints",
    [
        (
            "connection to server at localhost (::1), port 5432 failed: refused",
            'FATAL:  database "demo_test" does not exist',
        ),
        ("Can't connect to MySQL server on 'localhost:3306'", "Unknown database 'demo_test'"),
        ("Error 111 connecting to localhost:6379. Connection refused.",),
        ("memcache: connection refused, port 11211",),
    ],
)
def test_a_service_that_the_tests_need_is_started_by_what_the_documents_say(complaints: tuple[str, ...]) -> None:
    readme = "# demo\n\n## Install\n\n```sh\npip install .\n```\n\n## Tests\n\n```sh\n$ pytest\n```\n"
    tree = FileTree.of({**PROJECT, "README.md": readme})
    plan = make_plan(analyze(tree), gather(tree))
    for complaint in complaints:
        found = recoveries(plan, Failure(plan.steps[-1], complaint, 1), gather(tree))
        plan = next(one.plan for one in found if one.plan and one.strategy_id.startswith(("start_", "make_")))
    _, after = patched({"README.md": readme}, plan)
    kept = [step.command for step in plan.steps if step.ref or step.deviation]
    assert [
        command.split("install", 1)[1].split()[-1] if "apt-get" in command else command for command in chosen(after)
    ] == [command.split("install", 1)[1].split()[-1] if "apt-get" in command else command for command in kept]


NODE = {"package.json": '{"name": "demo", "scripts": {"test": "node --test"}}', "test.js": ""}


@pytest.mark.parametrize(
    ("readme", "says"),
    [
        ("# demo\n\nA demo.\n", "From a checkout, with Node.js 22 or newer, build it and run its tests with:"),
        ("# demo\n\n## Tests\n\nRun `npm install` and then `npm test`.\n", "Needs Node.js 22 or newer."),
    ],
)
def test_a_later_language_is_asked_for_in_a_sentence_and_not_by_a_command(readme: str, says: str) -> None:
    newer = recoveries(
        assemble([lacking("npm install"), lacking("npm test", StepPhase.TEST, counts=True)]),
        Failure(None, "runner requires Node.js 22", 1),
        gather(FileTree.of(NODE)),
    )
    plan = next(each.plan for each in newer if each.strategy_id.startswith("newer_node"))
    assert plan is not None
    if "npm test" in readme:
        first = draft_of(plan.steps[0])
        text = "Run `npm install` and then `npm test`."
        at = [DocRef(file="README.md", line=5, end_line=5, text=text)] * 2
        plan = assemble(
            [
                first,
                Draft("npm install", "documented", StepPhase.INSTALL, at[0]),
                Draft("npm test", "documented", StepPhase.TEST, at[1], None, True),
            ]
        )
    tree = FileTree.of({"README.md": readme, **NODE})
    patch = propose_patch(tree, analyze(tree), plan)
    assert patch.edits, patch.why
    after = edited_tree(tree, patch.edits)[0]
    assert says in (after.text("README.md") or "")
    prepared = make_plan(analyze(after), gather(after))
    assert prepared.literal
    assert [step.command.partition(" && ")[0] for step in prepared.steps] == [
        'npm install --prefix "$HOME/node" node@22', "npm install", "npm test",
    ]  # fmt: skip


def test_a_wrong_command_within_a_sentence_is_changed_there() -> None:
    readme = "# demo\n\n## Tests\n\nSimply clone the repo, `npm install`, and run `npm test`\n"
    tree = FileTree.of({"README.md": readme, **NODE})
    at = next(command.ref for command in analyze(tree).commands if command.text == "npm test")
    wrong = changed("rule", "without the style check", "say it", at)
    plan = assemble(
        [
            Draft("npm install", "documented", StepPhase.INSTALL, at),
            Draft("npm run test:node", "found out", StepPhase.TEST, None, wrong, True),
        ]
    )
    patch = propose_patch(tree, analyze(tree), plan)
    assert edited_tree(tree, patch.edits)[0].text("README.md") == readme.replace("`npm test`", "`npm run test:node`")


def test_newer_tools_that_the_documents_ask_for_first_do_not_stand_in_the_way() -> None:
    first = "Before installing, make sure that `pip`, `setuptools` and `wheel` are up to date."
    readme = f"# demo\n\n## Install\n\n{first}\n\n```sh\npip install -U pip setuptools wheel\npip install demo\n```\n"
    wrong = changed("install_checkout", "installs the checkout", "say it", ref("README.md", 9, "pip install demo"))
    drafts = [PREPARE, Draft("pip install .", "found out", StepPhase.INSTALL, None, wrong)]
    plan = assemble([*drafts, lacking("pip install pytest"), lacking("pytest", StepPhase.TEST, counts=True)])
    patch, after = patched({"README.md": readme}, plan)
    assert patch.why == ""
    assert chosen(after)[-3:] == ["pip install .", "pip install pytest", "pytest"]
    assert chosen(after)[0] == "pip install -U pip setuptools wheel"


def test_a_list_of_names_is_no_place_to_say_how_to_test() -> None:
    patch, _ = patched(
        {"README.md": USAGE, "CONTRIBUTORS.txt": "- Contributors -\n----------------\nA. Name\n"}, RECIPE
    )
    assert {edit.file for edit in patch.edits} == {"README.md"}


def test_a_section_stands_above_what_closes_the_document_with_system_packages_first() -> None:
    readme = "# demo\n\n## Usage\n\nWords.\n\n---\n\n<sub>Copyright (c) 2006 A. Name</sub>\n"
    apt = lacking("apt-get install -y --no-install-recommends libstdc++6", StepPhase.SETUP)
    plan = assemble([PREPARE, lacking("pip install ."), apt, lacking("pytest", StepPhase.TEST, counts=True)])
    patch, after = patched({"README.md": readme}, plan)
    assert patch.why == ""
    text = after.text("README.md") or ""
    assert text.endswith("\n\n---\n\n<sub>Copyright (c) 2006 A. Name</sub>\n")
    assert text.index("apt-get") < text.index("pip install .")
