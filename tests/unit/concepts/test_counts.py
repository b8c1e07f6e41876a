"""Image counts from tables and folders."""

import os
import tarfile

import pandas as pd
import pytest

from cogworks.concepts.counts import read_counts, scan_folder, scan_sources, write_counts
from cogworks.core.errors import InputError


@pytest.fixture
def imagenet(tmp_path):
    """Two class folders, one class archive, and things that are not classes."""
    root = tmp_path / "imagenet"
    for wnid, names in {
        "n00000001": ["a.JPEG", "b.jpg", "c.png", "notes.txt"],
        "n00000002": [],
        "train": ["a.JPEG"],
    }.items():
        (root / wnid).mkdir(parents=True)
        for name in names:
            (root / wnid / name).write_bytes(b"x")
    with tarfile.open(root / "n00000003.tar", "w") as archive:
        for name in ("a.JPEG", "b.JPEG", "readme"):
            archive.add(root / "n00000001" / "a.JPEG", arcname=name)
    (root / "n00000009").write_text("a file, not a class")
    return root


def test_scan_counts_folders_and_archives_alike(imagenet):
    counts = {"n00000001": 3, "n00000002": 0, "n00000003": 2}
    assert scan_folder(imagenet, threads=1, key="k") == counts
    assert scan_folder(imagenet, threads=3, key="k") == counts


def test_scan_survives_the_table(imagenet, tmp_path):
    path = tmp_path / "out" / "counts.csv"
    write_counts(scan_folder(imagenet, threads=2, key="k"), path)
    assert path.read_text() == "wnid,images\nn00000001,3\nn00000002,0\nn00000003,2\n"
    assert read_counts(path, key="k") == {"n00000001": 3, "n00000002": 0, "n00000003": 2}


def test_archives_in_capitals_count_and_what_looks_like_a_class_is_told(imagenet, capfd):
    os.rename(imagenet / "n00000003.tar", imagenet / "n00000003.TAR")
    (imagenet / "n00000004.tar.gz").write_bytes(b"x")
    os.symlink("nowhere", imagenet / "n00000005")
    counts = {"n00000001": 3, "n00000002": 0, "n00000003": 2}
    assert scan_folder(imagenet, threads=1, key="k") == counts
    log = capfd.readouterr().err
    assert "not counted, since they are neither folders named by wnid nor" in log
    assert "(.tar): 3, first n00000004.tar.gz" in log


def test_a_table_with_tabs_is_one(imagenet, tmp_path):
    (tmp_path / "counts.tsv").write_text("wnid\timages\nn00000001\t7\n")
    counts = scan_sources([str(tmp_path / "counts.tsv"), str(imagenet)], threads=1, key="k")
    assert counts == {"n00000001": 10, "n00000002": 0, "n00000003": 2}


def test_scan_errors_name_the_place(imagenet, tmp_path):
    with pytest.raises(InputError, match=r"cog\.image_counts: no folder .*nowhere"):
        scan_folder(tmp_path / "nowhere", threads=1, key="concepts.cog.image_counts")
    with pytest.raises(InputError, match=r"holds no classes, but a\.JPEG"):
        scan_folder(imagenet / "train", threads=1, key="k")
    archive = imagenet / "n00000003.tar"
    archive.write_bytes(archive.read_bytes()[:700])
    with pytest.raises(InputError, match=r"n00000003\.tar: not a readable"):
        scan_folder(imagenet, threads=2, key="k")
    (imagenet / "n00000003").mkdir()
    with pytest.raises(InputError, match=r"n00000003 both as a folder and as n00000003\.tar"):
        scan_folder(imagenet, threads=1, key="k")


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


def test_what_is_no_image_does_not_count(tmp_path, capfd):
    root = tmp_path / "n00000001"
    (root / "images" / "more").mkdir(parents=True)
    for name in ("images/a.JPEG", "images/more/b.jpg", "c.PNG", "d.jfif", "e.webp", "f.avif"):
        (root / name).write_bytes(b"x")
    for name in ("._a.JPEG", ".hidden.jpg", "notes.txt", "g.heic", "h.HEIC", "README"):
        (root / name).write_bytes(b"x")
    for name in (".git", "__MACOSX", "folder.jpg"):
        (root / name).mkdir()
    (root / ".git" / "i.jpg").write_bytes(b"x")
    (root / "folder.jpg" / "j.jpg").write_bytes(b"x")
    os.symlink("nowhere.jpg", root / "lost.jpg")
    os.symlink("self.jpg", root / "self.jpg")
    os.symlink("..", root / "images" / "round")
    os.symlink("images/a.JPEG", root / "again.jpg")
    os.mkfifo(root / "pipe.jpg")
    assert scan_folder(tmp_path, threads=1, key="k") == {"n00000001": 8}
    assert capfd.readouterr().err.splitlines()[-1] == (
        f"warning: {tmp_path}: left out, since they are not images: 2 .heic, 1 .txt, "
        "1 links back to a folder above, 2 links that lead nowhere, "
        "1 pipes, sockets or devices, 1 without a suffix"
    )


def test_counts_of_several_places_add_up(imagenet, tmp_path):
    more = tmp_path / "more"
    (more / "n00000002").mkdir(parents=True)
    (more / "n00000002" / "a.jpg").write_bytes(b"x")
    pack = tmp_path / "pack.parquet"
    pd.DataFrame({"wnid": ["n00000003", "n00000004", "n00000003"]}).to_parquet(pack)
    table = tmp_path / "counts.csv"
    table.write_text("wnid,images\nn00000001,10\n")
    sources = [str(path) for path in (imagenet, more, pack, table)]
    counts = {"n00000001": 13, "n00000002": 1, "n00000003": 4, "n00000004": 1}
    assert scan_sources(sources, threads=1, key="k") == counts
    with pytest.raises(InputError, match="k: a place is given twice"):
        scan_sources([str(more), f"{more}/../more/"], threads=1, key="k")
    pd.DataFrame({"wnid": ["cat"]}).to_parquet(pack)
    with pytest.raises(InputError, match=r"k: .*pack\.parquet: 'cat' in column wnid is not a wnid"):
        scan_sources(sources, threads=1, key="k")
