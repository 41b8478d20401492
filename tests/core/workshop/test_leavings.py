"""What a build left in the layers of its room: made, installed, and told apart."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType

import pytest

from regrow.core.sandbox import BaseKind, BaseRoot
from regrow.core.sandbox.folders.written import written
from regrow.core.workshop.leavings import ARTEFACTS_KEPT, Leavings, built_modules, leavings_of
from regrow.protocols.run_messages import SourceTree
from regrow.protocols.verification import ArtefactKind
from tests.actors.scripted_rooms import Script, ScriptedRoom

ELF = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9) + (3).to_bytes(2, "little") + bytes(2)
OWN = '{"url": "file:///build/checkout", "dir_info": {}}'
SITE = "build/checkout/v/lib/python3.11/site-packages"


class LayeredRoom(ScriptedRoom):
    """A room whose files are those of its layers."""

    async def read_file(self, path: str, limit_bytes: int = 0) -> bytes:
        del limit_bytes
        host = written([layer.path for layer in self.layers], lambda _: True).get(path)
        if host is None:
            raise FileNotFoundError(path)
        return host.read_bytes()


async def left(tmp_path: Path, *layers: dict[str, bytes | str]) -> Leavings:
    for number, files in enumerate(layers):
        for name, text in files.items():
            path = tmp_path / f"layers/{number}/{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            path.chmod(0o755 if b"ELF" in path.read_bytes() else 0o644)
        (tmp_path / f"layers/{number}").mkdir(parents=True, exist_ok=True)
    room = LayeredRoom(Script(), tmp_path, [str(number) for number in range(len(layers))])
    base = BaseRoot(BaseKind.C, tmp_path / "base", "b4", "2026-01-01T00:00:00Z", MappingProxyType({"bash": "5.2"}))
    source = SourceTree(folder=str(tmp_path), digest="cd" * 32, name="demo", version="1.0", git_commit="c0ffee")
    return await leavings_of(room, base, source)  # type: ignore[arg-type]  # what it needs of a room is there


@pytest.mark.anyio
async def test_what_was_made_is_told_from_what_was_there_and_what_others_made(tmp_path: Path) -> None:
    found = await left(
        tmp_path,
        {"build/checkout/vendor/old.so": ELF, "build/checkout/src/x.c": "int x;"},
        {"build/regrow/tools/x.py": ""},
        {
            "build/checkout/vendor/old.so": ELF,  # only touched
            "build/checkout/src/tool": ELF,
            "build/checkout/dist/demo-1.0-py3-none-any.whl": "wheel",
            "build/checkout/v/pyvenv.cfg": "",
            "build/checkout/v/bin/ruff": ELF,
            f"{SITE}/ruff-1.dist-info/METADATA": "Name: ruff\nVersion: 1\nLicense: MIT\n",
            f"{SITE}/ruff-1.dist-info/RECORD": "../../../bin/ruff,,\n",
            f"{SITE}/numpy/_core.so": ELF,
            f"{SITE}/demo/_fast.so": ELF,
            f"{SITE}/demo-1.0.dist-info/METADATA": "Name: demo\nVersion: 1.0\n",
            f"{SITE}/demo-1.0.dist-info/RECORD": "demo/_fast.so,,\ndemo-1.0.dist-info/RECORD,,\n",
            f"{SITE}/demo-1.0.dist-info/direct_url.json": OWN,
            "usr/local/bin/tool": ELF,
            "usr/bin/cc": ELF,
            "var/lib/dpkg/status": "Package: gcc\nVersion: 12\nArchitecture: amd64\n\nPackage: bash\nVersion: 5.2\n",
            "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        },
    )
    assert [(each.path, each.kind) for each in found.artefacts] == [
        ("dist/demo-1.0-py3-none-any.whl", ArtefactKind.WHEEL),
        ("src/tool", ArtefactKind.PROGRAM),
        ("/usr/local/bin/tool", ArtefactKind.PROGRAM),
        ("v/lib/python3.11/site-packages/demo/_fast.so", ArtefactKind.SHARED_LIBRARY),
    ]
    assert found.artefacts[0].sha256 == hashlib.sha256(b"wheel").hexdigest()
    assert [(each.name, each.in_base, each.own) for each in found.contents.packages] == [
        ("gcc", False, False),
        ("demo", False, True),
        ("ruff", False, False),
        ("bash", True, False),
    ]
    assert (found.contents.distribution, found.contents.source_commit) == (("debian", "12"), "c0ffee")


@pytest.mark.anyio
async def test_without_another_file_the_list_of_what_was_installed_stands_for_the_build(tmp_path: Path) -> None:
    record = "demo/__init__.py,sha256=q,1\n"
    found = await left(
        tmp_path,
        {},
        {},
        {
            f"{SITE}/demo-1.0.dist-info/METADATA": "Name: demo\nVersion: 1.0\n",
            f"{SITE}/demo-1.0.dist-info/RECORD": record,
            f"{SITE}/demo-1.0.dist-info/direct_url.json": OWN,
        },
    )
    (only,) = found.artefacts
    assert (only.kind, only.sha256) == (ArtefactKind.INSTALLED, hashlib.sha256(record.encode()).hexdigest())


@pytest.mark.anyio
async def test_what_is_removed_later_was_not_left(tmp_path: Path) -> None:
    found = await left(
        tmp_path, {}, {}, {"build/checkout/x.whl": "1", "build/checkout/y.whl": "1"}, {"build/checkout/x.whl": "2"}
    )
    assert [(each.path, each.sha256) for each in found.artefacts] == [
        ("x.whl", hashlib.sha256(b"2").hexdigest()),
        ("y.whl", hashlib.sha256(b"1").hexdigest()),
    ]


@pytest.mark.anyio
async def test_more_than_is_kept_is_counted(tmp_path: Path) -> None:
    found = await left(tmp_path, {}, {}, {f"build/checkout/{number}.whl": "x" for number in range(ARTEFACTS_KEPT + 3)})
    assert (len(found.artefacts), found.contents.more_artefacts) == (ARTEFACTS_KEPT, 3)


@pytest.mark.anyio
async def test_node_packages_are_found_with_what_npm_checked(tmp_path: Path) -> None:
    modules = "build/checkout/node_modules"
    found = await left(
        tmp_path,
        {},
        {},
        {
            f"{modules}/a/package.json": '{"name": "a", "version": "1.0.0", "license": "ISC"}',
            f"{modules}/@s/b/package.json": '{"name": "@s/b", "version": "2.0.0"}',
            f"{modules}/a/test/fixture/package.json": '{"name": "no", "version": "0.0.0"}',
            f"{modules}/.package-lock.json": '{"packages": {"node_modules/a": {"integrity": "sha512-q"}}}',
        },
    )
    assert [(each.name, each.version, each.integrity) for each in found.contents.packages] == [
        ("@s/b", "2.0.0", ""),
        ("a", "1.0.0", "sha512-q"),
    ]


@pytest.mark.anyio
async def test_compiled_module_that_a_later_step_took_away_was_not_built(tmp_path: Path) -> None:
    site = "home/builder/venv/lib/python3.11/site-packages/demo"
    layers: list[dict[str, bytes | str]] = [
        {"build/checkout/setup.py": ""},
        {"build/regrow/tools/x.py": ""},
        {f"{site}/fast.so": ELF, f"{site}/kept.so": ELF, "opt/other/demo/plain.so": ELF},
        {f"{site}/kept.so": ELF + b"again", "opt/other/demo": "a file in the place of the folder"},
    ]
    await left(tmp_path, *layers)
    room = LayeredRoom(Script(), tmp_path, [str(number) for number in range(len(layers))])
    found = await built_modules(room, ["demo"])  # type: ignore[arg-type]  # what it needs of a room is there
    assert found == {
        f"/{site}/fast.so": hashlib.sha256(ELF).hexdigest(),
        f"/{site}/kept.so": hashlib.sha256(ELF + b"again").hexdigest(),
    }
