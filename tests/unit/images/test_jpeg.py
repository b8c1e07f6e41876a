"""Damaged JPEGs are refused by every way to decode, whole ones by none."""

import io
import warnings
from collections.abc import Callable

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from cogworks.images.decode import CorruptImageError, decode_pil, decode_uint8
from cogworks.networks.pixels import make_decoder

END = b"\xff\xd9"
WAYS = ("baseline", "optimised", "progressive", "restart", "grey", "cmyk")


def photograph(seed: int, size: tuple[int, int]) -> Image.Image:
    """Draw something with edges, areas and noise, of which a JPEG has some 40 KB."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)).astype(int)
    noise = rng.normal(0, 9, smooth.shape)
    return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))


def encoded(
    way: str, seed: int = 0, size: tuple[int, int] = (340, 260), **options: object
) -> bytes:
    image = photograph(seed, size)
    image = {"grey": image.convert("L"), "cmyk": image.convert("CMYK")}.get(way, image)
    given: dict[str, object] = {
        "optimised": {"optimize": True},
        "progressive": {"progressive": True},
        "restart": {"restart_marker_rows": 1},
    }.get(way, {})
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **({"quality": 85} | given | options))
    return buffer.getvalue()


def scan(data: bytes) -> int:
    return data.index(b"\xff\xda") + 14


def zeroed(data: bytes, start: int, length: int) -> bytes:
    return data[:start] + bytes(length) + data[start + length :]


def accepted(data: bytes) -> bool:
    """Decode in all ways, which must agree, and give Pillow's pixels where they accept."""
    decode = [
        make_decoder(decoder=name, size=32, resize=32, interpolation="bicubic")
        for name in ("pil", "fast")
    ]
    ways: list[Callable[[], object]] = [
        lambda: decode_pil(data, name="x"),
        lambda: decode_uint8(data, name="x"),
        lambda: decode[0](data, "x"),
        lambda: decode[1](data, "x"),
    ]
    answers = set()
    for way in ways:
        try:
            way()
            answers.add(True)
        except CorruptImageError:
            answers.add(False)
    assert len(answers) == 1
    if True in answers:
        expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert (np.asarray(decode_pil(data, name="x")) == expected).all()
        assert (decode_uint8(data, name="x").permute(1, 2, 0).numpy() == expected).all()
    return answers.pop()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_an_end_marker_in_the_middle_is_damage(way: str, share: float) -> None:
    data = encoded(way)
    place = scan(data) + int(share * (len(data) - scan(data)))
    assert not accepted(data[:place] + END + data[place + 2 :])
    assert not accepted(data[:place] + END)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("quality", [85, 99])
def test_a_zeroed_tail_is_damage(way: str, share: float, quality: int) -> None:
    data = encoded(way, size=(160, 130), quality=quality)
    place = scan(data) + int(share * (len(data) - scan(data)))
    assert not accepted(zeroed(data, place, len(data) - place))


@pytest.mark.parametrize("way", WAYS)
def test_a_zeroed_sector_is_damage_wherever_it_lies(way: str) -> None:
    for seed in range(3):
        data = encoded(way, seed)
        for start in range(4096 * (scan(data) // 4096 + 1), len(data) - 4200, 4096):
            assert not accepted(zeroed(data, start, 4096)), (seed, start)


def test_zeros_that_decode_to_as_many_pixels_as_they_replace_are_damage() -> None:
    """There libjpeg has no warning; several places are tried, since few are such."""
    data = encoded("baseline", size=(160, 120), quality=97)
    places = range(scan(data), len(data) - 600, 64)
    broken = [zeroed(data, start, 512) for start in places]
    silent = [one for one in broken if _is_silent(one)]
    assert silent
    assert not any(accepted(one) for one in silent)


def _is_silent(data: bytes) -> bool:
    try:
        simplejpeg.decode_jpeg(data)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("way", WAYS)
def test_whole_jpegs_stay_whole(way: str) -> None:
    data = encoded(way)
    header = scan(data) - 14
    assert accepted(data)
    # Behind the end: text, zeros, another picture.
    for rest in (b"text" * 30, bytes(5000), encoded("baseline")[:3000]):
        assert accepted(data + rest)
    # Before the end marker: stray bytes, fill bytes, padding to a sector.
    for padding in (b"\x00\x00\x00", b"\x3f", b"\xff" * 9, bytes(300), b"\x5a" * 258):
        assert accepted(data[:-2] + padding + END)
    # In the header: stray bytes, an empty comment, a page of zeros in it.
    for content in (b"\x00\x01", b"\xff\xfe\x00\x02", b"\xff\xfe\x10\x02" + bytes(4096)):
        assert accepted(data[:header] + content + data[header:])


def test_damage_behind_a_harmless_warning_is_still_damage() -> None:
    data = encoded("baseline")
    header, middle = scan(data) - 14, len(data) // 2
    assert not accepted(data[:header] + b"\x00\x01" + data[header:middle] + END)
    # libjpeg does not know the version of this JFIF segment.
    assert data[6:10] == b"JFIF"
    newer = data[:11] + b"\x09" + data[12:]
    assert accepted(newer)
    assert not accepted(newer[:middle] + END)


@pytest.mark.parametrize("way", ["baseline", "optimised", "progressive", "grey"])
@pytest.mark.parametrize("colour", [0, 128, 255])
def test_flat_areas_are_no_damage(way: str, colour: int) -> None:
    """Optimised tables may code a flat area as zeros, and refinements often are."""
    pixels = np.full((900, 1400, 3), colour, dtype=np.uint8)
    pixels[-60:, -90:] = np.asarray(photograph(1, (90, 60)))
    image = Image.fromarray(pixels)
    options = {"optimised": {"optimize": True}, "progressive": {"progressive": True}}.get(way, {})
    buffer = io.BytesIO()
    (image.convert("L") if way == "grey" else image).save(buffer, "JPEG", quality=80, **options)
    assert accepted(buffer.getvalue())
    if way in ("optimised", "progressive"):
        assert bytes(64) in buffer.getvalue()


def test_a_jpeg_without_its_end_marker_is_damage_in_every_way() -> None:
    for seed in range(20):
        assert not accepted(encoded("baseline", seed, size=(60, 40))[:-2])


def test_a_sampling_that_the_fast_library_has_no_name_for_decodes() -> None:
    """Four rows of luminance to one of colour; the library's own look at the header raises."""
    data = bytearray(encoded("baseline", size=(320, 320)))
    factors = data.index(b"\xff\xc0") + 11
    assert data[factors] == 0x22
    data[factors] = 0x14
    assert accepted(bytes(data))
    assert not accepted(bytes(data[: len(data) // 2]) + END)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (65500, 1), (1, 65500), (7, 9)])
def test_odd_sizes_decode(size: tuple[int, int]) -> None:
    for way in ({}, {"progressive": True}):
        buffer = io.BytesIO()
        Image.new("RGB", size, (200, 30, 60)).save(buffer, "JPEG", **way)
        assert decode_pil(buffer.getvalue(), name="x").size == size


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_pillows_limit_holds_for_every_way(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (50, 41)).save(buffer, kind)
    data = buffer.getvalue()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1024)
    for decode in (decode_pil, decode_uint8):
        with pytest.raises(CorruptImageError, match="limit"):
            decode(data, name="x")
    # Between once and twice the limit Pillow warns, and the image is decoded.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1025)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert decode_pil(data, name="x").size == (50, 41)
        assert decode_uint8(data, name="x").shape == (3, 41, 50)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert decode_pil(data, name="x").size == (50, 41)
