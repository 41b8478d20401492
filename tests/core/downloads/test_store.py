"""The folder of downloads: whole contents or none, and damaged ones are not used."""

import hashlib
import stat
import threading
from pathlib import Path

import pytest

from regrow.core.downloads.entries import Entry
from regrow.core.downloads.store import DownloadStore

URL = "https://f.example/a-1.zip"


def put(store: DownloadStore, data: bytes, url: str = URL) -> Entry:
    with store.begin() as part:
        part.write(data)
        store.keep(part)
        entry = Entry(url=url, sha256=part.sha256, size_bytes=part.size_bytes, fetched_at_s=1.0)
    store.note(entry)
    return entry


def test_what_was_kept_is_found_by_another_process(tmp_path: Path) -> None:
    entry = put(DownloadStore(tmp_path), b"data")
    found = DownloadStore(tmp_path).find(URL)
    assert found is not None
    assert (found[0], found[1].read_bytes()) == (entry, b"data")
    assert stat.S_IMODE(found[1].stat().st_mode) == 0o444
    assert DownloadStore(tmp_path).find(URL + "x") is None


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    store = DownloadStore(tmp_path)
    with pytest.raises(OSError, match="gone"), store.begin() as part:
        part.write(b"half")
        raise OSError("gone")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("damage", [b"", b"other", None])
def test_a_damaged_content_is_dropped(tmp_path: Path, damage: bytes | None) -> None:
    entry = put(DownloadStore(tmp_path), b"data")
    path = tmp_path / "contents" / entry.sha256[:2] / entry.sha256
    path.chmod(0o644)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    store = DownloadStore(tmp_path)
    assert store.find(URL) is None
    assert not path.exists()
    put(store, b"data")
    assert store.find(URL) is not None


def test_an_entry_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    put(DownloadStore(tmp_path), b"data")
    (entry,) = (tmp_path / "entries").rglob("*.json")
    entry.write_text('{"url"', "utf-8")
    assert DownloadStore(tmp_path).find(URL) is None


def test_other_digests_are_those_of_the_whole(tmp_path: Path) -> None:
    with DownloadStore(tmp_path).begin() as part:
        part.write(b"da")
        part.write(b"ta")
        assert part.digest("md5") == hashlib.md5(b"data").hexdigest()
        assert part.digest("sha256") == hashlib.sha256(b"data").hexdigest()
        assert part.digest("nothing") == ""
        part.write(b"!")
        assert part.sha256 == hashlib.sha256(b"data!").hexdigest()


def test_several_at_once_keep_the_same(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for number in range(30):
                put(DownloadStore(tmp_path), b"x" * number, f"{URL}?{number}")
                assert DownloadStore(tmp_path).find(f"{URL}?{number}") is not None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [path.name for path in (tmp_path / "parts").iterdir()] == []
    assert list(tmp_path.rglob(".*")) == []
