"""One seed: a random tree, senders, a monkey that changes it from outside, and the end in order."""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import anyio
import trio
import trio.testing

from regrow import Backoff, CheckpointPolicy, ChildSpec, MailboxSpec, Supervisor, open_tree
from regrow.core.world import World
from regrow.protocols.actor_errors import ActorError, StartFailed, TreeFailed
from regrow.supervisors.strategies import Running
from regrow.supervisors.tree import Tree

from .actors import FaultyStore, Poke, Query, SharedSimActor, SimActor, WatchPath
from .checkers import Checkers
from .faults import OUTSIDE, Faults

__all__ = ["Outcome", "run_seed"]

HANG_FACTOR = 100
"""A seed that takes this many times its length hangs."""


@dataclass
class Outcome:
    """What one seed showed. `virtual_s` is on the simulated clock."""

    seed: int
    virtual_s: float = 0.0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    ended: str = ""
    messages: int = 0


class Scenario:
    """See the module."""

    def __init__(self, seed: int, length_s: float) -> None:
        self.chance = random.Random(seed)
        self.length_s = length_s
        self.faults = Faults(random.Random(seed ^ 0x5EED), rate=self.chance.choice((0.05, 0.15, 0.3)))
        self.checkers = Checkers()
        self.numbers = itertools.count(1)
        self.names = (f"x{n}" for n in itertools.count())
        self.order: dict[str, int] = {}
        self.outcome = Outcome(seed)
        self.asked = ""

    # -- the tree --------------------------------------------------------------------------------------------------

    def tree_spec(self) -> Supervisor:
        root = self.group("root", depth=0)
        for place, path in enumerate(_static_actors(root, "")):
            self.order[path] = place
        return root

    def group(self, name: str, depth: int) -> Supervisor:
        chance = self.chance
        strategies: tuple[Literal["one_for_one", "one_for_all", "rest_for_one"], ...] = (
            "one_for_one",
            "one_for_all",
            "rest_for_one",
        )
        strategy = chance.choice(strategies)
        children: list[ChildSpec | Supervisor] = []
        for place in range(chance.randint(1, 3)):
            if depth < 2 and chance.random() < 0.3:
                children.append(self.group(f"g{place}", depth + 1))
            else:
                children.append(self.actor(f"a{place}"))
        return Supervisor(
            name,
            strategy=strategy,
            children=children,
            max_restarts=chance.choice((3, 30, 1000)) if depth else 100_000,
            period_s=chance.choice((5.0, 60.0)),
            restart="permanent",
            backoff=self.backoff(),
        )

    def actor(self, name: str) -> ChildSpec:
        chance = self.chance
        shared = chance.random() < 0.25
        return ChildSpec(
            name,
            SharedSimActor if shared else SimActor,
            dispatch="shared" if shared else "task",
            args={"faults": self.faults, "checkers": self.checkers},
            restart=chance.choice(("permanent", "permanent", "transient", "temporary")),
            start_limit_s=chance.choice((0.5, 5.0)),
            shutdown_limit_s=chance.choice((0.0, 0.2, 5.0)),
            kill_grace_s=chance.choice((0.03, 1.0)),
            backoff=self.backoff(),
            checkpoint=False if shared else chance.choice((False, True, CheckpointPolicy(every_messages=2, keep=2))),
            mailbox=MailboxSpec(
                capacity=chance.choice((1, 4, 64)),
                when_full=chance.choice(("wait", "wait", "raise", "drop_oldest", "drop_new")),
                on_restart=chance.choice(("keep", "keep", "drop")),
            ),
            handler_deadline_s=None if shared else chance.choice((None, 1.0, 5.0)),
            on_stuck=chance.choice(("report", "restart")),
        )

    def backoff(self) -> Backoff | None:
        return self.chance.choice((None, None, Backoff(initial_s=0.05, maximum_s=5.0, reset_after_s=20.0)))

    # -- the run ---------------------------------------------------------------------------------------------------

    async def run(self) -> Outcome:
        began_s = anyio.current_time()
        store = FaultyStore(self.faults)
        # The tree must open: faults begin when it is up, but for every tenth seed, whose first start may fail.
        self.faults.active = self.chance.random() < 0.1
        try:
            async with open_tree(self.tree_spec(), world=World(self.outcome.seed), store=store) as tree:
                self.checkers.tree = tree
                tree.dead_letters.listen(self.checkers.see_dead)
                self.faults.active = True
                with anyio.move_on_after(self.length_s):
                    async with anyio.create_task_group() as group:
                        for _ in range(3):
                            group.start_soon(self.send, tree)
                        group.start_soon(self.disturb, tree)
                self.checkers.closing = True
                self.faults.active = self.chance.random() < 0.5
        except StartFailed:
            self.outcome.ended = "did not start"
        except TreeFailed:
            self.outcome.ended = "gave up"
        else:
            self.outcome.ended = "closed"
        if self.checkers.tree is not None:
            in_order = self.order if self.outcome.ended == "closed" else {}
            self.checkers.finish(in_order)
        self.outcome.virtual_s = anyio.current_time() - began_s
        self.outcome.hits = self.faults.hits
        self.outcome.violations = self.checkers.violations
        self.outcome.messages = len(self.checkers.accepted)
        return self.outcome

    async def send(self, tree: Tree) -> None:
        chance = self.chance
        while True:
            await anyio.sleep(chance.expovariate(0.35))
            cells = sorted(tree.runtime.cells)
            if not cells:
                continue
            path = chance.choice(cells)
            try:
                ref = tree.ref(path, SimActor)
            except LookupError:
                continue
            number = next(self.numbers)
            try:
                with anyio.move_on_after(10.0):
                    await self.send_one(ref, number, path, chance.random())
            except ActorError:
                continue

    async def send_one(self, ref: object, number: int, path: str, lot: float) -> None:
        from regrow import Ref

        assert isinstance(ref, Ref)
        checkers = self.checkers
        if lot < 0.35:
            ref.tell_nowait(Poke(number=number))
            checkers.accepted.add(number)
        elif lot < 0.6:
            await ref.tell(Poke(number=number))
            checkers.accepted.add(number)
        elif lot < 0.95:
            checkers.open_asks += 1
            try:
                await ref.ask(Query(number=number), timeout_s=self.chance.choice((0.2, 5.0)))
            finally:
                checkers.open_asks -= 1
        else:
            await ref.tell(WatchPath(path=self.chance.choice(sorted(self.order) or [path])))

    async def disturb(self, tree: Tree) -> None:
        chance = self.chance
        while True:
            await anyio.sleep(chance.expovariate(0.15))
            action = chance.choice(OUTSIDE)
            try:
                with anyio.fail_after(120.0):
                    await self.act(tree, action)
            except ActorError:
                continue
            except TimeoutError:
                # A start waits for its turn behind a group restart, as long as that is tried: with many faults, long.
                if isinstance(tree._root.find(self.asked).state.plan, Running):
                    self.checkers.violations.append(f"{action} did not answer within 120 virtual seconds")

    async def act(self, tree: Tree, action: str) -> None:
        chance = self.chance
        supervisors = sorted(tree.runtime.supervisors)
        self.asked = chance.choice(supervisors)
        handle = tree.supervisor(self.asked)
        children = [child.id for child in handle.which_children()]
        if action == "kill":
            paths = sorted(tree.runtime.cells)
            if paths:
                cell = tree.runtime.cells[chance.choice(paths)]
                state = "handling" if cell.mailbox.busy else cell.status.value
                self.faults.note("kill", state)
                cell.crash("killed by the simulation")
            return
        if action == "miss_sweeps":
            self.faults.note("miss_sweeps", "sweeper")
            tree._sweeper.stop()
            await anyio.sleep(chance.uniform(0.5, 10.0))
            tree._sweeper.start()
            return
        if action == "add":
            self.faults.note("add", "tree")
            await handle.start_child(self.actor(next(self.names)))
            return
        if not children:
            return
        child = chance.choice(children)
        path = f"{handle.path}/{child}"
        self.faults.note(action, _state(tree, path))
        match action:
            case "stop":
                await handle.stop_child(child)
            case "restart":
                await handle.restart_child(child)
            case "remove":
                await handle.remove_child(child)
            case "replace":
                if path in tree.runtime.cells:
                    self.order.pop(path, None)
                    await handle.replace_child(self.actor(child))
            case "flood":
                ref = tree.whereis(path)
                for _ in range(20):
                    if ref is None:
                        break
                    number = next(self.numbers)
                    ref.tell_nowait(Poke(number=number))
                    self.checkers.accepted.add(number)


def _state(tree: Tree, path: str) -> str:
    cell = tree.runtime.cells.get(path)
    if cell is None:
        return "supervisor" if path in tree.runtime.supervisors else "down"
    return "handling" if cell.mailbox.busy else cell.status.value


def _static_actors(group: Supervisor, above: str) -> Iterator[str]:
    path = f"{above}/{group.name}" if above else group.name
    for child in group.children:
        if isinstance(child, Supervisor):
            yield from _static_actors(child, path)
        else:
            yield f"{path}/{child.id}"


def run_seed(seed: int, length_s: float = 200.0) -> Outcome:
    """Run one seed to its end in virtual time. The same seed gives the same run."""
    # trio shuffles the tasks that are ready; its own switch makes that repeatable, for simulations like this one.
    scheduler = sys.modules["trio._core._run"]
    vars(scheduler)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True
    vars(scheduler)["_r"].seed(seed)
    scenario = Scenario(seed, length_s)
    clock = trio.testing.MockClock(autojump_threshold=0.0)

    async def watched() -> Outcome:
        trio.lowlevel.spawn_system_task(give_up_after, length_s * HANG_FACTOR)
        return await scenario.run()

    return trio.run(watched, clock=clock)


async def give_up_after(limit_s: float) -> None:
    """End a seed that hangs: an error of a system task is the one thing that gets past a shield."""
    await trio.sleep(limit_s)
    msg = f"the tree was not stopped after {limit_s:g} virtual seconds"
    raise AssertionError(msg)
