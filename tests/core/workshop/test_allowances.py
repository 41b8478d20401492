"""What a step gets: the tightest of its limits, and secrets only where it has no network."""

from hypothesis import given
from hypothesis import strategies as st

from regrow.core.workshop.allowances import limits_of, secrets_of
from regrow.protocols.plan import NO_LIMITS, PlanStep, StepLimits, StepPhase

PLANNED = StepLimits(time_s=600.0, cpu_s=1200.0)


def step(phase: StepPhase, command: str = "pytest", *, network: bool = False) -> PlanStep:
    return PlanStep(step_id="s", name="s", command=command, reason="r", phase=phase, network=network)


def test_where_the_operator_has_set_no_time_the_plan_does() -> None:
    found = limits_of(PLANNED, StepLimits())
    assert (found.time_s, found.cpu_s, found.memory_bytes) == (600.0, 1200.0, StepLimits().memory_bytes)


def test_the_operators_settings_are_in_force() -> None:
    found = limits_of(PLANNED, StepLimits(time_s=900.0, memory_bytes=99, processes=7))
    assert (found.time_s, found.memory_bytes, found.processes) == (900.0, 99, 7)


SIZES = st.one_of(st.none(), st.integers(1, 10**12))


@given(SIZES, SIZES, SIZES)
def test_a_project_never_makes_a_limit_wider(planned: int | None, configured: int | None, own: int | None) -> None:
    def limits(value: int | None) -> StepLimits:
        return StepLimits.model_construct(**dict.fromkeys(StepLimits.model_fields, value))

    alone = limits_of(limits(planned), limits(configured))
    lowered = limits_of(limits(planned), limits(configured), limits(own))
    for name in StepLimits.model_fields:
        before, after = getattr(alone, name), getattr(lowered, name)
        assert after == min((value for value in (before, own) if value is not None), default=None)
    assert limits_of(limits(planned), limits(configured), NO_LIMITS) == alone


def test_a_step_with_network_sees_no_secret() -> None:
    values = {"API_TOKEN": "x", "B": "y"}
    assert secrets_of(step(StepPhase.TEST), values) == values
    assert secrets_of(step(StepPhase.TEST, network=True), values) == {}
    assert secrets_of(step(StepPhase.INSTALL, "echo $API_TOKEN", network=True), values) == {}
    assert secrets_of(step(StepPhase.BUILD, "echo $API_TOKEN"), values) == {"API_TOKEN": "x"}
    assert secrets_of(step(StepPhase.BUILD, "echo $API_TOKENS"), values) == {}
