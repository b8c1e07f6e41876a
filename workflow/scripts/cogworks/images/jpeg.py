"""JPEGs: their pixels by libjpeg-turbo, and whether the picture is whole.

libjpeg paints what is missing grey and only warns, and Pillow passes over the warnings. simplejpeg,
which uses the same library, raises them. Some come with whole pictures; the others make an image
damaged:

====================================================  ==========================================
warning, or what the file looks like                  decision
====================================================  ==========================================
premature end of data or file, bad code, lost or      damaged
unexpected restart marker, bytes left over in a scan
bytes left over before the end marker                 whole: padding by cameras and editors
odd bytes or versions between the header's segments   whole
anything behind the end marker                        whole: thumbnails, further pictures
no end marker                                         damaged, although nothing else may be missing
64 zero bytes in a row among the compressed pixels    damaged, unless they are padding behind the
                                                      last pixel or the tables have such a code
====================================================  ==========================================

A progressive JPEG that ends between two scans is whole, but coarser.

The last row finds sectors that were never written: where zeros decode to about as many pixels as
they replace, libjpeg has nothing to warn of. Bytes that were replaced by others of the same look
cannot be found: JPEG has no checksum.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import simplejpeg
from PIL import Image

START = b"\xff\xd8\xff"
END = b"\xff\xd9"
ZEROS = bytes(64)

_SCAN, _TABLES = 0xDA, 0xC4
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = (0xC0, 0xC1)
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_COMMENTS = frozenset({0xFE, *range(0xE0, 0xF0)})
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
# What simplejpeg has no name for, and Pillow decodes.
_UNKNOWN_SAMPLING = "Could not determine subsampling"
_HARMLESS = "extraneous bytes before marker 0xd9"


def decode_jpeg(data: bytes) -> np.ndarray | None:
    """Return uint8 RGB pixels (H, W, 3), bit for bit those of Pillow, in two thirds of its time.

    Returns:
        None for images that Pillow is to decode: whole ones that are CMYK or come with a warning,
        and ways of sampling the colours that simplejpeg does not know (which are not checked).

    Raises:
        ValueError: damaged, or larger than Pillow's limit.
    """
    header = _read_header(data)
    if header is None:
        return None
    _check_size(header.width, header.height)
    colours = "CMYK" if header.channels == 4 else "RGB"
    pixels: np.ndarray | None = None
    complaint = None
    try:
        pixels = simplejpeg.decode_jpeg(data, colorspace=colours)
    except ValueError as error:
        if _UNKNOWN_SAMPLING in str(error):
            return None
        complaint = str(error)
    if complaint or ZEROS in data:
        _require_whole(data, header, complaint)
    return None if colours == "CMYK" else pixels


@dataclass
class _Header:
    """What stands before the first scan's compressed pixels.

    Attributes:
        frame: the marker of the kind of coding; 0 before it was found.
        first_codes: for each table of a scan's detail (AC), what its all-zero code stands for.
        scan_tables: such tables of the first scan.
        scan: where its compressed pixels begin.
        kept: the segments without comments, and without odd bytes in between.
    """

    height: int = 0
    width: int = 0
    channels: int = 0
    frame: int = 0
    first_codes: dict[int, int] = field(default_factory=dict)
    scan_tables: list[int] = field(default_factory=list)
    scan: int = 0
    kept: bytes = START[:2]

    def zeros_are_flat(self) -> bool:
        """Whether many zero bits may stand for a flat area, as far as one can tell."""
        if self.frame not in _SEQUENTIAL:
            return True
        return all(self.first_codes.get(table) == 0 for table in self.scan_tables)


def _read_header(data: bytes) -> _Header | None:
    """Return what stands before the compressed pixels; None where there is no image."""
    header = _Header()
    for marker, start, stop in _segments(data):
        content = data[start + 4 : stop]
        if marker in _FRAMES and len(content) > 5:
            header.frame, header.channels = marker, content[5]
            header.height = int.from_bytes(content[1:3])
            header.width = int.from_bytes(content[3:5])
        elif marker == _TABLES:
            header.first_codes |= _first_codes(content)
        elif marker == _SCAN and header.frame and content:
            header.scan_tables = [byte & 15 for byte in content[2 : 1 + 2 * content[0] : 2]]
            header.scan = stop
        if marker not in _COMMENTS:
            header.kept += data[start:stop]
    return header if header.scan else None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the first scan's own."""
    position = len(START) - 1
    while (position := data.find(b"\xff", position)) >= 0 and position + 4 <= len(data):
        marker = data[position + 1]
        if marker == END[1]:
            return
        if marker in (0x00, 0xFF) or marker in _WITHOUT_LENGTH:
            position += 1
            continue
        stop = position + 2 + int.from_bytes(data[position + 2 : position + 4])
        yield marker, position, stop
        if marker == _SCAN:
            return
        position = stop


def _first_codes(content: bytes) -> dict[int, int]:
    """Return, for each detail table of a segment, the value of its first code, which is zeros."""
    found = {}
    while len(content) > 17:
        if content[0] >> 4:
            found[content[0] & 15] = content[17]
        content = content[17 + sum(content[1:17]) :]
    return found


def _check_size(width: int, height: int) -> None:
    """Keep to Pillow's limit, which it applies to other formats itself."""
    limit = 2 * (Image.MAX_IMAGE_PIXELS or 0)
    if limit and width * height > limit:
        raise ValueError(
            f"{width} x {height} are more than {limit} pixels, Pillow's limit; scale it down"
        )


def _require_whole(data: bytes, header: _Header, complaint: str | None) -> None:
    """Raise ValueError where a part of the picture is missing."""
    if complaint:
        # Only the first warning is told: ask again without what may stand in a header.
        complaint = _complaint(header.kept + data[header.scan :], header.channels)
    if complaint and not complaint.endswith(_HARMLESS):
        raise ValueError(complaint)
    end = data.find(END, header.scan)
    zeros = data.find(ZEROS, header.scan, end if end >= 0 else len(data))
    if zeros < 0:
        return
    before = _complaint(header.kept + data[header.scan : zeros + 1] + END, header.channels)
    if before is None or before.endswith(_HARMLESS):
        return
    following = _NEXT_MARKER.search(data, header.scan)
    in_first_scan = following is not None and zeros < following.start()
    if complaint or (in_first_scan and not header.zeros_are_flat()):
        raise ValueError("zero bytes among the compressed pixels: a part of the file was lost")


def _complaint(data: bytes, channels: int) -> str | None:
    """Return libjpeg's first warning or error, at an eighth of the size for speed."""
    colours = "CMYK" if channels == 4 else "GRAY"
    try:
        simplejpeg.decode_jpeg(data, colorspace=colours, min_factor=8)
    except ValueError as error:
        return str(error)
    return None
