"""The argument vectors that make a room: what they must always say, and never."""

from pathlib import Path

import pytest

from regrow.core.sandbox.arguments import (
    GUEST_ID,
    HOST_ID_OF_GUEST,
    WRITABLE,
    Identity,
    RoomView,
    bubblewrap_arguments,
    identity_maps,
    overlay_options_bytes,
    shell_command,
    starter_arguments,
)
from regrow.core.sandbox.values import SandboxCommand, SandboxLimits

BASE, LAYER, UPPER, WORK = (Path("/s", name) for name in ("base", "layer", "upper", "work"))
OVERLAY = RoomView((BASE, LAYER), UPPER, WORK, read_only={"/usr": "/usr"})
COPY = RoomView((BASE,), area=UPPER)


def arguments(view: RoomView = OVERLAY, identity: Identity = Identity.SINGLE) -> list[str]:
    return bubblewrap_arguments(Path("/b/bwrap"), view, identity, {"A": "1"}, info_fd=5, block_fd=6)


def pairs(argv: list[str], option: str, count: int) -> list[list[str]]:
    return [argv[at + 1 : at + 1 + count] for at, word in enumerate(argv) if word == option]


@pytest.mark.parametrize("identity", Identity)
@pytest.mark.parametrize("view", [OVERLAY, COPY])
def test_a_room_never_shares_what_is_the_hosts(view: RoomView, identity: Identity) -> None:
    argv = arguments(view, identity)
    for needed in ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"):
        assert needed in argv
    for forbidden in ("--share-net", "--dev-bind", "--overlay-src /"):
        assert forbidden not in " ".join(argv).replace("--overlay-src /s", "")
    assert argv[-1] == "--"
    assert pairs(argv, "--setenv", 2) == [["A", "1"]]


def test_layers_are_stacked_lowest_first_under_the_writable_one() -> None:
    argv = arguments()
    assert pairs(argv, "--overlay-src", 1) == [[str(BASE)], [str(LAYER)]]
    assert pairs(argv, "--overlay", 3) == [[str(UPPER), str(WORK), "/"]]
    assert pairs(argv, "--bind", 2) == []


def test_in_copy_mode_only_the_four_folders_can_be_written() -> None:
    argv = arguments(COPY)
    assert pairs(argv, "--bind", 2) == [[f"{UPPER}/{name}", f"/{name}"] for name in WRITABLE]
    assert [str(BASE), "/"] in pairs(argv, "--ro-bind", 2)


def test_an_ordinary_user_has_no_capability_and_no_further_namespace() -> None:
    argv = arguments()
    assert pairs(argv, "--cap-drop", 1) == [["ALL"]]
    assert "--disable-userns" in argv
    assert pairs(argv, "--uid", 1) == [[str(GUEST_ID)]]
    assert "--cap-add" not in argv


def test_as_root_the_command_drops_to_an_id_that_owns_nothing() -> None:
    argv = starter_arguments(SandboxLimits(), Identity.SUBORDINATE, "/", ["true"], ready_fd=7, block_fd=9)
    assert argv[0] == "/usr/bin/setpriv"
    assert argv[argv.index("--reuid") + 1] == str(GUEST_ID)
    assert "--bounding-set=-all" in argv
    assert identity_maps().splitlines() == ["0 0 1", f"{GUEST_ID} {HOST_ID_OF_GUEST} 1"]
    assert pairs(arguments(identity=Identity.SUBORDINATE), "--userns-block-fd", 1) == [["6"]]


def test_limits_are_handed_to_the_starter_in_its_units() -> None:
    limits = SandboxLimits(disk_bytes=10 * 1024, cpu_s=1.2, processes=80)
    argv = starter_arguments(limits, Identity.SINGLE, "/w", ["prog", "arg"], ready_fd=7, block_fd=None)
    assert argv[argv.index("room") + 1 :] == ["10", "106", "2", "/w", "7", "-", "prog", "arg"]


def test_no_limit_is_a_dash() -> None:
    unbounded = SandboxLimits(None, None, None, None, None, None)
    argv = starter_arguments(unbounded, Identity.SINGLE, "/", ["x"], ready_fd=7, block_fd=None)
    assert argv[argv.index("room") + 1 :][:3] == ["-", "-", "-"]


def test_a_script_fails_when_any_part_of_a_pipe_fails() -> None:
    assert shell_command("a | b")[-4:] == ["-o", "pipefail", "-c", "a | b"]


def test_the_size_of_the_mount_options_counts_each_path() -> None:
    assert overlay_options_bytes(OVERLAY) > overlay_options_bytes(RoomView((BASE,), UPPER, WORK)) + len(str(LAYER))


@pytest.mark.parametrize("wrong", [{}, {"script": "x", "argv": ("y",)}, {"script": "x", "cwd": "relative"}])
def test_a_command_is_one_of_two_things_in_an_absolute_folder(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"script or an argv|absolute"):
        SandboxCommand(**wrong)  # type: ignore[arg-type]  # wrong on purpose
