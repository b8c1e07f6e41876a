"""A file is known by its content: neither its times nor its place count."""

import os
import shutil
from pathlib import Path

import pytest

from cogworks.core import fingerprint as module
from cogworks.core.fingerprint import fingerprint, of_files

OLD = 1_000_000_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> module.Known:
    monkeypatch.chdir(tmp_path)
    known: module.Known = {}
    monkeypatch.setattr(module, "_cache", lambda: known)
    return known


@pytest.mark.parametrize("suffix", [".pth", ".txt", ".tar", ".parquet"])
def test_content_counts_and_times_do_not(tmp_path: Path, suffix: str) -> None:
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    content = bytearray(os.urandom(3_000_001))
    first.write_bytes(content)
    shutil.copy(first, second)
    os.utime(second, (OLD, OLD))
    assert fingerprint(first) == fingerprint(second)
    for place in (0, len(content) - 1):
        content[place] ^= 1
        second.write_bytes(content)
        assert fingerprint(second) != fingerprint(first)
        content[place] ^= 1
    second.write_bytes(content[:-1])
    assert fingerprint(second) != fingerprint(first)
    for size in (0, 1, 5000):
        second.write_bytes(bytes(size))
        assert len(fingerprint(second)) == 16
    assert fingerprint(tmp_path) == "unreadable"


@pytest.mark.parametrize(("name", "seen"), [("x.pth", True), ("x.csv", True), ("x.tar", False)])
def test_only_packs_are_sampled(tmp_path: Path, name: str, seen: bool) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(3_000_000))
    before = fingerprint(path)
    with open(path, "r+b") as handle:
        handle.seek(10_000)
        handle.write(b"1")
    assert (fingerprint(path) != before) is seen


def test_the_footer_of_a_parquet_file_is_read_whole(tmp_path: Path) -> None:
    """A footer of 100 kB, in which one byte between the blocks changes."""
    path, body, footer = tmp_path / "x.parquet", bytes(3_000_000), bytearray(100_000)
    tail = len(footer).to_bytes(4, "little") + b"PAR1"
    path.write_bytes(body + footer + tail)
    before = fingerprint(path)
    footer[60_000] = 1
    path.write_bytes(body + footer + tail)
    assert fingerprint(path) != before


def test_what_is_known_is_not_read_again(tmp_path: Path, cache: module.Known) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(b"first")
    first = fingerprint(path)
    assert cache == {}, "it may change again within the resolution of its times"
    changed = path.stat().st_ctime
    with pytest.MonkeyPatch.context() as later:
        later.setattr(module.time, "time", lambda: changed + 60)
        assert fingerprint(path) == first
        later.setattr(module, "_digest", lambda *_: pytest.fail("read again"))
        assert fingerprint(path) == first
    file = tmp_path / ".snakemake" / "fingerprints.json"
    module._write(file, cache | {"/gone": ("1", "2")}, {})
    assert module._read(file) == cache
    # Another content of the same size and times is another state.
    path.write_bytes(b"other")
    os.utime(path, ns=(path.stat().st_atime_ns, int(cache[str(path)][0].split()[2])))
    assert fingerprint(path) != first
    file.write_text("damaged")
    assert module._read(file) == {}


def test_only_files_of_the_users_are_listed(tmp_path: Path) -> None:
    Path("results").mkdir()
    for name in ("mine.txt", "results/made.txt"):
        Path(name).write_text(name)
    assert list(of_files(["mine.txt", "results/made.txt", "gone.txt", "."])) == ["mine.txt"]
