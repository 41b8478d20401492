"""What is refused before anything of a tree starts.

The whole description is checked first, every problem is found at once, and each is named by the path of its child; so a
tree either starts as described or does not start at all. Specs are `Any` here: a field of the wrong type is what is
looked for.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Protocol, get_args

from regrow.core.actor import Actor
from regrow.core.checkpoints import CheckpointPolicy
from regrow.core.mailbox import MailboxSpec
from regrow.core.names import is_printable
from regrow.core.saving import shape_of
from regrow.protocols.actor_errors import SpecError
from regrow.protocols.messages import NoState, State
from regrow.supervisors.backoff import Backoff
from regrow.supervisors.child_spec import AutoShutdownName, ChildSpec, StrategyName, Supervisor, group_policy
from regrow.supervisors.strategies import RESTARTS, Restart, check_policy

__all__ = ["check_tree"]

# As tuples: `A | B` makes a type each time that it is looked at, and these are looked at for every child.
_SPECS = (ChildSpec, Supervisor)
_NUMBERS = (int, float)
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
AUTO_SHUTDOWNS: tuple[AutoShutdownName, ...] = get_args(AutoShutdownName)

_FIELDS = (
    "actor", "restart", "significant", "start_limit_s", "shutdown_limit_s", "kill_grace_s", "backoff", "checkpoint",
    "mailbox", "handler_deadline_s", "on_stuck", "name", "placement", "dispatch",
)  # fmt: skip
_kind_of = attrgetter(*_FIELDS)
"""Everything but the id, the arguments and the state, in the order of `_kind_problems`."""


class _Placed(Protocol):
    @property
    def path(self) -> str: ...


_NOBODY: Mapping[str, _Placed] = MappingProxyType({})


def check_tree(spec: ChildSpec | Supervisor, above: str = "", taken: Mapping[str, _Placed] = _NOBODY) -> None:
    """Check a whole description.

    Args:
        spec: The root, or a child that is added to a running tree.
        above: The path of the supervisor that it is added to.
        taken: Who has which name in that tree.

    Raises:
        SpecError: Every problem, each with the path of its child.
    """
    found: list[str] = []
    if above or isinstance(spec, Supervisor):
        _collect(spec, above, found)
        _collect_names(spec, above, taken, {}, found)
    else:
        found.append(f"the root of a tree must be a Supervisor, got {_named(spec)}")
    if found:
        raise SpecError("; ".join(found))


def _collect(spec: Any, above: str, found: list[str]) -> None:
    if not isinstance(spec, _SPECS):
        found.append(f"{above}: a child must be a ChildSpec or a Supervisor, got {_named(spec)}")
        return
    problems = _child_problems(spec) if isinstance(spec, ChildSpec) else _supervisor_problems(spec)
    if problems:
        path = _path(above, spec)
        found += [f"{path}: {problem}" for problem in problems]
    if isinstance(spec, Supervisor) and isinstance(spec.children, Sequence):
        path = _path(above, spec)
        for child in spec.children:
            _collect(child, path, found)


def _collect_names(
    spec: Any, above: str, taken: Mapping[str, _Placed], given: dict[str, str], found: list[str]
) -> None:
    """Find names that two actors of one tree would have."""
    if type(spec) is ChildSpec:
        name = spec.name
        if name is None or not isinstance(name, str):  # nearly all have none; the other is told elsewhere
            return
        path = _path(above, spec)
        holder = given.setdefault(name, path)
        if holder is path and name in taken:
            holder = taken[name].path
        if holder != path:
            found.append(f"{path}: the name {name!r} is taken by {holder}; a name is known in the whole tree")
    elif isinstance(spec, Supervisor) and isinstance(spec.children, Sequence):
        path = _path(above, spec)
        for child in spec.children:
            _collect_names(child, path, taken, given, found)


def _path(above: str, spec: Any) -> str:
    own = str(spec.id)
    if not is_printable(own):
        own = repr(own)[1:-1]  # the path is shown on terminals
    return f"{above}/{own}" if above else own


# -- one actor ---------------------------------------------------------------------------------------------------------


def _child_problems(spec: Any) -> list[str]:
    """Say what is wrong with it, a sentence each. Not a generator: it is asked of every child of a big tree."""
    found = _id_problems(spec.id)
    if not (isinstance(spec.actor, type) and issubclass(spec.actor, Actor)):
        return [*found, f"actor must be a subclass of Actor, got {spec.actor!r}"]
    args = spec.args
    if not isinstance(args, Mapping):
        return [*found, f"args must be a mapping of keyword arguments, got {args!r}"]
    kind = (*_kind_of(spec), tuple(args), spec.state is not None)
    try:
        problems = _kind_problems(*kind)
    except TypeError:  # something in it has no hash: it is of the wrong type, or of somebody's own
        problems = _kind_problems.__wrapped__(*kind)
    state_type = spec.actor.state_type
    if spec.state is not None and not isinstance(spec.state, state_type):
        found = [*found, f"state must be a {state_type.__qualname__}, got {type(spec.state).__qualname__}"]
    elif spec.checkpoint and spec.state is not None and type(spec.state) is not state_type:
        found = [*found, *_state_problems(type(spec.state))]
    return [*found, *problems] if problems else found


@functools.lru_cache(maxsize=256, typed=True)
def _kind_problems(
    actor: type[Actor[Any]],
    restart: Restart,
    significant: bool,
    start_limit_s: float | None,
    shutdown_limit_s: float | None,
    kill_grace_s: float | None,
    backoff: Backoff | None,
    checkpoint: bool | CheckpointPolicy,
    mailbox: MailboxSpec,
    handler_deadline_s: float | None,
    on_stuck: str,
    name: object,
    placement: str,
    dispatch: str,
    args: tuple[str, ...],
    has_state: bool,
) -> tuple[str, ...]:
    """Check what many children of one kind have in common, once: trees of many actors have few kinds."""
    found = [
        *_life_problems(restart, significant, backoff),
        *_limit_problems("start_limit_s", start_limit_s, positive=True),
        *_limit_problems("shutdown_limit_s", shutdown_limit_s),
        *_limit_problems("kill_grace_s", kill_grace_s, positive=True, optional=False),
        *_limit_problems("handler_deadline_s", handler_deadline_s, positive=True),
        *_mailbox_problems(mailbox),
        *_checkpoint_problems(actor, checkpoint),
        *_constructor_problems(actor, args),
    ]
    missing = [field for field, info in actor.state_type.model_fields.items() if info.is_required()]
    if missing and not has_state:
        found.append(f"{actor.state_type.__qualname__} has no default for {', '.join(missing)}; give the spec a state")
    if on_stuck not in ("report", "restart"):
        found.append(f"on_stuck must be 'report' or 'restart', got {on_stuck!r}")
    if name is not None and not (isinstance(name, str) and name):
        found.append(f"name must be a word that the whole tree knows the actor by, or None, got {name!r}")
    elif name is not None and not is_printable(name):
        found.append(f"a name must not contain control characters, got {name!r}")
    if placement != "task":
        found.append(f"placement must be 'task', got {placement!r}")
    if dispatch == "shared":
        found += _sharing_problems(actor, handler_deadline_s, bool(checkpoint))
    elif dispatch != "task":
        found.append(f"dispatch must be 'task' or 'shared', got {dispatch!r}")
    return tuple(found)


def _id_problems(name: object) -> list[str]:
    if not (isinstance(name, str) and name):
        return [f"a child needs a name, got {name!r}"]
    if "/" in name:
        return [f"a name must not contain '/', got {name!r}"]
    if not is_printable(name):
        return [f"a name must not contain control characters, got {name!r}"]
    return []


def _life_problems(restart: object, significant: object, backoff: object) -> Iterator[str]:
    yield from _choice_problems("restart", restart, RESTARTS)
    if not isinstance(significant, bool):
        yield f"significant must be True or False, got {significant!r}"
    if not (backoff is None or isinstance(backoff, Backoff)):
        yield f"backoff must be a Backoff or None, got {backoff!r}"


def _limit_problems(field: str, value: object, *, positive: bool = False, optional: bool = True) -> Iterator[str]:
    if value is None and optional:
        return
    or_none = " or None" if optional else ""
    if not isinstance(value, _NUMBERS) or not math.isfinite(value):
        yield f"{field} must be a number of seconds{or_none}, got {value!r}"
    elif not (value > 0 if positive else value >= 0):
        yield f"{field} must be {'positive' if positive else 'at least 0'}{or_none}, got {value}"


def _mailbox_problems(mailbox: object) -> Iterator[str]:
    if not isinstance(mailbox, MailboxSpec):
        yield f"mailbox must be a MailboxSpec, got {mailbox!r}"
        return
    problem = mailbox.problem()
    if problem is not None:
        yield problem


def _checkpoint_problems(actor: type[Actor[Any]], checkpoint: object) -> Iterator[str]:
    if isinstance(checkpoint, CheckpointPolicy):
        problem = checkpoint.problem()
        if problem is not None:
            yield problem
    elif not isinstance(checkpoint, bool):
        yield f"checkpoint must be True, False or a CheckpointPolicy, got {checkpoint!r}"
        return
    if checkpoint and actor.state_type is NoState:
        yield f"checkpoint asks to save a state, and {actor.__qualname__} declares none (Actor[SomeState])"
    elif checkpoint:
        yield from _state_problems(actor.state_type)


def _state_problems(kind: type[State]) -> Iterator[str]:
    for refused in shape_of(kind).refused:
        yield (
            f"checkpoint cannot save {kind.__qualname__}: {refused}; give it another type, leave it out with "
            "Field(exclude=True) and a default, or keep it in the actor and not in its state"
        )


def _constructor_problems(actor: type[Actor[Any]], args: tuple[str, ...]) -> Iterator[str]:
    if actor.__init__ is object.__init__:
        if args:
            yield f"{actor.__qualname__} takes no arguments, got {sorted(args)}"
        return
    try:
        inspect.signature(actor).bind(**dict.fromkeys(args))
    except TypeError as error:
        yield f"args do not fit {actor.__qualname__}: {error}"


def _sharing_problems(actor: type[Actor[Any]], handler_deadline_s: object, checkpoint: bool) -> Iterator[str]:
    waiting = sorted({one.__name__ for one in actor.__handlers__.values() if inspect.iscoroutinefunction(one)})
    if waiting:
        yield f"dispatch='shared' needs handlers that are plain functions; {', '.join(waiting)} may wait (async def)"
    if checkpoint:
        yield "dispatch='shared' cannot save checkpoints, which have to be waited for; use dispatch='task'"
    if handler_deadline_s is not None:
        yield "handler_deadline_s has no use with dispatch='shared': a handler that never waits is never seen half done"


# -- one supervisor ----------------------------------------------------------------------------------------------------


def _supervisor_problems(spec: Any) -> list[str]:
    """Say what is wrong with this level of it."""
    wrong = _group_problems(spec)
    found = [
        *_id_problems(spec.name),
        *wrong,
        *_life_problems(spec.restart, spec.significant, spec.backoff),
        *_limit_problems("start_limit_s", spec.start_limit_s, positive=True),
        *_limit_problems("shutdown_limit_s", spec.shutdown_limit_s),
    ]
    if not isinstance(spec.children, Sequence):
        return [*found, f"children must be a list of ChildSpec and Supervisor, got {_named(spec.children)}"]
    if wrong:
        return found
    # What is no spec, or has no name, is told at its own place.
    children = [child for child in spec.children if isinstance(child, _SPECS) and isinstance(child.id, str)]
    found += check_policy(group_policy(spec), children)
    return found


def _group_problems(spec: Any) -> list[str]:
    """Say what is wrong with how it treats its children as a group."""
    found = [
        *_choice_problems("strategy", spec.strategy, STRATEGIES),
        *_choice_problems("auto_shutdown", spec.auto_shutdown, AUTO_SHUTDOWNS),
        *_limit_problems("period_s", spec.period_s, positive=True, optional=False),
    ]
    if not _is_count(spec.max_restarts):
        found.append(f"max_restarts must be a whole number, at least 0, got {spec.max_restarts!r}")
    if not (spec.max_children is None or _is_count(spec.max_children)):
        found.append(f"max_children must be a whole number, or None for no limit, got {spec.max_children!r}")
    return found


def _choice_problems(field: str, value: object, choices: tuple[str, ...]) -> Iterator[str]:
    if value not in choices:
        yield f"{field} must be {', '.join(choices)}, got {value!r}"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _named(value: object) -> str:
    """Show a value shortly: the whole of a spec says less than what it is."""
    return f"{type(value).__qualname__} {value.id!r}" if isinstance(value, _SPECS) else repr(value)
