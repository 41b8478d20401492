"""Reads and writes what apt and Debian's source packages are described by: sources lists and `.dsc` files.

The host's own sources are taken as they are, only asked for source packages instead of built ones; so mirrors, keys and
suites are this machine's, and no address stands in our code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_ONE_LINE = re.compile(r"^deb(?:-src)?(?P<rest>\s+.+)$")
_COMPRESSION = r"\.tar\.(?:gz|bz2|xz|lzma)"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source package, as the signed index lists it."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """What a `.dsc` says.

    Attributes:
        original: The upstream archive; for a native package its only one.
        components: Further upstream archives, by the folder that each belongs in.
        has_debian_changes: Debian keeps changes beside the upstream archive.
    """

    source: str
    version: str
    files: tuple[SourceFile, ...]
    original: SourceFile | None
    components: Mapping[str, SourceFile]
    has_debian_changes: bool

    def is_whole(self, there: Collection[str]) -> bool:
        """Whether all upstream archives are among these files.

        Mirrors drop files of older uploads one by one; Debian's changes and upstream's own signature are not unpacked.
        """
        needed = [self.original, *self.components.values()]
        return self.original is not None and all(file is None or file.name in there for file in needed)


def source_lists(files: Mapping[str, str]) -> dict[str, str]:
    """Turn the host's sources into such that ask for source packages.

    Args:
        files: Name of a file -> its text. `.list` holds one line a source, `.sources` paragraphs (deb822).

    Returns:
        Name -> text, without the files that hold nothing of use.

    >>> source_lists({"a.list": "deb [arch=amd64] file:/srv stable main\\n# deb x"})
    {'a.list': 'deb-src [arch=amd64] file:/srv stable main\\n'}
    """
    turned: dict[str, str] = {}
    for name, text in files.items():
        result = _deb822_sources(text) if name.endswith(".sources") else _one_line_sources(text)
        if result:
            turned[name] = result
    return turned


def _one_line_sources(text: str) -> str:
    found = (_ONE_LINE.match(line.strip()) for line in text.splitlines())
    lines = dict.fromkeys("deb-src" + match["rest"] for match in found if match)
    return "".join(f"{line}\n" for line in lines)


def _deb822_sources(text: str) -> str:
    kept = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if line.strip() and not line.startswith("#")]
        fields = {
            line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines if line[:1] not in " \t"
        }
        if "types" not in fields or fields.get("enabled", "yes").lower() in {"no", "false"}:
            continue
        kept.append("\n".join("Types: deb-src" if line.lower().startswith("types:") else line for line in lines))
    return "\n\n".join(kept) + "\n" if kept else ""


def parse_dsc(text: str) -> SourcePackage:
    """Read a `.dsc`, signed or not.

    Raises:
        ValueError: it lacks its name, version or SHA-256 list.

    Source: Debian policy 5.4 and deb-src-control(5); names of archives: dpkg-source(1), formats 1.0 and 3.0.
    """
    fields = _fields(text)
    source, version = fields.get("source", "").strip(), fields.get("version", "").strip()
    files = tuple(_source_file(line) for line in fields.get("checksums-sha256", "").splitlines() if line.strip())
    if not source or not version or not files:
        msg = "no Source, Version and Checksums-Sha256 in the .dsc"
        raise ValueError(msg)
    original, components = None, {}
    for file in files:
        found = re.search(rf"\.orig(?:-(?P<component>[A-Za-z0-9-]+))?{_COMPRESSION}$", file.name)
        if found and found["component"]:
            components[found["component"]] = file
        elif found:
            original = file
    changes = any(re.search(rf"(\.debian{_COMPRESSION}|\.diff\.gz)$", file.name) for file in files)
    if original is None:  # A native package: one archive, which is Debian's own.
        original = next((file for file in files if re.search(rf"{_COMPRESSION}$", file.name)), None)
    return SourcePackage(source, version, files, original, components, changes)


def upstream_version(version: str) -> str:
    """The version without Debian's epoch and revision.

    >>> upstream_version("1:2.10-3+deb12u1")
    '2.10'
    """
    without_epoch = version.partition(":")[2] or version
    return without_epoch.rpartition("-")[0] or without_epoch


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("-----BEGIN PGP SIGNATURE"):
            break
        if line[:1] in " \t":
            if name:
                fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    return fields


def _source_file(line: str) -> SourceFile:
    sha256, size, name = line.split()
    if "/" in name or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        msg = f"not a line of Checksums-Sha256: {line!r}"
        raise ValueError(msg)
    return SourceFile(name, sha256, int(size))
