"""What of the downloads goes when there are too many."""

import os
from pathlib import Path

from regrow.core.downloads.entries import Entry
from regrow.core.downloads.evicting import downloads_to_give_up, forget_notes
from regrow.core.downloads.store import DownloadStore


def put(store: DownloadStore, data: bytes, used_at_s: float) -> Path:
    with store.begin() as part:
        part.write(data)
        path = store.keep(part)
        store.note(Entry(url=f"https://f/{data[:1]!r}.zip", sha256=part.sha256, size_bytes=len(data), fetched_at_s=1.0))
    os.utime(path, (used_at_s, used_at_s))
    return path


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    store = DownloadStore(tmp_path)
    middle, oldest, newest = put(store, b"m" * 10, 20), put(store, b"o" * 10, 10), put(store, b"n" * 10, 30)
    mirror = tmp_path / "repositories/x.git"
    mirror.mkdir(parents=True)
    (mirror / "pack").write_bytes(b"p" * 10)
    os.utime(mirror, (15, 15))
    assert downloads_to_give_up(tmp_path, 10**6) == []
    assert [each.path for each in downloads_to_give_up(tmp_path, 25)][:2] == [oldest, mirror]
    assert middle in [each.path for each in downloads_to_give_up(tmp_path, 1)]
    assert newest.exists()


def test_notes_go_with_their_contents(tmp_path: Path) -> None:
    store = DownloadStore(tmp_path)
    put(store, b"kept", 10)
    put(store, b"gone", 10).unlink()
    assert forget_notes(tmp_path) == 1
    assert forget_notes(tmp_path) == 0
    assert store.find("https://f/b'k'.zip") is not None


def test_without_downloads_nothing_goes(tmp_path: Path) -> None:
    assert downloads_to_give_up(tmp_path / "none", 0) == []
    assert forget_notes(tmp_path / "none") == 0
