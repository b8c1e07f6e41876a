"""PNGs: whether the file is whole. Pillow overlooks a missing end and, mostly, wrong checksums."""

import zlib

START = b"\x89PNG\r\n\x1a\n"
_OPTIONAL = 0x20


def check_png(data: bytes) -> None:
    """Compare the checksums of the chunks that pixels need, up to the end.

    Raises:
        ValueError: a chunk is damaged, or the file ends before its last one.
    """
    view = memoryview(data)
    position = len(START)
    while position + 12 <= len(data):
        stop = position + 8 + int.from_bytes(view[position : position + 4])
        kind = bytes(view[position + 4 : position + 8])
        if kind == b"IEND":
            return
        checksum = view[stop : stop + 4]
        if len(checksum) < 4:
            break
        wrong = zlib.crc32(view[position + 4 : stop]) != int.from_bytes(checksum)
        if wrong and not kind[0] & _OPTIONAL:
            raise ValueError(f"damaged: the checksum of its part {kind!r} is wrong")
        position = stop + 4
    raise ValueError("the file is cut off before its end (IEND)")
