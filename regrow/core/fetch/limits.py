"""The bounds of a fetch. A source distribution is small; what exceeds these is refused with the entry named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much a target may be.

    Attributes:
        total_bytes: Everything unpacked or copied. The largest source trees in common use (browsers, kernels) are 1 to
            3 GB; they are not built by reading a page.
        archive_bytes: The packed file.
        ratio: Unpacked to packed, once more than `ratio_from_bytes` are unpacked. Source text packs 3 to 20 times;
            gzip's best is 1,032, so zeros are told from text long before the disk is full.
        ratio_from_bytes: Below this no ratio is judged.
        entries: Files, folders and links.
        name_bytes: Of one path, encoded. PATH_MAX is 4,096 and our own folder comes before it.
        depth: Folders inside folders.
        header_bytes: Of one tar header record (long names, pax records), since tarfile reads it whole into memory.
        deadline_s: Of one client command (git, npm, apt) or one download.
        client_output_bytes: Kept of what a client prints.
        network: Whether another machine may be asked. Without it, what is on this one already is taken: folders and
            repositories, pip's own folders, npm's cache.
    """

    total_bytes: int = 2 * 1024**3
    archive_bytes: int = 1024**3
    ratio: int = 200
    ratio_from_bytes: int = 64 * 1024**2
    entries: int = 200_000
    name_bytes: int = 2_048
    depth: int = 64
    header_bytes: int = 1024**2
    deadline_s: float = 180.0
    client_output_bytes: int = 4 * 1024**2
    network: bool = True
