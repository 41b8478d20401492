"""Which build comes next, and what the builds show: projects that differ by a made-up set of aspects."""

from collections.abc import Mapping

import pytest

from regrow.actors.verifier.reproducing.causes import Difference, Observed, Wanted, differences_of, next_build
from regrow.actors.verifier.reproducing.comparing import Found
from regrow.actors.verifier.reproducing.fixes import environment_for, rest_for
from regrow.actors.verifier.reproducing.moments import differ_by_time
from regrow.protocols.reproducibility import Aspect, DifferenceCause, PartKind

C, K = DifferenceCause, PartKind
ASPECTS = tuple(Aspect)
BEGAN_S = 1_795_869_000.0

Part = tuple[str, PartKind]
ALWAYS_BY_CLOCK, ALWAYS_BY_CHANCE = "clock", "chance"


def play(project: Mapping[Part, object], builds: int = 2) -> tuple[list[Wanted], list[Observed]]:
    """Make all builds that are asked for of a project: part -> the aspects that it hangs on, or that it always differs."""
    wanted: list[Wanted] = []
    done: list[Observed] = []
    while (want := next_build(done, ASPECTS, builds)) is not None:
        assert len(wanted) < 20, "it never ends"
        wanted.append(want)
        differences = [] if want.name == "first" else [
            Difference("dist/a.whl", Found(part, kind, "", *_values(hangs_on)))
            for (part, kind), hangs_on in project.items()
            if hangs_on in (ALWAYS_BY_CLOCK, ALWAYS_BY_CHANCE)
            or (isinstance(hangs_on, frozenset) and hangs_on <= set(want.varied))
        ]  # fmt: skip
        done.append(Observed(want.name, frozenset(want.varied), tuple(differences), BEGAN_S))
    return wanted, done


def _values(hangs_on: object) -> tuple[str, str]:
    return ("at 12:00:01", "at 12:00:09") if hangs_on == ALWAYS_BY_CLOCK else ("7fa3", "9c1e")


def only(aspect: Aspect) -> frozenset[Aspect]:
    return frozenset({aspect})


def test_a_project_without_a_cause_is_built_as_often_as_was_asked_for() -> None:
    wanted, done = play({}, builds=4)

    assert [each.name for each in wanted] == ["first", "varied-1", "varied-2", "varied-3"]
    assert [each.number for each in wanted[1:]] == [1, 2, 3]
    assert differences_of(done) == ()


@pytest.mark.parametrize(
    ("aspect", "cause"),
    [
        (Aspect.TIME, C.TIME_STAMP), (Aspect.FOLDER, C.PATH), (Aspect.TIME_ZONE, C.TIME_ZONE), (Aspect.LOCALE, C.LOCALE),
        (Aspect.USER, C.USER), (Aspect.UMASK, C.UMASK), (Aspect.FILE_ORDER, C.FILE_ORDER),
        (Aspect.HASH_SEED, C.HASH_SEED), (Aspect.JOBS, C.PARALLEL_ORDER),
    ],
)  # fmt: skip
def test_an_aspect_is_the_cause_when_a_build_with_it_alone_shows_it(aspect: Aspect, cause: DifferenceCause) -> None:
    wanted, done = play({("x", K.CONTENT): only(aspect)})
    (difference,) = differences_of(done)

    assert (difference.cause, difference.shown_by, difference.artefact) == (cause, aspect.value, "dist/a.whl")
    assert difference.fix
    assert wanted[-1].name == aspect.value, "nothing is built once all is explained"


def test_clock_and_chance_are_told_by_a_build_with_nothing_varied() -> None:
    _, done = play(
        {("x", K.CONTENT): ALWAYS_BY_CLOCK, ("y", K.CONTENT): ALWAYS_BY_CHANCE, ("z", K.TIME_STAMP): "clock"}
    )

    assert {(each.part, each.cause) for each in differences_of(done)} == {
        ("x", C.TIME_STAMP), ("y", C.RANDOM), ("z", C.TIME_STAMP),
    }  # fmt: skip
    assert {each.shown_by for each in differences_of(done)} == {"again"}


def test_two_causes_of_one_archive_are_both_found_and_the_likely_ones_are_tried_first() -> None:
    wanted, done = play({("a.py", K.TIME_STAMP): only(Aspect.TIME), ("b.py", K.PERMISSIONS): only(Aspect.UMASK)})

    assert {each.cause for each in differences_of(done)} == {C.TIME_STAMP, C.UMASK}
    assert [each.name for each in wanted] == ["first", "varied-1", "time", "umask"]


def test_times_that_differ_in_every_build_are_the_clocks_also_without_a_build_that_shows_it() -> None:
    wanted, done = play({("made", K.TIME_STAMP): ALWAYS_BY_CLOCK, ("a.py", K.PERMISSIONS): only(Aspect.UMASK)})

    assert "again" not in [each.name for each in wanted]
    assert {(each.part, each.cause) for each in differences_of(done)} == {("made", C.TIME_STAMP), ("a.py", C.UMASK)}


def test_what_only_two_aspects_together_show_is_called_unknown() -> None:
    _, done = play({("x", K.CONTENT): frozenset({Aspect.LOCALE, Aspect.JOBS})})
    assert [each.cause for each in differences_of(done)] == [C.UNKNOWN]


def test_a_build_that_fails_when_it_is_varied_is_tried_with_each_aspect() -> None:
    def observed(want: Wanted) -> Observed:
        failed = Aspect.LOCALE in want.varied
        found = (Difference("", Found("", K.BUILD, "`make` ended with exit code 2")),) if failed else ()
        return Observed(want.name, frozenset(want.varied), found, BEGAN_S)

    done: list[Observed] = []
    while (want := next_build(done, ASPECTS, 2)) is not None:
        done.append(observed(want))
    (difference,) = differences_of(done)

    assert (difference.cause, difference.kind) == (C.LOCALE, K.BUILD)
    assert difference.fix == "mend the build where the language is French"
    assert environment_for([difference], 0) == {}


def test_alike_parts_of_one_artefact_are_told_once_with_their_number() -> None:
    _, done = play({(f"{letter}.py", K.TIME_STAMP): only(Aspect.TIME) for letter in "abc"})
    (difference,) = differences_of(done)

    assert (difference.part, difference.count) == ("a.py", 3)


def test_digests_of_members_are_no_cause_of_their_own() -> None:
    _, done = play({("m.so: section .debug_str", K.CONTENT): only(Aspect.FOLDER),
                    ("a.dist-info/RECORD: line 3", K.CONTENT): only(Aspect.FOLDER)})  # fmt: skip
    (difference,) = differences_of(done)

    assert difference.part == "m.so: section .debug_str"
    assert environment_for([difference], 0)["CFLAGS"] == "-ffile-prefix-map={checkout}=."


def test_the_settings_cover_what_settings_can_and_name_the_rest() -> None:
    _, done = play({("a", K.TIME_STAMP): only(Aspect.TIME), ("b", K.PERMISSIONS): only(Aspect.UMASK)})
    found = differences_of(done)

    assert environment_for(found, 5) == {"SOURCE_DATE_EPOCH": "5"}
    assert rest_for(found) == (Aspect.UMASK,)


@pytest.mark.parametrize(
    ("first", "second", "by_time"),
    [
        ("Nov 28 2026 12:34:33", "Nov 28 2026 12:34:38", True),
        ("built 2026-11-28T12:34:33", "built 2026-11-29T01:00:00", True),
        ("1795869001", "1795869090", True),
        ("v 1795869001.25 x", "v 1795869090.5 x", True),
        ("at byte 4: c8d90a6b00000000", "ceda0a6b00000000", True),
        ("1234567890", "1234567999", False),
        ("at byte 4: 0000000018000000", "1d00000000000000", False),
        ("7fa3", "9c1e", False),
        ("built by a at 12:00:00", "built by b at 12:00:01", False),
        ("same", "same", False),
    ],
)
def test_moments_are_told_from_other_values(first: str, second: str, by_time: bool) -> None:
    assert differ_by_time(first, second, BEGAN_S) is by_time
