"""Fetching where no other machine may be asked, or none answers: what is here is taken, the rest is said at once."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from regrow.core.fetch import FetchLimits, NetworkDown, NetworkForbidden, TargetNotFound, fetch
from regrow.core.fetch.python_index import IndexSettings, without_network

pytestmark = pytest.mark.anyio
HERE_ONLY = FetchLimits(network=False, deadline_s=20.0)
NOBODY = "http://127.0.0.1:1/simple"


def script(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    return tmp_path / "bin"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that this machine's pip looks into, beside an index that is on another machine."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (tmp_path / "demo-1.0").mkdir()
    (tmp_path / "demo-1.0" / "README").write_text("x")
    with tarfile.open(folder / "demo-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "demo-1.0", "demo-1.0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


async def test_a_release_in_a_folder_of_pip_is_taken(wheels: Path, tmp_path: Path) -> None:
    assert (await fetch("pypi:demo", tmp_path / "into", limits=HERE_ONLY)).version == "1.0"


async def test_a_release_that_is_nowhere_here_says_so_and_asks_nobody(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(NetworkForbidden, match="'other==2.0' is in no folder of this machine's pip") as caught:
        await fetch("pypi:other==2.0", tmp_path / "into", limits=HERE_ONLY)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.code == "E5003"


def test_the_default_index_is_not_asked_either() -> None:
    settings = without_network(IndexSettings(find_links=("/a", "https://index.example/b", "file:///c")))
    assert (settings.index_urls, settings.find_links) == ((), ("/a", "file:///c"))


async def test_npm_takes_what_is_in_its_cache_only(programs: Path, tmp_path: Path) -> None:
    script(
        programs,
        "npm",
        '[ "$npm_config_offline" = true ] || exit 3\n'
        """echo '{"error": {"code": "ENOTCACHED", "summary": "no"}}'; exit 1""",
    )
    with pytest.raises(NetworkForbidden, match="'@scope/name@1.2.3' is not in npm's cache"):
        await fetch("npm:@scope/name@1.2.3", tmp_path / "into", limits=HERE_ONLY)


async def test_npm_does_not_pause_for_minutes_where_nobody_answers(programs: Path, tmp_path: Path) -> None:
    script(
        programs,
        "npm",
        'echo "{\\"error\\": {\\"code\\": \\"EAI_AGAIN\\", \\"summary\\": \\"'
        '$npm_config_fetch_retry_mintimeout $npm_config_fetch_retry_maxtimeout\\"}}"; exit 1',
    )
    with pytest.raises(NetworkDown, match="EAI_AGAIN 1000 3000"):
        await fetch("npm:demo", tmp_path / "into")


async def test_a_source_package_is_refused_before_apt_is_asked(programs: Path, tmp_path: Path) -> None:
    script(programs, "apt-config", f"touch {tmp_path / 'asked'}")
    with pytest.raises(NetworkForbidden, match="'hello' is on apt's mirror"):
        await fetch("deb:hello", tmp_path / "into", limits=HERE_ONLY)
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("url", ["https://git.example/x.git", "git@git.example:x.git", "ssh://git.example/x"])
async def test_a_repository_on_another_machine_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkForbidden, match="is on another machine"):
        await fetch(url, tmp_path / "into", limits=HERE_ONLY)


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "README").write_text("x")
    identity = ["-c", "user.email=a@example.org", "-c", "user.name=a"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True)
    return root


async def test_a_repository_of_this_machine_is_cloned(tagged: Path, tmp_path: Path) -> None:
    fetched = await fetch(f"git+file://{tagged}@v1", tmp_path / "into", limits=HERE_ONLY)
    assert (fetched.version, (fetched.root / "README").read_text()) == ("v1", "x")


APT_CONFIG = """printf "LIST='%s'\\nPARTS=''\\n" {list}"""


@pytest.mark.parametrize(
    ("update_says", "error"),
    [
        (
            "W: Failed to fetch http://mirror.example/InRelease  Temporary failure resolving 'mirror.example'",
            NetworkDown,
        ),
        ("", TargetNotFound),
    ],
)
async def test_an_update_that_reached_no_mirror_says_nothing_about_a_package(
    update_says: str, error: type[Exception], programs: Path, tmp_path: Path
) -> None:
    """apt-get update ends with 0 when it only warns, and the package is unknown after it."""
    sources = tmp_path / "sources.list"
    sources.write_text("deb http://mirror.example/debian stable main\n")
    script(programs, "apt-config", APT_CONFIG.format(list=sources))
    unknown = "E: Unable to find a source package for hello"
    script(
        programs,
        "apt-get",
        f'case "$*" in *update) echo "{update_says}" >&2;; *) echo "{unknown}" >&2; exit 100;; esac',
    )
    with pytest.raises(error):
        await fetch("deb:hello", tmp_path / "into")
