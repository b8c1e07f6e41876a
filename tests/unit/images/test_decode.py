import io
import re

import numpy as np
import pytest
from PIL import Image, ImageFile

from cogworks.core.errors import InputError
from cogworks.images.decode import CorruptImageError, decode_pil, decode_uint8

from .conftest import encode, picture


def both(data: bytes) -> np.ndarray:
    """Decode by both functions, check that they agree, return the pixels."""
    image = decode_pil(data, name="x")
    assert image.mode == "RGB"
    slow = np.asarray(image).astype(int)
    fast = decode_uint8(data, name="x")
    assert tuple(fast.shape) == (3, image.height, image.width)
    assert (fast.permute(1, 2, 0).numpy() == slow).all()
    return slow


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_decode_alike_by_both_paths(subsampling: int, progressive: bool) -> None:
    pixels = picture(3, (61, 83))
    data = encode(pixels, "jpeg", quality=90, subsampling=subsampling, progressive=progressive)
    assert np.abs(both(data) - pixels).mean() < 6


@pytest.mark.parametrize("kind", ["png", "bmp", "webp", "gif", "tiff", "ppm"])
def test_other_formats_decode(kind: str) -> None:
    options = {"lossless": True} if kind == "webp" else {}
    pixels = np.full((9, 7, 3), (255, 0, 0), dtype=np.uint8)
    assert (both(encode(pixels, kind, **options)) == (255, 0, 0)).all()


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_grey_gets_three_equal_channels(kind: str) -> None:
    pixels = both(save(Image.fromarray(picture(1)).convert("L"), kind))
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_cmyk_is_pillows_conversion() -> None:
    image = Image.fromarray(picture(2)).convert("CMYK")
    data = save(image, "jpeg", quality=95)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert (both(data) == expected).all()


def test_a_palette_gives_its_colours() -> None:
    image = Image.new("P", (4, 3), 1)
    image.putpalette([0, 0, 0, 10, 200, 30])
    assert (both(save(image, "png")) == (10, 200, 30)).all()


def test_bilevel_becomes_black_and_white() -> None:
    pixels = both(save(Image.fromarray(np.array([[True, False]])), "png"))
    assert pixels.tolist() == [[[255, 255, 255], [0, 0, 0]]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    if mode == "P":
        image = Image.new("P", (2, 1), 0)
        image.putpalette([200, 0, 0, 0, 0, 0])
        image.putpixel((1, 0), 1)
        data = save(image, "png", transparency=0)
    else:
        colours = {"RGBA": [(200, 0, 0, 0), (0, 0, 0, 255)], "LA": [(70, 0), (0, 255)]}[mode]
        image = Image.new(mode, (2, 1))
        image.putdata(colours)
        data = save(image, "png")
    assert both(data).tolist() == [[[255, 255, 255], [0, 0, 0]]]


def test_half_transparent_pixels_are_mixed_with_white() -> None:
    data = save(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), "png")
    assert both(data).tolist() == [[[127, 127, 127]]]


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_are_scaled_not_clipped(kind: str) -> None:
    values = np.array([[0, 128, 257, 300, 32768, 65535]], dtype=np.uint16)
    data = save(Image.fromarray(values), kind)
    assert both(data)[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]
    # Pillow alone turns all but the darkest 256 of 65,536 values white.
    assert np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[0, 4, 0] == 255


@pytest.mark.parametrize("largest", [1, 255, 65535, 70000, -3])
def test_32_bit_pixels_are_refused_whatever_their_values(largest: int) -> None:
    """Scaled as 16 bits, values of 0 to 255 would all be black."""
    wide = np.array([[largest, 0]], dtype=np.int32)
    with pytest.raises(CorruptImageError, match="32-bit pixels have no defined white"):
        decode_pil(save(Image.fromarray(wide), "tiff"), name="x")
    with pytest.raises(CorruptImageError, match="floating-point pixels have no defined white"):
        decode_pil(save(Image.fromarray(wide.astype(np.float32)), "tiff"), name="x")


@pytest.mark.parametrize(("white", "expected"), [(65535, [0, 128, 255]), (1000, [0, 128, 255])])
def test_a_deep_ppm_is_scaled_by_the_white_that_it_states(white: int, expected: list[int]) -> None:
    values = np.array([0, (white + 1) // 2, white], dtype=">u2")
    data = b"P5 3 1 %d\n" % white + values.tobytes()
    assert both(data)[0, :, 0].tolist() == expected


MODES = {
    "png": ("RGB", "RGBA", "L", "1", "P", "LA"),
    "tiff": ("RGB", "RGBA", "RGBX", "L", "1", "P", "LA", "PA", "CMYK", "YCbCr", "LAB"),
}


@pytest.mark.parametrize(("kind", "mode"), [(k, m) for k, modes in MODES.items() for m in modes])
def test_red_stays_red_and_white_white_in_every_mode(kind: str, mode: str) -> None:
    colour = (255, 0, 0) if mode not in ("L", "1", "LA", "LAB") else (255, 255, 255)
    image = Image.new("RGB", (5, 4), colour)
    if mode == "LAB":
        image = Image.new("LAB", (5, 4), (255, 128, 128))
    else:
        image = (image.convert("P") if mode == "PA" else image).convert(mode)
    assert np.abs(both(save(image, kind)).astype(int) - colour).max() <= 1


@pytest.mark.parametrize("kind", ["RGB", "P", "L"])
def test_a_png_without_its_end_is_an_error(kind: str) -> None:
    data = save(Image.fromarray(picture(4, (40, 40))).convert(kind), "png")
    assert (both(data + b"rest") == both(data)).all()
    for cut in (12, 8, 4, 1):
        if cut < 5:
            # Of the last part only the checksum is missing, and nothing depends on it.
            assert both(data[:-12] + data[-12:-cut] + bytes(cut)).size
        for decode in (decode_pil, decode_uint8):
            with pytest.raises(CorruptImageError, match="cut off"):
                decode(data[:-cut], name="x")


def test_a_png_with_another_byte_is_an_error_wherever_it_lies() -> None:
    data = save(Image.fromarray(picture(4, (40, 40))), "png", compress_level=0)
    for place in range(16, len(data) - 12, 7):
        broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(CorruptImageError, match="cannot be decoded"):
            decode_pil(broken, name="x")


@pytest.mark.parametrize("kind", ["webp", "tiff", "ppm", "jpeg2000", "gif", "bmp"])
def test_other_formats_that_are_cut_give_no_other_pixels(kind: str) -> None:
    data = encode(picture(4, (40, 50)), kind)
    expected = both(data)
    for cut in (1, 2, 5, 20, 60, len(data) // 2):
        try:
            pixels = both(data[:-cut])
        except CorruptImageError:
            continue
        assert cut <= 2
        assert (pixels == expected).all()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the image is an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12\n", "git lfs pull"),
        (b"  <!DOCTYPE html><html>gone</html>", "the image is a web page"),
    ],
)
def test_what_stands_in_for_an_image_is_named(data: bytes, message: str) -> None:
    for decode in (decode_pil, decode_uint8):
        with pytest.raises(CorruptImageError, match=message):
            decode(data, name="x")


def test_what_is_in_no_known_format_is_told_by_its_first_bytes() -> None:
    with pytest.raises(
        CorruptImageError, match=r"it begins with b'\\x00\\x00\\x00\\x18ftypheic"
    ) as error:
        decode_pil(b"\0\0\0\x18ftypheic" + bytes(90), name="x")
    assert "0x" not in str(error.value)


def test_too_little_memory_is_no_fault_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(MemoryError):
        decode_pil(encode(picture(1)), name="x")


def test_exif_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = picture(5, (30, 50))
    turned = both(encode(pixels, "jpeg", exif=exif))
    assert turned.shape == (30, 50, 3)
    assert (turned == both(encode(pixels, "jpeg"))).all()


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = save(frames[0], "gif", save_all=True, append_images=frames[1:])
    assert (both(data) == (255, 0, 0)).all()


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "bmp"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
def test_truncated_images_are_errors_by_both_paths(kind: str, keep: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    data = encode(noise, kind)
    data = data[: int(keep * len(data))]
    for decode in (decode_pil, decode_uint8):
        with pytest.raises(CorruptImageError, match=re.escape("a/b.jpg: the image cannot be")):
            decode(data, name="a/b.jpg")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"no image at all", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_an_error(data: bytes) -> None:
    for decode in (decode_pil, decode_uint8):
        with pytest.raises(InputError, match="a: the image"):
            decode(data, name="a")


def test_both_paths_accept_the_same_damaged_jpegs(rng: np.random.Generator) -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    good = encode(picture(7, (40, 40)), "jpeg")
    accepted = []
    for _ in range(200):
        data = bytearray(good)
        for place in rng.integers(2, len(data), 3):
            data[place] = rng.integers(0, 256)
        outcomes = []
        for decode in (decode_pil, decode_uint8):
            try:
                decode(bytes(data), name="x")
                outcomes.append(True)
            except CorruptImageError:
                outcomes.append(False)
        # The fast path may leave more to Pillow, but never accepts what Pillow refuses.
        assert outcomes[0] == outcomes[1]
        accepted.append(outcomes[0])
    assert 0 < sum(accepted) < 200
