"""Names and links in folders and archives of images."""

import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cogworks.images.reader import ImageReader

from .manifests import WNIDS, manifests, names_in_manifests
from .table import Fault

SECTION = "Folders and archives of images"


def picture(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two class folders with three images each."""
    root = tmp_path / "images"
    for label, wnid in enumerate(WNIDS):
        (root / wnid).mkdir(parents=True)
        for number in range(3):
            (root / wnid / f"{label}_{number}.png").write_bytes(picture(3 * label + number))
    return root


def listed(root: Path) -> list[str]:
    return names_in_manifests(root.parent, {"kind": "folder", "path": str(root)})


WHOLE = [f"{label}_{number}.png" for label in range(2) for number in range(3)]


@pytest.mark.fault(SECTION, "a name that is not UTF-8", how="`caf\\xe9.png` in Latin-1")
def test_names_that_are_not_utf8(fault: Fault, root: Path) -> None:
    (root / WNIDS[0] / os.fsdecode(b"caf\xe9.png")).write_bytes(picture(9))
    with fault.refused():
        listed(root)
    fault.lost("nothing; once it is renamed, it is read")


LINKS = {
    "a dangling link": ("a link to a file that is not there", "x.png", "gone.png"),
    "a link to itself": ("a link that names itself", "x.png", "x.png"),
    "a loop of links": ("a link to the folder above", "loop", ".."),
}


@pytest.mark.parametrize(("name", "how"), [(name, how) for name, (how, *_) in LINKS.items()])
@pytest.mark.fault(SECTION, "{name}", how="{how}")
def test_links(
    fault: Fault, root: Path, capsys: pytest.CaptureFixture[str], name: str, how: str
) -> None:
    _, link, target = LINKS[name]
    (root / WNIDS[0] / link).symlink_to(target)
    assert listed(root) == WHOLE
    warning = next(line for line in capsys.readouterr().err.splitlines() if "left out" in line)
    fault.seen(f"`{warning}`")
    fault.lost("nothing: each image is read once")


@pytest.mark.fault(
    SECTION,
    "a tar file that climbs out",
    how="members named `../../out.png` and `/out.png`; a link to a file outside",
)
def test_tar_files_that_climb_out(
    fault: Fault, tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture(7))
    tars = tmp_path / "tars" / "deep"
    tars.mkdir(parents=True)
    for wnid in WNIDS:
        with tarfile.open(tars / f"{wnid}.tar", "w") as archive:
            for file in sorted((root / wnid).iterdir()):
                archive.add(file, file.name)
            for name in ("../../out.png", "/out.png"):
                member = tarfile.TarInfo(name)
                member.size = len(picture(8))
                archive.addfile(member, io.BytesIO(picture(8)))
            link = tarfile.TarInfo("link.png")
            link.type, link.linkname = tarfile.SYMTYPE, str(secret)
            archive.addfile(link)
    before = set(tmp_path.rglob("*"))
    found = manifests(tmp_path, {"kind": "tar", "path": str(tars), "layout": "wnid"})
    for manifest in found:
        reader = ImageReader(manifest)
        data = [reader.read_bytes(row) for row in range(len(manifest))]
        assert secret.read_bytes() not in data
    made = set(tmp_path.rglob("*")) - before
    assert {path.name for path in made} == {"train.parquet", "val.parquet", "test.parquet"}
    warning = next(line for line in capsys.readouterr().err.splitlines() if "left out" in line)
    fault.seen(f"members are read in place, and nothing is unpacked; `{warning}`")
    fault.lost("nothing")
