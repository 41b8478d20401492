"""Shell: what the command line asks for, together with the settings, as what a run is to do."""

from __future__ import annotations

from dataclasses import dataclass

from regrow.cli.targets import settled_target
from regrow.config import load_settings
from regrow.config.durations import parse_duration
from regrow.core.model.any_provider import need_library
from regrow.protocols.errors import regrow_error
from regrow.protocols.verification import BuildConfig, MemoryUse, NetworkPolicy

__all__ = ["Asked", "configurations_of"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed. None takes what the settings say.

    Attributes:
        time: A duration for each whole run.
        reproduce: How many builds are compared after a pass; 1 compares none.
        vary_tests: Whether failing tests are run in other surroundings too.
        model: The language model that may be asked; "" for none, whatever the settings say.
        secrets: Names of variables whose values tests are given.
        network: Which steps may reach the hosts of packages: `install`, `offline` or `none`.
        host_interpreters: False refuses other Pythons of this machine, whatever the settings say.
    """

    targets: tuple[str, ...]
    time: str | None = None
    max_recoveries: int | None = None
    memory: str | None = None
    network: str = "install"
    host_interpreters: bool = True
    unsafe_no_sandbox: bool = False
    chaos_seed: int | None = None
    reproduce: int = 1
    vary_tests: bool = False
    seed: int = 0
    model: str | None = None
    secrets: tuple[str, ...] = ()


def configurations_of(asked: Asked) -> list[BuildConfig]:
    """Return what each run is to do. All targets are looked at before the first is begun.

    Raises:
        RegrowError: A target, a duration or a setting cannot be used (E2001, E6001, E6002), or a library is missing (E6007).
    """
    settings = load_settings()
    if asked.chaos_seed is not None and len(asked.targets) > 1:
        raise regrow_error(
            "E6001",
            "is for one target",
            where="option --chaos",
            got=f"{len(asked.targets)} targets",
            remedy="verify one target at a time with it",
        )
    deadline_s = settings.run.deadline_s
    if asked.time is not None:
        deadline_s = parse_duration(asked.time, "option --time")
    if settings.verifier.retest_low >= settings.verifier.retest_high:
        raise regrow_error(
            "E6002",
            "must be below retest_high",
            where="setting [verifier] retest_low",
            got=f"{settings.verifier.retest_low} and {settings.verifier.retest_high}",
            remedy="leave both out for the defaults",
        )
    model = (settings.model.name if asked.model is None else asked.model) or None
    if model is not None:
        need_library()
    recoveries = asked.max_recoveries if asked.max_recoveries is not None else settings.guardian.max_recoveries
    return [
        BuildConfig(
            target=settled_target(target),
            limits=settings.builder.step_limits(),
            deadline_s=deadline_s,
            max_recoveries=recoveries,
            memory=MemoryUse(asked.memory or settings.run.memory),
            seed=asked.seed,
            network=NetworkPolicy(asked.network),
            host_interpreters=asked.host_interpreters and settings.guardian.host_interpreters,
            unsafe_no_sandbox=asked.unsafe_no_sandbox,
            chaos_seed=asked.chaos_seed,
            reproducibility_builds=asked.reproduce,
            retesting=settings.verifier.retesting(vary=asked.vary_tests),
            model=model,
            secrets=tuple(dict.fromkeys(asked.secrets)),
        )
        for target in asked.targets
    ]
