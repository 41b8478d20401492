"""`./run lint-score [CASES TREES] [--network] [--quiet]`: scores the linter on a folder of labelled documents.

CASES holds `projects.json` (`[{"pypi": NAME, "readme": FILE}]`), and for each project a folder with `original.*` and, for each
case, `N….*` and `N….json` (`changed_lines`: `[first, last]` of the original and of the new text; `errors` with
`error_type`). TREES holds the source of each project under its name. Without both, our own made-up set is scored.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePath

from regrow.cli.linting.reading import lint_folder
from tests.lint_score.made_up import write_made_up
from tests.lint_score.scoring import Case, Score

__all__ = ["main", "score_folder"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a case and the figures; 0 when the bar is met, else 1."""
    parser = argparse.ArgumentParser(prog="./run lint-score")
    parser.add_argument("cases", nargs="?", type=Path, help="a folder of labelled documents; without it, our own")
    parser.add_argument("trees", nargs="?", type=Path, help="a folder with the source of each project under its name")
    parser.add_argument("--network", action="store_true", help="ask the package index about names")
    parser.add_argument("--quiet", action="store_true", help="print the figures only")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="regrow-score-") as scratch:
        if wanted.cases is None or wanted.trees is None:
            cases, trees = write_made_up(Path(scratch, "made-up"))
        else:
            cases, trees = wanted.cases, wanted.trees
        score = score_folder(cases, trees, Path(scratch), network=wanted.network, loud=not wanted.quiet)
    print(score)
    return 0 if score.recall >= 0.6 and score.false_each <= 0.3 and score.outside_each <= 1 else 1


def score_folder(cases: Path, trees: Path, scratch: Path, *, network: bool, loud: bool) -> Score:
    """Score every project of a folder whose source is there."""
    score = Score()
    for project in json.loads((cases / "projects.json").read_text(encoding="utf-8")):
        name, readme = project["pypi"], project["readme"]
        if not (trees / name).is_dir():
            print(f"{name}: no tree, left out")
            continue
        tree, suffix = scratch / name, PurePath(readme).suffix
        shutil.copytree(trees / name, tree, symlinks=True)
        shutil.copy(cases / name / f"original{suffix}", tree / readme)
        clean = _found(tree, readme, network=network)
        score.add_original([line for line, _ in clean])
        for line, said in clean if loud else ():
            print(f"{name}: original: {readme}:{line} {said}")
        for label in sorted((cases / name).glob("*.json")):
            value = json.loads(label.read_text(encoding="utf-8"))
            case = Case(
                tuple(error["error_type"] for error in value["errors"]),
                tuple((first, last) for _, _, first, last in value["changed_lines"]),
            )
            shutil.copy(label.with_suffix(suffix), tree / readme)
            lines = [line for line, _ in _found(tree, readme, network=network)]
            good = score.add_case(case, lines)
            if loud:
                print(
                    f"{name}/{label.stem}: {'+'.join(case.kinds)}: {'found' if good else 'missed'} ({len(lines)} findings)"
                )
        shutil.rmtree(tree)
    return score


def _found(tree: Path, readme: str, *, network: bool) -> list[tuple[int, str]]:
    _, result = lint_folder(tree, network=network)
    return [(f.line, f"{f.rule}: {f.message}") for f in result.findings if PurePath(f.file).name == readme]
