"""The tree of DESIGN section 5: its order is the order of dependency, and what users run stands above what may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regrow.actors.builder.actor import BuilderActor
from regrow.actors.doc_analyzer.actor import DocAnalyzerActor
from regrow.actors.guardian.actor import GuardianActor
from regrow.actors.logger.actor import LoggerActor
from regrow.actors.pattern_learner.actor import PatternLearnerActor
from regrow.actors.run import Peers, RunActor
from regrow.actors.verifier.actor import VerifierActor
from regrow.core.checkpoints import CheckpointPolicy
from regrow.core.model import ModelDesk
from regrow.core.progress import ProgressBoard
from regrow.core.store import Store
from regrow.core.workshop.rooms import Rooms
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.child_spec import ChildSpec, Supervisor

__all__ = ["MAX_RUNS", "ROOM_GRACE_S", "RUNS", "Parts", "lane_path", "run_child", "run_path", "verification_tree"]

RUNS = "root/runs"
_WORKERS = "root/workers"
MAX_RUNS = 10
"""The specification: ten concurrent builds."""

RESTARTS = 12
RESTART_PERIOD_S = 300.0
"""Above the kills of a run with chaos (`chaos.MOST_KILLS` and a stray one). The period is long because a fault of an actor
itself may take its time: each life asks a package index, or runs a step, before it fails again."""

BACKOFF = Backoff(initial_s=0.02, maximum_s=2.0)

ROOM_GRACE_S = 10.0
"""A cancelled step ends its processes and drops its layer before its actor ends."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the actors are given by the program that hosts them."""

    runs_dir: Path
    store: Store
    rooms: Rooms
    board: ProgressBoard
    downloads: Path | None = None
    models: ModelDesk | None = None


def verification_tree(parts: Parts, lanes: int = 1) -> Supervisor:
    """Return the tree that verifies projects, as many at a time as it has lanes.

    A worker serves one phase of one run after another. A lane is a set of workers of its own, so that runs beside each
    other do not wait for one another's builds, and a crash of one's builder is no restart for the others.
    """
    peers = Peers()
    one = _workers(parts)
    several = [_group(str(lane), "one_for_one", _workers(parts)) for lane in range(lanes)]
    return Supervisor(
        "root",
        strategy="rest_for_one",
        max_restarts=5,
        period_s=60.0,
        children=[
            _group("foundation", "rest_for_one", [_child("logger", LoggerActor, {"store": parts.store})]),
            _group(
                "knowledge",
                "one_for_one",
                [
                    _child("pattern_learner", PatternLearnerActor, {"store": parts.store}),
                    _child(
                        "guardian",
                        GuardianActor,
                        {"pattern_learner": peers.pattern_learner, "packages": parts.rooms, "models": parts.models},
                    ),
                ],
            ),
            _group("workers", "one_for_one", several if lanes > 1 else one),
            _group("runs", "dynamic", []),
        ],
    )


def lane_path(lane: int, lanes: int) -> str:
    """Return where the workers of a lane stand in a tree with that many.

    >>> lane_path(0, 1), lane_path(1, 3)
    ('root/workers', 'root/workers/1')
    """
    return f"{_WORKERS}/{lane}" if lanes > 1 else _WORKERS


def run_child(parts: Parts, run_id: str, workers: str = _WORKERS) -> ChildSpec:
    """Return the spec of one run: transient, and saved after every phase. `workers` is the path of its lane."""
    return ChildSpec(
        f"run-{run_id}",
        RunActor,
        args={"runs_dir": parts.runs_dir, "board": parts.board, "peers": Peers(workers), "downloads": parts.downloads},
        restart="transient",
        backoff=BACKOFF,
        checkpoint=CheckpointPolicy(before_reply=False, on_idle=False, on_stop=True),
        shutdown_limit_s=0.0,
        kill_grace_s=ROOM_GRACE_S,
    )


def run_path(run_id: str) -> str:
    """Return where a run stands in the tree."""
    return f"{RUNS}/run-{run_id}"


def _workers(parts: Parts) -> list[ChildSpec | Supervisor]:
    room = {"runs_dir": parts.runs_dir, "rooms": parts.rooms, "board": parts.board}
    return [
        _child("doc_analyzer", DocAnalyzerActor, {}),
        _child("builder", BuilderActor, room, works_in_room=True),
        _child("verifier", VerifierActor, room, works_in_room=True),
    ]


def _group(name: str, strategy: str, children: Sequence[ChildSpec | Supervisor]) -> Supervisor:
    return Supervisor(
        name,
        strategy=strategy,  # type: ignore[arg-type]  # one of the three words above
        children=children,
        max_restarts=RESTARTS,
        period_s=RESTART_PERIOD_S,
        max_children=MAX_RUNS if strategy == "dynamic" else None,
    )


def _child(child_id: str, actor: type, args: dict[str, object], *, works_in_room: bool = False) -> ChildSpec:
    return ChildSpec(
        child_id,
        actor,
        args=args,
        backoff=BACKOFF,
        shutdown_limit_s=0.0 if works_in_room else 2.0,
        kill_grace_s=ROOM_GRACE_S if works_in_room else 1.0,
    )
