"""The sections of an ELF file: where each lies. Pure.

Names, offsets and sizes of the section headers are all that a comparison by parts needs, which is a table of fixed fields;
a library that also reads what is in the sections would be a dependency for thirty lines.

Source: the System V gABI, chapter 4, "ELF header" and "Sections".
"""

from __future__ import annotations

import struct

__all__ = ["IS_ELF", "is_relocatable", "sections"]

IS_ELF = b"\x7fELF"
_RELOCATABLE = 1
_NO_BITS = 8
LIMIT_SECTIONS = 4096


def is_relocatable(data: bytes) -> bool:
    """Whether it is an object file, which is linked later."""
    return data[:4] == IS_ELF and len(data) > 18 and data[16 + (data[5] == 2)] == _RELOCATABLE


def sections(data: bytes) -> dict[str, bytes] | None:
    """Return the content of each section by its name; None when the file cannot be read as ELF.

    Sections of one name are joined. What belongs to no section (the headers) stands under "headers".
    """
    if data[:4] != IS_ELF or len(data) < 52 or data[4] not in (1, 2) or data[5] not in (1, 2):
        return None
    order, wide = ("<" if data[5] == 1 else ">"), data[4] == 2
    try:
        if wide:
            (table,) = struct.unpack_from(order + "Q", data, 40)
            size, count, names_at = struct.unpack_from(order + "HHH", data, 58)
            form, pick = order + "IIQQQQ", (0, 1, 4, 5)
        else:
            (table,) = struct.unpack_from(order + "I", data, 32)
            size, count, names_at = struct.unpack_from(order + "HHH", data, 46)
            form, pick = order + "IIIIII", (0, 1, 4, 5)
        if not 0 < count <= LIMIT_SECTIONS:
            return None
        rows = [struct.unpack_from(form, data, table + index * size) for index in range(count)]
        entries = [tuple(row[place] for place in pick) for row in rows]
        names = data[entries[names_at][2] : entries[names_at][2] + entries[names_at][3]]
    except (struct.error, IndexError):
        return None
    found: dict[str, bytes] = {"headers": data[: 64 if wide else 52]}
    for name_at, kind, offset, length in entries:
        name = names[name_at : names.find(b"\0", name_at)].decode("ascii", "replace")
        if name and kind != _NO_BITS:
            found[name] = found.get(name, b"") + data[offset : offset + length]
    return found
