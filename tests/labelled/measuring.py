"""Shell: analyses the labelled documents and prints precision and recall of commands and prerequisites."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

__all__ = ["Label", "Score", "main", "read_labels", "score"]

LABELS = Path(__file__).with_name("labels.json")
LIMIT_S = 180.0
SAME = {
    "c compiler": "compiler", "c/c++ compiler": "compiler", "c": "compiler", "c++ compiler": "compiler",
    "c++": "compiler", "nodejs": "node", "node.js": "node", "cpython": "python",
}  # fmt: skip
"""Names of one thing."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is right about one document. `commands` are line, first words and kind; see the package."""

    target: str
    document: str
    commands: tuple[tuple[int, str, str | None], ...] = ()
    prerequisites: tuple[tuple[str, str], ...] = ()
    either: frozenset[str] = frozenset()


@dataclass(slots=True)
class Score:
    """Found and right, found, to be found; `wrong` says what is missed or found in excess."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    kinds_right: int = 0
    kinds: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Take in the figures of another document."""
        for name in ("right", "found", "wanted", "kinds_right", "kinds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        precision = self.right / self.found if self.found else 1.0
        recall = self.right / self.wanted if self.wanted else 1.0
        return f"precision {precision:4.0%} ({self.right} of {self.found}), recall {recall:4.0%} ({self.right} of {self.wanted})"


def read_labels(path: Path = LABELS) -> list[Label]:
    """Read the labels."""
    return [
        Label(
            entry["target"],
            entry["document"],
            tuple((each["line"], each["text"], each["kind"]) for each in entry["commands"]),
            tuple((each["kind"], each["name"]) for each in entry["prerequisites"]),
            frozenset(map(_name, entry["either"])),
        )
        for entry in json.loads(path.read_text("utf-8"))
    ]


def score(label: Label, analysis: Mapping[str, object]) -> tuple[Score, Score]:
    """Compare the analysis of a target with the labels of one of its documents: commands, then prerequisites."""
    commands, missed = Score(wanted=len(label.commands)), list(label.commands)
    for each in _of(label, analysis, "commands"):
        ref = cast("Mapping[str, int]", each["ref"])
        text = str(each["text"])
        same = next(
            (
                one
                for one in missed
                if ref["line"] - 1 <= one[0] <= (ref.get("endLine") or ref["line"]) + 1 and _begins(text, one[1])
            ),
            None,
        )
        commands.found += 1
        if same is None:
            commands.wrong.append(f"+ {ref['line']}: {text}")
            continue
        missed.remove(same)
        commands.right += 1
        if same[2] is not None:
            commands.kinds += 1
            commands.kinds_right += each["kind"] == same[2]
            if each["kind"] != same[2]:
                commands.wrong.append(f"! {ref['line']}: {text} is {same[2]}, not {each['kind']}")
    commands.wrong += [f"- {line}: {text}" for line, text, _ in missed]
    found = {_name(str(each["name"])) for each in _of(label, analysis, "prerequisites")} - label.either
    wanted = {_name(name) for _, name in label.prerequisites}
    needs = Score(len(found & wanted), len(found), len(wanted))
    needs.wrong = [*(f"+ {name}" for name in sorted(found - wanted)), *(f"- {name}" for name in sorted(wanted - found))]
    return commands, needs


def _of(label: Label, analysis: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    entries = cast("Sequence[Mapping[str, object]]", analysis.get(key) or ())
    return [each for each in entries if cast("Mapping[str, str]", each["ref"])["file"] == label.document]


def _begins(text: str, words: str) -> bool:
    """Whether a command begins with these words, prompts and `sudo` aside."""
    plain, wanted = (" ".join(each.replace("sudo ", "").split()) for each in (text, words))
    return plain.startswith(wanted)


def _name(name: str) -> str:
    return SAME.get(name.lower(), name.lower())


def main() -> int:
    """Measure and print; the exit status is 1 when a target could not be analysed."""
    parser = argparse.ArgumentParser(prog="run labels", description="Precision and recall of the doc analyzer.")
    parser.add_argument("--only", action="append", default=[], help="targets that hold this word; repeatable")
    parser.add_argument(
        "--wrong", action="store_true", help="name what was missed (-), too much (+) or of another kind (!)"
    )
    options = parser.parse_args()
    all_commands, all_needs, failed = Score(), Score(), 0
    for label in read_labels():
        if options.only and not any(word in label.target for word in options.only):
            continue
        analysis = _analysis(label.target)
        if analysis is None:
            failed += 1
            print(f"{label.target:<30} could not be analysed")
            continue
        commands, needs = score(label, analysis)
        all_commands.add(commands)
        all_needs.add(needs)
        print(f"{label.target:<30} commands {commands}; prerequisites {needs}", flush=True)
        for line in (*commands.wrong, *needs.wrong) if options.wrong else ():
            print(f"    {line}")
    print(
        f"{'all':<30} commands {all_commands}; prerequisites {all_needs}; kinds {all_commands.kinds_right} of {all_commands.kinds}"
    )
    return 1 if failed else 0


def _analysis(target: str) -> Mapping[str, object] | None:
    command = [sys.executable, "-c", "from regrow.cli.main import main; main()", "plan", target, "--json"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
        return cast("Mapping[str, object]", json.loads(done.stdout)["analysis"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
