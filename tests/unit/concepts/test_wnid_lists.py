"""Named lists and files of wnids."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cogworks.concepts.wnid_lists import read_wnids, sample
from cogworks.core.errors import InputError


def test_named_lists_have_the_protocols_sizes(pool, seen):
    assert len(pool) == len(set(pool)) == 21841
    assert len(seen) == len(set(seen)) == 1000
    assert set(seen) - set(pool) == {"n04399382"}
    assert pool == sorted(pool)


def test_the_lists_are_read_without_importing_timm():
    code = (
        "import sys; from cogworks.concepts.wnid_lists import read_wnids; "
        "read_wnids('imagenet1k', key='seen'); "
        "assert not {'timm', 'torch'} & set(sys.modules)"
    )
    scripts = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
    subprocess.run([sys.executable, "-c", code], cwd=scripts, check=True)


def test_text_file_with_comments(tmp_path):
    path = tmp_path / "pool.txt"
    path.write_text("# mine\nn00000002\n\n  n00000001  \n")
    assert read_wnids(str(path), key="pool") == ["n00000001", "n00000002"]


@pytest.mark.parametrize(
    "content",
    [
        b"n00000002 tench, Tinca tinca\nn00000001 goldfish\n",
        b"n00000002\ttench, Tinca tinca\r\nn00000001\tgoldfish\r\n",
        b"\xef\xbb\xbfn00000002\r\nn00000001\r\n",
        b"n00000002  # tench\n\n#n00000003\nn00000001\t\n",
    ],
    ids=["LOC_synset_mapping", "tabs", "byte-order mark", "comments"],
)
def test_lists_as_they_are_published_and_saved(tmp_path, content):
    path = tmp_path / "pool.txt"
    path.write_bytes(content)
    assert read_wnids(str(path), key="pool") == ["n00000001", "n00000002"]


@pytest.mark.parametrize("name", ["pool.txt", "pool.parquet"])
def test_a_pointer_in_place_of_a_list_is_named(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n")
    with pytest.raises(InputError, match=rf"{name} is a Git LFS pointer"):
        read_wnids(str(path), key="pool")


def test_parquet_pack_gives_its_distinct_wnids(tmp_path):
    path = tmp_path / "pack.parquet"
    pd.DataFrame({"wnid": ["n00000002", "n00000001", "n00000002"], "x": [1, 2, 3]}).to_parquet(path)
    assert read_wnids(str(path), key="pool") == ["n00000001", "n00000002"]
    pd.DataFrame({"label": [1]}).to_parquet(path)
    with pytest.raises(InputError, match="no column wnid; it has label"):
        read_wnids(str(path), key="pool")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n00000001\nn00000001\n", "n00000001 twice, on line 1 and line 2"),
        ("n00000001\nn123\n", "line 2: 'n123' is not a wnid"),
        ("n00000001,5\n", "line 1: 'n00000001,5' is not a wnid"),
        ("# nothing\n", "holds no wnids"),
    ],
)
def test_bad_files_name_key_and_line(tmp_path, text, message):
    path = tmp_path / "pool.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=f"concepts.cog.pool: .*{message}"):
        read_wnids(str(path), key="concepts.cog.pool")


def test_missing_file_names_the_lists_that_there_are():
    with pytest.raises(InputError, match=r"pool: no file imagenet22k; expected imagenet21k_fall"):
        read_wnids("imagenet22k", key="pool")


def test_sample_is_drawn_by_seed_and_stable_when_others_leave():
    wnids = [f"n{i:08d}" for i in range(200)]
    drawn = sample(wnids, 50, seed=1, key="a.seen_limit")
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 50
    assert drawn != sample(wnids, 50, seed=2, key="a.seen_limit")
    without = [wnid for wnid in wnids if wnid not in drawn[:5]]
    assert set(drawn[5:]) < set(sample(without, 50, seed=1, key="a.seen_limit"))
    assert sample(wnids, None, seed=1, key="a.seen_limit") == wnids
    with pytest.raises(InputError, match=r"a\.seen_limit: 201 concepts were asked for"):
        sample(wnids, 201, seed=1, key="a.seen_limit")
