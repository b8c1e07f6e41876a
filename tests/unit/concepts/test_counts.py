"""Image counts from tables and packs."""

import pandas as pd
import pytest

from cogworks.concepts.counts import add_counts, read_counts, write_counts
from cogworks.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wnid,count\nn00000001,3\n", "columns wnid,images expected, found wnid, count"),
        ("", "columns wnid,images expected, found nothing"),
        ("wnid,images\nn00000001,3\nn00000001,4\n", "line 3: n00000001 stands there twice"),
        ("wnid,images\nn00000001,-3\n", "line 2: images is '-3'"),
        ("wnid,images\nn00000001,3.5\n", "line 2: images is '3.5'"),
        ("wnid,images\nn00000001\n", "line 2: images is ''"),
        ("wnid,images\ncat,3\n", "line 2: 'cat' is not a wnid"),
        ("wnid,images\n", "holds no counts"),
    ],
)
def test_bad_tables_name_the_line(tmp_path, text, message):
    path = tmp_path / "counts.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"k: .*{message}"):
        read_counts(path, key="k")


def test_missing_table(tmp_path):
    with pytest.raises(InputError, match=r"k: .*none\.csv: cannot be read"):
        read_counts(tmp_path / "none.csv", key="k")


def test_other_columns_do_not_matter(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("images,name,wnid\n7,cat,n00000001\n")
    assert read_counts(path, key="k") == {"n00000001": 7}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfwnid,images\r\nn00000001,7\r\n",
        b"wnid; images\nn00000001; 7 \n",
        b"wnid\timages\nn00000001\t7\n",
        b'"wnid","images"\n"n00000001","7"\n\n',
    ],
    ids=["byte-order mark", "semicolons", "tabs", "quotes"],
)
def test_tables_as_spreadsheets_save_them(tmp_path, content):
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    assert read_counts(path, key="k") == {"n00000001": 7}


def test_counts_of_several_places_add_up(tmp_path):
    folder, more = tmp_path / "folder.csv", tmp_path / "more.tsv"
    folder.write_text("wnid,images\nn00000001,3\nn00000002,0\nn00000003,2\n")
    more.write_text("wnid\timages\nn00000001\t10\nn00000002\t1\n")
    pack = tmp_path / "pack.parquet"
    pd.DataFrame({"wnid": ["n00000003", "n00000004", "n00000003"]}).to_parquet(pack)
    sources = [str(path) for path in (folder, more, pack)]
    counts = {"n00000001": 13, "n00000002": 1, "n00000003": 4, "n00000004": 1}
    assert add_counts(sources, key="k") == counts
    write_counts(counts, tmp_path / "out" / "counts.csv")
    assert read_counts(tmp_path / "out" / "counts.csv", key="k") == counts
    with pytest.raises(InputError, match="k: a place is given twice"):
        add_counts([str(more), f"{tmp_path}/../{tmp_path.name}/more.tsv"], key="k")
    pd.DataFrame({"wnid": ["cat"]}).to_parquet(pack)
    with pytest.raises(InputError, match=r"k: .*pack\.parquet: 'cat' in column wnid is not a wnid"):
        add_counts(sources, key="k")
