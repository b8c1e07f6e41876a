import hashlib
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.synthesis.shard import PartialShard, Record, read_shard


def record(index: int, data: bytes | None) -> Record:
    return Record(
        label=0,
        wnid="n1",
        index=index,
        prompt="a cat, päpillon",
        scene=None,
        seed=index,
        rejected=[] if data is not None else ["nsfw", "constant"],
        sha256=hashlib.sha256(data).hexdigest() if data is not None else None,
        phash="0" * 16 if data is not None else None,
    )


SAMPLES = [(0, b"zero" * 200), (1, None), (2, b"two"), (3, b"three" * 300)]


def write(path: Path, *, seal: bool = True) -> bytes:
    with PartialShard(path, kind="jpeg") as shard:
        for index, data in SAMPLES:
            shard.add(record(index, data), data)
        if seal:
            shard.seal()
        else:
            shard.flush()
    return path.read_bytes()


def test_what_was_added_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    content = write(path)
    placed = read_shard(path)
    assert [item.record for item in placed] == [record(*sample) for sample in SAMPLES]
    for item, (_, data) in zip(placed, SAMPLES, strict=True):
        assert content[item.offset : item.offset + item.size] == (data or b"")


def test_prompts_are_data(tmp_path: Path) -> None:
    prompt = 'jack-o\'-lantern, "a/b" \\n <b>&amp;</b>, Käse 漢字\n\u2028{c} %s'
    odd = replace(record(0, b"x"), prompt=prompt, scene="'")
    with PartialShard(tmp_path / "shard.tar", kind="jpeg") as shard:
        shard.add(odd, b"x")
        shard.seal()
    assert [item.record for item in read_shard(tmp_path / "shard.tar")] == [odd]


def test_readers_of_webdataset_find_whole_samples(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    write(path)
    with tarfile.open(path) as tar:
        names = [name for name in tar.getnames() if not re.match(r"__[^/]*__($|/)", name)]
    samples: dict[str, list[str]] = {}
    for name in names:
        stem, _, suffix = name.partition(".")
        samples.setdefault(stem, []).append(suffix)
    assert samples == {f"n1_{index:08d}": ["jpg", "json"] for index in (0, 2, 3)}


def test_headers_carry_no_time_and_no_owner(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name) for name in ("a.tar", "b.tar"))
    assert first == second
    with tarfile.open(tmp_path / "a.tar") as tar:
        member = tar.getmembers()[0]
    assert (member.mtime, member.uid, member.uname, member.mode) == (0, 0, "", 0o644)


def test_a_cut_file_keeps_its_whole_samples_and_ends_the_same(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.tar")
    ends = [item.end for item in read_shard(tmp_path / "whole.tar")]
    path = tmp_path / "cut.partial"
    for length in [*range(0, ends[-1] + 600, 173), *ends]:
        path.write_bytes(whole[:length])
        with PartialShard(path, kind="jpeg") as shard:
            kept = len(shard.kept)
            assert kept == sum(end <= length for end in ends), length
            for index, data in SAMPLES[kept:]:
                shard.add(record(index, data), data)
            shard.seal()
        assert path.read_bytes() == whole, length


def test_a_sample_whose_image_was_damaged_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    content = bytearray(write(path))
    third = read_shard(path)[2]
    content[third.offset] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"shard\.tar: damaged at byte"):
        read_shard(path)
    with PartialShard(path, kind="jpeg") as shard:
        assert [item.record.index for item in shard.kept] == [0, 1]


def test_a_shard_without_its_end_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    write(path, seal=False)
    with pytest.raises(InputError, match="damaged"):
        read_shard(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        read_shard(path)


def test_samples_can_be_dropped(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.tar")
    path = tmp_path / "shard.partial"
    path.write_bytes(whole)
    with PartialShard(path, kind="jpeg") as shard:
        shard.keep(1)
        for index, data in SAMPLES[1:]:
            shard.add(record(index, data), data)
        shard.seal()
    assert path.read_bytes() == whole
