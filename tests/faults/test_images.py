"""Images that are damaged, and images that are only unusual."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError, decode_pil, decode_uint8
from cogworks.networks.pixels import make_decoder

from .manifests import WNIDS, names_in_manifests
from .table import Fault

SECTION = "Images"
SIZE = (150, 110)
END = b"\xff\xd9"
SECTOR = 512


def photograph(seed: int = 0) -> Image.Image:
    """Draw areas, edges and noise."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(SIZE, Image.Resampling.BICUBIC))
    return Image.fromarray((smooth + rng.normal(0, 9, smooth.shape)).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def kinds() -> dict[str, bytes]:
    """Return JPEGs whose compressed pixels come in one scan."""
    return {
        "baseline": saved(photograph(), "JPEG", quality=95),
        "restart markers": saved(photograph(), "JPEG", quality=90, restart_marker_rows=1),
        "grey": saved(photograph().convert("L"), "JPEG", quality=95),
        "CMYK": saved(photograph().convert("CMYK"), "JPEG", quality=90),
    }


JPEG = saved(photograph(), "JPEG", quality=95)
PROGRESSIVE = saved(photograph(), "JPEG", quality=95, progressive=True)
PNG = saved(photograph(), "PNG")
PLACES = 8


def damaged(data: bytes, damage: Callable[[bytes, int], bytes], room: int = 0) -> Iterator[bytes]:
    """Damage a JPEG at places spread over its compressed pixels."""
    scan = data.index(b"\xff\xda") + 14
    for share in np.linspace(0.02, 0.98, PLACES):
        yield damage(data, scan + int(share * (len(data) - scan - room)))


def of_all_kinds(damage: Callable[[bytes, int], bytes], room: int = 0) -> Iterator[bytes]:
    for data in kinds().values():
        yield from damaged(data, damage, room)


def cut(data: bytes, place: int) -> bytes:
    return data[:place]


def ended(data: bytes, place: int) -> bytes:
    return data[:place] + END + data[place + 2 :]


def without_tail(data: bytes, place: int) -> bytes:
    return data[:place] + bytes(len(data) - place)


def without_sector(data: bytes, place: int) -> bytes:
    return data[:place] + bytes(SECTOR) + data[place + SECTOR :]


def flipped(data: bytes, start: int) -> Iterator[bytes]:
    for number, place in enumerate(range(start, len(data) - 12, len(data) // 60)):
        yield data[:place] + bytes([data[place] ^ 1 << number % 8]) + data[place + 1 :]


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def bombs() -> Iterator[bytes]:
    """Yield small files that say that they hold 2.5 billion pixels, or 70 MB of text."""
    side = 50_000
    header = struct.pack(">II", side, side) + PNG[24:29]
    yield PNG[:8] + chunk(b"IHDR", header) + PNG[33:]
    frame = JPEG.index(b"\xff\xc0") + 5
    yield JPEG[:frame] + struct.pack(">HH", side, side) + JPEG[frame + 4 :]
    text = b"Comment\0\0" + zlib.compress(bytes(70 * 2**20), 9)
    yield PNG[:33] + chunk(b"zTXt", text) + PNG[33:]


EACH = f"{PLACES} places each of {', '.join(kinds())}"
DAMAGED: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "a JPEG that is cut off": (f"cut at {EACH}", lambda: of_all_kinds(cut)),
    "a JPEG that is half grey: an end marker in its middle": (
        f"a marker at {EACH}",
        lambda: of_all_kinds(ended),
    ),
    "a JPEG that is half grey: its tail is zeros": (
        f"zeros from {EACH} on",
        lambda: of_all_kinds(without_tail),
    ),
    "a JPEG that is half grey: a sector of zeros": (
        f"{SECTOR} zeros at {EACH}",
        lambda: of_all_kinds(without_sector, SECTOR),
    ),
    "a PNG that is cut off": (
        "cut at 20 places",
        lambda: (PNG[: len(PNG) * n // 21] for n in range(1, 21)),
    ),
    "a PNG with a flipped bit": ("one bit flipped, at 60 places", lambda: flipped(PNG, 33)),
    "an empty file": ("a file of no bytes", lambda: iter([b""])),
    "a web page in place of an image": (
        "HTML named .jpg",
        lambda: iter([b"<!DOCTYPE html><html>Log in</html>"]),
    ),
    "a decompression bomb": (
        "a PNG and a JPEG whose headers say 50,000 x 50,000 pixels; a PNG with 70 MB of text",
        bombs,
    ),
}


class Folder:
    """A folder of images by class, whose manifest is built with `verify`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for wnid in WNIDS:
            (path / "images" / wnid).mkdir(parents=True)
            for number in range(3):
                self.add(wnid, f"whole_{number}.jpg", saved(photograph(number + 1), "JPEG"))

    def add(self, wnid: str, name: str, data: bytes) -> None:
        (self.path / "images" / wnid / name).write_bytes(data)

    def build(self, on_corrupt: str) -> list[str]:
        """Return the names of the images in the manifests."""
        source = {"kind": "folder", "path": str(self.path / "images")}
        return names_in_manifests(self.path, source, on_corrupt=on_corrupt, verify=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "data")


def ways() -> list[Callable[[bytes, str], object]]:
    """Return every way to decode: that of `verify`, and those of encoders and training."""
    fit = {"size": 32, "resize": 32, "interpolation": "bicubic"}
    return [
        lambda data, name: decode_pil(data, name=name),
        lambda data, name: decode_uint8(data, name=name),
        make_decoder(decoder="pil", **fit),
        make_decoder(decoder="fast", **fit),
    ]


@pytest.mark.parametrize(("name", "how"), [(name, how) for name, (how, _) in DAMAGED.items()])
@pytest.mark.fault(SECTION, "{name}", how="{how}")
def test_damaged_images(fault: Fault, folder: Folder, name: str, how: str) -> None:
    variants = list(DAMAGED[name][1]())
    for data in variants:
        for decode in ways():
            with fault.refused(CorruptImageError):
                decode(data, "x.jpg")
    for number, data in enumerate(variants):
        folder.add(WNIDS[0], f"bad_{number:02d}.jpg", data)
    count = len(variants)
    with pytest.raises(InputError, match=f"mine: {count} of {count + 6} images are damaged"):
        folder.build("error")
    assert len(folder.build("drop")) == 6
    fault.lost("nothing but the image; with `on_corrupt: drop` the others are used")


@pytest.mark.fault(
    SECTION,
    "a progressive JPEG with one of these faults",
    how=f"each of the four at {PLACES} places",
)
def test_damaged_progressive_images(fault: Fault) -> None:
    whole = np.asarray(decode_pil(PROGRESSIVE, name="x"), np.float32)
    for damage in (cut, ended, without_tail, without_sector):
        for data in damaged(PROGRESSIVE, damage, SECTOR):
            try:
                found = decode_uint8(data, name="x").permute(1, 2, 0).numpy()
            except CorruptImageError as error:
                fault.error(error)
            else:
                assert np.abs(found - whole).mean() < 15
    fault.seen("a whole picture, less sharp, where the fault is between or in the finest scans")
    fault.lost("detail of such a picture: nothing in it says that there was more")


@pytest.mark.fault(SECTION, "a JPEG with a flipped bit", how="one bit flipped, at 60 places")
def test_flipped_images(fault: Fault) -> None:
    whole, passed = np.asarray(decode_pil(JPEG, name="x")), 0
    for data in flipped(JPEG, JPEG.index(b"\xff\xda") + 14):
        try:
            passed += bool((np.asarray(decode_pil(data, name="x")) != whole).any())
        except CorruptImageError as error:
            fault.error(error)
    assert passed
    fault.seen("other pixels pass as good where they decode: JPEG has no checksum")
    fault.lost("those pixels of that image")


def cmyk() -> tuple[bytes, Image.Image]:
    data = saved(photograph().convert("CMYK"), "JPEG", quality=95)
    return data, Image.open(io.BytesIO(data)).convert("RGB")


def deep() -> tuple[bytes, Image.Image]:
    values = np.linspace(0, 65535, 80 * 60).astype(np.uint16).reshape(60, 80)
    return saved(Image.fromarray(values), "PNG"), Image.fromarray(
        ((values.astype(int) + 128) // 257).astype(np.uint8)
    ).convert("RGB")


def animated() -> tuple[bytes, Image.Image]:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), frames[0]


UNUSUAL: dict[str, tuple[str, Callable[[], tuple[bytes, Image.Image]], str]] = {
    "a JPEG in CMYK": ("four channels", cmyk, "Pillow's conversion to RGB"),
    "an image of 16 bits": ("a grey PNG", deep, "scaled to 8 bits, not clipped to white"),
    "an animation": ("a GIF of two pictures", animated, "its first picture"),
    "a misnamed image": ("a PNG named .jpg", lambda: (PNG, photograph()), "what its content says"),
}


@pytest.mark.parametrize(("name", "how"), [(name, how) for name, (how, *_) in UNUSUAL.items()])
@pytest.mark.fault(SECTION, "{name}", how="{how}")
def test_unusual_images(fault: Fault, folder: Folder, name: str, how: str) -> None:
    _, make, pixels = UNUSUAL[name]
    data, expected = make()
    for decode in (decode_pil, decode_uint8):
        found = decode(data, name="x")
        found = found if isinstance(found, Image.Image) else found.permute(1, 2, 0)
        assert (np.asarray(found) == np.asarray(expected)).all()
    folder.add(WNIDS[0], "odd.jpg", data)
    assert "odd.jpg" in folder.build("error")
    fault.seen(f"used: {pixels}")
    fault.lost("nothing")
