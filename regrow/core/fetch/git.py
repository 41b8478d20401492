"""Shell: fetches a git repository without running anything of it.

The clone knows no hooks, no templates, no `ext::` transport and no submodules, and checks nothing out. The checkout
then runs without the user's and the system's configuration, so no filter (LFS or other) that they define is applied to
files of strangers. Rejected: a shallow clone, since versions are derived from tags (setuptools_scm and its kin).
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import anyio.to_thread

from regrow.core.downloads.locks import locked
from regrow.core.fetch.archives import remove_tree
from regrow.core.fetch.clients import ClientResult, run_client
from regrow.core.fetch.errors import (
    ClientMissing,
    NetworkDown,
    NetworkForbidden,
    NotPermitted,
    TargetNotFound,
    TargetRefused,
)
from regrow.core.fetch.limits import FetchLimits
from regrow.core.redaction import redact

_NOTHING_RUNS = (
    "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
    "-c", "submodule.recurse=false", "-c", "init.templateDir=", "-c", "advice.detachedHead=false",
)  # fmt: skip
# A repository may claim to be a partial clone whose missing objects are to be fetched by a command of its own.
_LOCAL_ONLY = (*_NOTHING_RUNS, "-c", "protocol.allow=never")
_NO_PROMPTS = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GIT_OPTIONAL_LOCKS": "0"}
_NO_CONFIG = {**_NO_PROMPTS, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
_BRANCHES_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
"""What a clone gets. All that a server has would be the pull requests of a forge, too."""
_LISTING_BYTES = 64 * 1024**2
# Words of git and of the libraries below it when the other side could not be reached at all.
_UNREACHABLE = (
    "could not resolve host", "failed to connect", "connection refused", "connection timed out", "operation timed out",
    "network is unreachable", "no route to host", "connection reset", "early eof", "name resolution", "rpc failed",
    "tls connect error", "ssl connection", "the requested url returned error: 5",
)  # fmt: skip


async def clone(
    url: str, ref: str | None, into: Path, limits: FetchLimits, mirror: Path | None = None
) -> tuple[str, str | None]:
    """Clone into the new folder `into` and check out `ref`; return the commit and the nearest tag's description.

    Args:
        mirror: Where a mirror of the repository is kept, brought up to date first; None keeps none.

    Raises:
        TargetNotFound: no such repository, branch, tag or commit.
        NetworkDown: the server could not be reached, or may not be.
    """
    here = url.startswith("file://") or Path(url).exists()
    if not limits.network and not here and not (mirror is not None and mirror.is_dir()):
        raise NetworkForbidden(f"the repository {redact(url)!r} is on another machine, and not in the download cache")
    if mirror is None:
        await _clone(url, into, limits)
    else:
        mirror.parent.mkdir(parents=True, exist_ok=True)
        async with locked(mirror.with_suffix(".lock")):
            if limits.network:
                await _update(url, mirror, limits)
            os.utime(mirror)  # what was used last is given up last
            await _clone(str(mirror), into, limits)
        await _git(into, limits, "remote", "set-url", "origin", url)
    commit = await _resolve(into, ref, url, limits)
    switched = await _git(into, limits, "checkout", "--quiet", "--force", *_branch_or_commit(ref, commit))
    if switched.exit_code != 0:
        raise NotPermitted(f"git could not check out {commit}: {switched.last_lines()}")
    described = await _git(into, limits, "describe", "--tags", "--always")
    return commit, described.stdout.strip() or None


async def _clone(url: str, into: Path, limits: FetchLimits, *further: str) -> None:
    options = ("--quiet", "--no-recurse-submodules", *(further or ("--no-checkout", "--no-hardlinks")))
    argv = ["git", *_NOTHING_RUNS, "clone", *options, "--", url, str(into)]
    cloned = await run_client(argv, cwd=into.parent, limits=limits, env=_remote_env())
    if cloned.exit_code != 0:
        raise _clone_error(url, cloned)


def _remote_env() -> dict[str, str]:
    env = dict(_NO_PROMPTS)
    if "GIT_SSH_COMMAND" not in os.environ:
        env["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
    return env


async def _update(url: str, mirror: Path, limits: FetchLimits) -> None:
    """Make the mirror what the repository is now. One that cannot be brought up to date is made anew."""
    if mirror.is_dir():
        fetched = await run_client(
            ["git", *_NOTHING_RUNS, f"--git-dir={mirror}", "fetch", "--quiet", "--prune", "--force", url, *_BRANCHES_AND_TAGS],
            cwd=mirror.parent, limits=limits, env=_remote_env(),
        )  # fmt: skip
        head = await run_client(
            ["git", *_NOTHING_RUNS, "ls-remote", "--symref", url, "HEAD"],
            cwd=mirror.parent,
            limits=limits,
            env=_remote_env(),
        )
        branch = re.match(r"ref: (refs/heads/\S+)\tHEAD", head.stdout)
        if fetched.exit_code == 0 and branch is not None:
            argv = ["git", *_LOCAL_ONLY, f"--git-dir={mirror}", "symbolic-ref", "HEAD", branch[1]]
            if (await run_client(argv, cwd=mirror.parent, limits=limits, env=_NO_CONFIG)).exit_code == 0:
                return
    making = mirror.with_suffix(".making")
    await anyio.to_thread.run_sync(remove_tree, making)
    await _clone(url, making, limits, "--bare")
    # The mirror keeps no address: a log-in may stand in it.
    await run_client(
        ["git", *_LOCAL_ONLY, f"--git-dir={making}", "remote", "remove", "origin"],
        cwd=mirror.parent, limits=limits, env=_NO_CONFIG,
    )  # fmt: skip
    await anyio.to_thread.run_sync(remove_tree, mirror)
    making.rename(mirror)


async def tracked_files(folder: Path, limits: FetchLimits) -> list[str] | None:
    """What a checkout of this work tree would hold: tracked files, and new ones that are not ignored.

    None where git is missing or does not take the folder for a work tree.
    """
    try:
        listed = await run_client(
            ["git", *_LOCAL_ONLY, f"--git-dir={folder / '.git'}", f"--work-tree={folder}",
             "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=folder, limits=replace(limits, client_output_bytes=_LISTING_BYTES), env=_NO_PROMPTS,
        )  # fmt: skip
    except (ClientMissing, NetworkDown):
        return None
    if listed.exit_code != 0:
        return None
    if listed.is_cut:
        raise TargetRefused(f"{str(folder)!r} holds too many files to list", do="give a smaller folder")
    names = {name for name in listed.stdout.split("\0") if name}
    return sorted(name for name in names if os.path.lexists(folder / name))


async def head_commit(root: Path, limits: FetchLimits) -> str | None:
    """The commit that is checked out in a copy of ours, None when there is none yet."""
    found = await _git(root, limits, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    return found.stdout.strip() or None


async def forget_links(root: Path, names: list[str], limits: FetchLimits) -> None:
    """Tell git not to miss links that we removed, so that the tree does not count as changed."""
    if names:
        await _git(root, limits, "update-index", "--skip-worktree", "--", *names)


async def _resolve(root: Path, ref: str | None, url: str, limits: FetchLimits) -> str:
    for candidate in (f"refs/remotes/origin/{ref}", f"refs/tags/{ref}", ref) if ref else ("HEAD",):
        found = await _git(root, limits, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        if found.exit_code == 0:
            return found.stdout.strip()
    what = f"no branch, tag or commit {ref!r}" if ref else "no commit"
    raise TargetNotFound(f"{url!r} has {what}", do="write URL@ref with a ref that exists")


def _branch_or_commit(ref: str | None, commit: str) -> tuple[str, ...]:
    """Stay on the default branch where no ref was asked for: some version tools want a branch."""
    return ("--detach", commit) if ref else ()


async def _git(root: Path, limits: FetchLimits, *arguments: str) -> ClientResult:
    return await run_client(
        ["git", *_LOCAL_ONLY, f"--git-dir={root / '.git'}", f"--work-tree={root}", *arguments],
        cwd=root, limits=limits, env=_NO_CONFIG,
    )  # fmt: skip


def _clone_error(url: str, result: ClientResult) -> NetworkDown | TargetNotFound:
    said, url = result.stderr.lower(), redact(url)
    if any(words in said for words in _UNREACHABLE):
        return NetworkDown(f"git could not reach {url!r}: {result.last_lines(2)}")
    return TargetNotFound(
        f"git could not clone {url!r}: {result.last_lines(2)}", do="check the address and your rights"
    )
