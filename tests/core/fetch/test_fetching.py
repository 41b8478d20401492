"""Whole fetches: what is copied, what is left out, and that nothing of the target is run (trap 16)."""

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from regrow.core.fetch import (
    ClientMissing,
    NetworkDown,
    NotPermitted,
    TargetKind,
    TargetNotFound,
    TargetRefused,
    WrongHash,
    fetch,
)
from regrow.core.fetch.python_index import IndexSettings, index_settings

pytestmark = pytest.mark.anyio

Write = Callable[..., Path]


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.email=a@example.org", "-c", "user.name=a", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True,
        env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits, the first tagged; an ignored left-over, a new file, and a link that leads out."""
    root = tmp_path / "project"
    write(root, README="one\n", _DOT_gitignore="*.pyc\nbuild/\n")
    git(root, "init", "-q", "-b", "main")
    (root / "evil").symlink_to("/etc/passwd")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    git(root, "tag", "v1")
    write(root, second="2\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two")
    write(root, module_DOT_pyc="left over", build__x="left over", new="not yet added\n")
    return root


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.relative_to(root).parts}


async def test_work_tree_is_copied_as_a_fresh_checkout_with_the_uncommitted_work(
    repository: Path, tmp_path: Path
) -> None:
    fetched = await fetch(str(repository), tmp_path / "into")

    assert names(fetched.root) == {"README", ".gitignore", "second", "new"}
    assert (fetched.kind, fetched.name) == (TargetKind.FOLDER, "project")
    assert fetched.commit == git(repository, "rev-parse", "HEAD")
    assert fetched.notes == ("left out the link 'evil', which leads outside the target",)
    assert git(fetched.root, "describe", "--tags", "--always", "--dirty").startswith("v1-1-")
    assert not git(fetched.root, "describe", "--tags", "--always", "--dirty").endswith("dirty")


async def test_folder_is_never_written(repository: Path, tmp_path: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in repository.rglob("*")}

    before = state()
    await fetch(str(repository), tmp_path / "into")
    await fetch(f"{repository}@v1", tmp_path / "other")
    assert state() == before


async def test_left_overs_of_a_folder_without_git_are_left_out_and_named(tmp_path: Path) -> None:
    root = write(tmp_path / "p", setup_DOT_py="", env__pyvenv_DOT_cfg="", env__bin__python="x", node_modules__a__b="x")
    fetched = await fetch(str(root), tmp_path / "into")
    assert names(fetched.root) == {"setup.py"}
    assert sorted(fetched.notes) == [
        "left out 'env', a left-over of earlier work here",
        "left out 'node_modules', a left-over of earlier work here",
    ]


async def test_digest_is_that_of_content_and_not_of_times_or_place(tmp_path: Path) -> None:
    digests: list[str] = []
    for place, text in (("a", "same"), ("b/deep", "same"), ("c", "else")):
        root = write(tmp_path / place, file=text, folder__f="x")
        os.utime(root / "file", (1, len(digests)))
        digests.append((await fetch(str(root), tmp_path / "into" / place)).digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("form", ["{path}@v1", "file://{path}@v1", "git+file://{path}@v1"])
async def test_git_target_is_checked_out_at_its_ref(form: str, repository: Path, tmp_path: Path) -> None:
    fetched = await fetch(form.format(path=repository), tmp_path / "into")
    assert names(fetched.root) == {"README", ".gitignore"}
    assert (fetched.kind, fetched.version) == (TargetKind.GIT, "v1")
    assert fetched.commit == git(repository, "rev-parse", "v1")
    assert not git(fetched.root, "status", "--porcelain")


async def test_git_ref_that_does_not_exist_is_not_found_and_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetNotFound, match="no branch, tag or commit 'v9'"):
        await fetch(f"{repository}@v9", tmp_path / "into")
    assert not (tmp_path / "into").exists()


async def test_git_server_that_cannot_be_reached_is_the_networks_fault(tmp_path: Path) -> None:
    with pytest.raises(NetworkDown, match="E5003") as caught:
        await fetch("https://me:hunter2secret@127.0.0.1:1/x.git", tmp_path / "into")
    assert "hunter2secret" not in str(caught.value)


async def test_fetching_a_hostile_repository_runs_nothing_of_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched = tmp_path / "touched"
    hook = f"#!/bin/sh\ntouch {touched}\n"
    for name in ("post-checkout", "post-merge", "reference-transaction", "pre-commit", "fsmonitor"):
        path = write(repository / ".git" / "hooks", **{name: hook}) / name
        path.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(repository / ".git/hooks/fsmonitor"))
    git(repository, "config", "uploadpack.packObjectsHook", str(repository / ".git/hooks/fsmonitor"))
    write(repository, _DOT_gitattributes="* filter=evil\n")
    git(repository, "add", ".gitattributes")
    git(repository, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "commit", "-qm", "three")
    # A filter, a template and a hooks folder that the user's own settings hold must not be applied to strangers' files.
    template = write(tmp_path / "template" / "hooks", **{"post-checkout": hook})
    (template / "post-checkout").chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[filter "evil"]\nsmudge = touch {touched}\n[init]\ntemplateDir = {tmp_path / "template"}\n'
        f"[core]\nhooksPath = {template}\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    touched.unlink(missing_ok=True)

    await fetch(str(repository), tmp_path / "as-folder")
    cloned = await fetch(f"{repository}@main", tmp_path / "as-clone")

    assert not touched.exists()
    assert not (cloned.root / ".git/hooks/post-checkout").exists()
    assert not (tmp_path / "as-folder/project/.git/hooks").exists()


async def test_missing_client_is_named(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(ClientMissing, match="install git"):
        await fetch(f"{repository}@v1", tmp_path / "into")


async def test_destination_must_be_empty_and_stays_as_it_is(tmp_path: Path) -> None:
    into = write(tmp_path / "into", mine="x")
    with pytest.raises(NotPermitted, match="not empty"):
        await fetch(str(write(tmp_path / "p", f="x")), into)
    assert names(into) == {"mine"}


async def test_destination_inside_the_target_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "p", f="x")
    with pytest.raises(NotPermitted, match="inside the target"):
        await fetch(str(root), root / "into")
    assert names(root) == {"f"}


async def test_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    with pytest.raises(TargetRefused, match="holds no file"):
        await fetch(str(tmp_path / "p"), tmp_path / "into")


async def test_cancelled_fetch_leaves_nothing(repository: Path, tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await fetch(str(repository), tmp_path / "into")
    assert not (tmp_path / "into").exists()


def source_archive(folder: Path, name: str, setup: str = "") -> Path:
    root = write(folder / "src" / name, setup_DOT_py=setup, README="read me\n")
    archive = folder / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(root, name)
    return archive


async def test_archive_is_unpacked_to_its_project(tmp_path: Path) -> None:
    archive = source_archive(tmp_path, "demo-1.0")
    fetched = await fetch(str(archive), tmp_path / "into")
    assert (fetched.kind, fetched.name, names(fetched.root)) == (TargetKind.ARCHIVE, "demo-1.0", {"setup.py", "README"})
    assert fetched.archive_sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index in a folder, as this machine's pip would be told of it."""
    folder = tmp_path / "index" / "demo"
    folder.mkdir(parents=True)
    touch = f"open({str(tmp_path / 'touched')!r}, 'w')\n"
    links = []
    for version in ("1.0", "2.0", "3.0rc1"):
        archive = source_archive(folder, f"demo-{version}", setup=touch)
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        yanked = ' data-yanked="broken"' if version == "1.0" else ""
        links.append(f'<a href="{archive.name}#sha256={digest}"{yanked}>{archive.name}</a>')
    (folder / "demo-9.0-py3-none-any.whl").write_bytes(b"")
    links.append('<a href="demo-9.0-py3-none-any.whl">demo-9.0-py3-none-any.whl</a>')
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return folder


async def test_newest_source_distribution_is_taken_and_nothing_of_it_is_run(index: Path, tmp_path: Path) -> None:
    fetched = await fetch("pypi:Demo", tmp_path / "into")
    assert (fetched.kind, fetched.name, fetched.version) == (TargetKind.PYPI, "demo", "2.0")
    assert [note.partition(";")[0] for note in fetched.notes] == ["the archive of this release holds no tests"]
    assert fetched.untested == fetched.notes[-1]
    assert names(fetched.root) == {"setup.py", "README"}
    assert not (tmp_path / "touched").exists()


async def test_version_that_was_asked_for_is_taken_even_when_it_is_withdrawn(index: Path, tmp_path: Path) -> None:
    assert (await fetch("pypi:demo==1.0", tmp_path / "into")).version == "1.0"


async def test_version_without_a_source_distribution_is_not_found(index: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetNotFound, match=r"no source distribution of version 9\.0; choose one of 3.0rc1, 2.0"):
        await fetch("pypi:demo==9.0", tmp_path / "into")


async def test_download_that_is_not_what_the_index_announced_is_refused(index: Path, tmp_path: Path) -> None:
    with (index / "demo-2.0.tar.gz").open("ab") as archive:
        archive.write(b"more")
    with pytest.raises(WrongHash, match=r"E2008 demo-2\.0\.tar\.gz has another sha256"):
        await fetch("pypi:demo", tmp_path / "into")
    assert not (tmp_path / "into").exists()


async def test_unknown_name_is_not_found(index: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetNotFound, match="no index of this machine's pip knows 'demoo'"):
        await fetch("pypi:demoo", tmp_path / "into")


async def test_index_that_cannot_be_reached_says_nothing_about_the_name(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    with pytest.raises(NetworkDown, match=r"127\.0\.0\.1 could not be reached"):
        await fetch("pypi:demo", tmp_path / "into")


def test_settings_of_the_command_and_the_environment_go_before_the_files() -> None:
    listing = "\n".join(  # noqa: FLY002
        [
            "global.index-url='file:///global'",
            "download.index-url='file:///download'",
            "global.extra-index-url='file:///a\\nfile:///b'",
            "global.trusted-host='here'",
            ":env:.cert='/x.pem'",
            "install.index-url='file:///install'",
            "global.timeout='7'",
        ]
    )
    assert index_settings(listing) == IndexSettings(
        index_urls=("file:///download",),
        extra_index_urls=("file:///a", "file:///b"),
        trusted_hosts=("here",),
        certificate_file="/x.pem",
        timeout_s=7.0,
    )


def npm_client(folder: Path, view: str, tarball: Path | None, exit_code: int = 0) -> Path:
    """A stand-in for the npm client: prints what it is given, and writes the tarball when it is told to pack."""
    pack = f"cp {tarball} \"$5\" && printf '%s' '{json.dumps([{'filename': tarball.name}])}'" if tarball else "exit 1"
    script = f"#!/bin/sh\nif [ $1 = view ]; then cat <<'END'\n{view}\nEND\nexit {exit_code}; fi\n"
    script += f'while [ "$1" != --pack-destination ]; do shift; done; set -- a b c d "$2"; {pack}\n'
    path = write(folder, npm=script) / "npm"
    path.chmod(0o755)
    return folder


def release(tarball: Path, **dist: str) -> str:
    return json.dumps({"name": "demo", "version": "1.2.3", "dist": {"tarball": "file:demo.tgz", **dist}})


async def test_npm_release_is_unpacked_and_its_integrity_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tarball = source_archive(tmp_path, "package").rename(tmp_path / "demo-1.2.3.tgz")
    shasum = hashlib.sha1(tarball.read_bytes()).hexdigest()
    client = npm_client(tmp_path / "bin", release(tarball, shasum=shasum), tarball)
    monkeypatch.setenv("PATH", str(client), prepend=os.pathsep)
    fetched = await fetch("npm:demo", tmp_path / "into")
    assert (fetched.kind, fetched.name, fetched.version) == (TargetKind.NPM, "demo", "1.2.3")
    assert names(fetched.root) == {"setup.py", "README"}


async def test_npm_tarball_with_another_integrity_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tarball = source_archive(tmp_path, "package").rename(tmp_path / "demo-1.2.3.tgz")
    client = npm_client(tmp_path / "bin", release(tarball, integrity="sha512-AAAA"), tarball)
    monkeypatch.setenv("PATH", str(client), prepend=os.pathsep)
    with pytest.raises(WrongHash, match="another sha512"):
        await fetch("npm:demo", tmp_path / "into")


@pytest.mark.parametrize(
    ("answer", "exit_code", "error"),
    [
        ('{"error": {"code": "E404", "summary": "Not found"}}', 1, TargetNotFound),
        ('{"error": {"code": "ECONNREFUSED", "summary": "reason"}}', 1, NetworkDown),
        ("", 0, TargetNotFound),
        ("<html>", 0, NetworkDown),
    ],
)
async def test_npm_failures_are_told_apart(
    answer: str, exit_code: int, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = npm_client(tmp_path / "bin", answer, None, exit_code)
    monkeypatch.setenv("PATH", str(client), prepend=os.pathsep)
    with pytest.raises(error):
        await fetch("npm:demo", tmp_path / "into")
