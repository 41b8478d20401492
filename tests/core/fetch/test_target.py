"""What a target's text means: one row, one case."""

import pytest

from regrow.core.fetch.errors import TargetNotFound, TargetNotUnderstood
from regrow.core.fetch.target import (
    ArchiveTarget,
    FolderTarget,
    GitTarget,
    PathKind,
    RegistryTarget,
    Target,
    TargetKind,
    understand,
)

HERE = {
    "folder": PathKind.FOLDER,
    "work@tree": PathKind.GIT_WORK_TREE,
    "work": PathKind.GIT_WORK_TREE,
    "bare.git": PathKind.BARE_REPOSITORY,
    "a-1.0.tar.gz": PathKind.FILE,
    "A.ZIP": PathKind.FILE,
    "notes.txt": PathKind.FILE,
    "pypi:folder": PathKind.FOLDER,
}


def kind_at(path: str) -> PathKind:
    return HERE.get(path, PathKind.MISSING)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("folder", FolderTarget("folder")),
        ("work", FolderTarget("work")),
        ("work@tree", FolderTarget("work@tree")),
        ("work@v1.0", GitTarget("work", "v1.0")),
        ("work@feature/x", GitTarget("work", "feature/x")),
        ("bare.git", GitTarget("bare.git", None)),
        ("bare.git@main", GitTarget("bare.git", "main")),
        ("a-1.0.tar.gz", ArchiveTarget("a-1.0.tar.gz")),
        ("A.ZIP", ArchiveTarget("A.ZIP")),
        ("pypi:folder", FolderTarget("pypi:folder")),
        ("pypi:humanize", RegistryTarget(TargetKind.PYPI, "humanize", None)),
        ("pypi:ruamel.yaml==0.18.0", RegistryTarget(TargetKind.PYPI, "ruamel.yaml", "0.18.0")),
        ("pypi:x==1!2.0+local", RegistryTarget(TargetKind.PYPI, "x", "1!2.0+local")),
        ("npm:traverse", RegistryTarget(TargetKind.NPM, "traverse", None)),
        ("npm:@babel/core@7.0.0-beta.1", RegistryTarget(TargetKind.NPM, "@babel/core", "7.0.0-beta.1")),
        ("npm:@scope/name@1.2.3", RegistryTarget(TargetKind.NPM, "@scope/name", "1.2.3")),
        ("npm:@scope/name", RegistryTarget(TargetKind.NPM, "@scope/name", None)),
        ("npm:x@latest", RegistryTarget(TargetKind.NPM, "x", "latest")),
        ("deb:hello", RegistryTarget(TargetKind.DEB, "hello", None)),
        ("deb:libstdc++=1:2.0~rc1-3", RegistryTarget(TargetKind.DEB, "libstdc++", "1:2.0~rc1-3")),
        ("https://git.example/me/x.git", GitTarget("https://git.example/me/x.git", None)),
        ("https://me@git.example/x", GitTarget("https://me@git.example/x", None)),
        ("https://git.example/me/x.git@v2", GitTarget("https://git.example/me/x.git", "v2")),
        ("git+https://git.example/x@main", GitTarget("https://git.example/x", "main")),
        ("git@git.example:me/x.git", GitTarget("git@git.example:me/x.git", None)),
        ("git@git.example:me/x.git@v2", GitTarget("git@git.example:me/x.git", "v2")),
        ("ssh://git@git.example/x.git@v2", GitTarget("ssh://git@git.example/x.git", "v2")),
    ],
)
def test_text_means_the_target(text: str, expected: Target) -> None:
    assert understand(text, kind_at) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "pypi:NAME"),
        ("humanize", "did you mean pypi:humanize, npm:humanize, deb:humanize"),
        ("notes.txt", "is a file"),
        ("folder@v1", "is no git repository"),
        ("https://example/x-1.0.tar.gz", "download it"),
        ("pypi:", "pypi:NAME[==VERSION]"),
        ("pypi:x>=1", "pypi:NAME[==VERSION]"),
        ("pypi:-rrequirements", "pypi:NAME[==VERSION]"),
        ("npm:file:../x", "npm:NAME[@VERSION]"),
        ("npm:x@git+ssh://host/x", "no release there can have"),
        ("npm:me/repo", "npm:NAME[@VERSION]"),
        ("npm:./folder", "npm:NAME[@VERSION]"),
        ("npm:--registry=x", "npm:NAME[@VERSION]"),
        ("deb:-oX=y", "deb:NAME[=VERSION]"),
        ("deb:../x", "deb:NAME[=VERSION]"),
        ("work@--upload-pack=x", "not a branch, tag or commit"),
        ("work@a..b", "not a branch, tag or commit"),
        ("https://git.example/x@-q", "not a branch, tag or commit"),
        ("ext::sh -c touch% x", "neither a path"),
        ("-uevil", "neither a path"),
        ("a\nb", "pypi:NAME"),
    ],
)
def test_text_that_means_nothing_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises((TargetNotUnderstood, TargetNotFound)) as caught:
        understand(text, kind_at)
    assert says in str(caught.value)
    assert caught.value.code == "E2001"


@pytest.mark.parametrize("text", ["./gone", "a/b", "~/gone", "gone.tar.gz"])
def test_text_that_looks_like_a_path_is_not_found(text: str) -> None:
    with pytest.raises(TargetNotFound, match="there is nothing at"):
        understand(text, kind_at)
