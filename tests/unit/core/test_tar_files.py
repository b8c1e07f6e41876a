"""Tar files as other tools write them, and damaged ones."""

import io
import tarfile
from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.core.tar_files import list_members

LONG = "a/" * 80 + "long name of a file.jpg"


def write(path: Path, *entries: tuple[str, bytes, str], form: int = tarfile.PAX_FORMAT) -> Path:
    """Write entries (name, content, target); with a target they are links, hard if it has `=`."""
    with tarfile.open(path, "w", format=form) as archive:
        for name, content, target in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if target:
                info.type = tarfile.LNKTYPE if target.startswith("=") else tarfile.SYMTYPE
                info.linkname = target.removeprefix("=")
            archive.addfile(info, io.BytesIO(content))
    return path


def contents(path: Path) -> dict[str, bytes]:
    whole = path.read_bytes()
    members = list_members(path, wanted=lambda name: True)
    for member in members:
        assert member.content == whole[member.offset : member.offset + member.size]
    assert [member.content for member in list_members(path)] == [b""] * len(members)
    return {member.name: member.content for member in members}


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_names_of_all_formats(tmp_path: Path, form: int) -> None:
    files = {"./a.jpg": b"1", "/abs/b.jpg": b"22", "../c.jpg": b"333", LONG: b"4444"}
    path = write(tmp_path / "s.tar", *((n, c, "") for n, c in files.items()), form=form)
    expected = {"a.jpg": b"1", "abs/b.jpg": b"22", "../c.jpg": b"333", LONG: b"4444"}
    assert contents(path) == expected


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    names = ("./._a.jpg", "a.jpg", "__MACOSX/a.jpg", ".cache/a.jpg")
    assert list(contents(write(tmp_path / "s.tar", *((n, b"x", "") for n in names)))) == ["a.jpg"]


def test_a_link_is_the_file_that_it_leads_to(tmp_path: Path, capsys) -> None:
    path = write(
        tmp_path / "s.tar",
        ("x/soft.jpg", b"", "../y/b.jpg"),
        ("y/b.jpg", b"bytes", ""),
        ("x/hard.jpg", b"", "=y/b.jpg"),
        ("x/chain.jpg", b"", "soft.jpg"),
        ("x/gone.jpg", b"", "/etc/passwd"),
        ("x/round.jpg", b"", "round.jpg"),
    )
    names = ["x/soft.jpg", "y/b.jpg", "x/hard.jpg", "x/chain.jpg"]
    assert contents(path) == dict.fromkeys(names, b"bytes")
    assert "2 links, first x/gone.jpg" in capsys.readouterr().err


@pytest.mark.parametrize(("mode", "tool"), [("w:gz", "gzip"), ("w:bz2", "bzip2"), ("w:xz", "xz")])
def test_compressed_ones_say_how_to_unpack_them(tmp_path: Path, mode: str, tool: str) -> None:
    with tarfile.open(tmp_path / "s.tar", mode) as archive:  # type: ignore[call-overload]
        archive.addfile(tarfile.TarInfo("a.jpg"))
    with pytest.raises(InputError, match=rf"unpack it first: {tool} -d .*s\.tar"):
        list_members(tmp_path / "s.tar")


def test_damage_and_impostors_are_named(tmp_path: Path, capsys) -> None:
    path = write(tmp_path / "s.tar", *((f"{i}.jpg", bytes(600), "") for i in range(3)))
    whole = path.read_bytes()
    # tarfile itself mistakes a damaged header for the end of the archive.
    path.write_bytes(whole[:1536] + b"?" * 512 + whole[2048:])
    with pytest.raises(InputError, match=r"s\.tar: .*damaged at byte 1536"):
        list_members(path)
    for end in (1700, 2000, 2048 + 300):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"s\.tar: not a readable"):
            list_members(path)
    path.write_bytes(whole[: 3 * 1536])
    assert len(list_members(path)) == 3
    assert "without an end mark" in capsys.readouterr().err
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"s\.tar is an empty file"):
        list_members(path)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    path = write(tmp_path / "s.tar", ("caf\udce9.jpg", b"x", ""), form=tarfile.GNU_FORMAT)
    with pytest.raises(InputError, match=r"caf\\xe9\.jpg'.*not UTF-8"):
        list_members(path)


def test_archives_put_together_by_cat_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "1.tar", ("a.jpg", b"1", "")).read_bytes()
    two = write(tmp_path / "2.tar", ("b.jpg", b"2", "")).read_bytes()
    path = tmp_path / "both.tar"
    path.write_bytes(one + two)
    with pytest.raises(InputError, match=rf"both\.tar: .*follows its end, at byte {len(one)}"):
        list_members(path)
    # Zeros after the end are padding, and other bytes are not files.
    path.write_bytes(one + bytes(20_480) + b"?" * 700)
    assert contents(path) == {"a.jpg": b"1"}
