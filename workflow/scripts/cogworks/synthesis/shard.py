"""A shard: a tar file of images, each followed by a JSON of the same name.

Readers of the WebDataset convention find samples by the common name. An image that was given up
has only a JSON, in the folder `__given_up__`, which those readers skip. The bytes of a shard are a
function of its samples: headers carry no time, no owner and no machine.

While it is made, a shard is a partial file that grows sample by sample; after any kill, the longest
prefix of whole samples is kept. Whole means that the hashes in a sample's JSON fit its image and
the JSON itself.
"""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, NamedTuple

from cogworks.core.errors import InputError
from cogworks.core.records import DIGEST
from cogworks.core.spec import canonical, digest

GIVEN_UP = "__given_up__/"
SUFFIX = {"jpeg": ".jpg", "png": ".png"}


@dataclass(frozen=True)
class Record:
    """The JSON of one sample.

    Attributes:
        label: number of the class in the clone's sorted list.
        wnid: the class.
        index: number of the image within the class, from 0.
        prompt: the text that it was drawn from.
        scene: the scene in that text, if any.
        seed: the seed of the attempt that counts.
        rejected: why each earlier attempt does not count, in order.
        sha256: of the encoded image; None where all attempts were rejected.
        phash: perceptual hash, 16 hex digits; None likewise.
    """

    label: int
    wnid: str
    index: int
    prompt: str
    scene: str | None
    seed: int
    rejected: list[str]
    sha256: str | None
    phash: str | None

    @property
    def key(self) -> str:
        """Name of the sample, unique in the clone; sorts as (class, index)."""
        return sample_key(self.wnid, self.index)


class Placed(NamedTuple):
    """A record, where its image is in the tar file (0 and 0 if given up), and where it ends."""

    record: Record
    offset: int
    size: int
    end: int


def sample_key(wnid: str, index: int) -> str:
    """Return the name of image `index` of class `wnid`."""
    return f"{wnid}_{index:08d}"


class PartialShard:
    """A shard in the making; a context manager that closes the file."""

    def __init__(self, path: Path, *, kind: str) -> None:
        """Open the partial file `path`, new or left over; `kind` is jpeg or png."""
        self._suffix = SUFFIX[kind]
        path.touch()
        self._file = open(path, "r+b")  # noqa: SIM115 (closed by __exit__)
        self.kept = list(_whole_samples(self._file))
        """The samples found in a file left over, in order."""
        self._start(self.kept[-1].end if self.kept else 0)

    def __enter__(self) -> "PartialShard":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A full disk fails here once more: what could not be written is no whole sample.
        with contextlib.suppress(*([OSError] if kind else [])):
            self._file.close()

    def keep(self, count: int) -> None:
        """Drop all but the first `count` samples."""
        del self.kept[count:]
        self._start(self.kept[-1].end if self.kept else 0)

    def add(self, record: Record, data: bytes | None) -> None:
        """Append a sample; `data` is None for one that was given up."""
        folder = "" if data is not None else GIVEN_UP
        if data is not None:
            self._tar.addfile(_header(record.key + self._suffix, len(data)), io.BytesIO(data))
        fields = asdict(record)
        text = canonical(fields | {DIGEST: digest(fields)}).encode()
        self._tar.addfile(_header(f"{folder}{record.key}.json", len(text)), io.BytesIO(text))
        # It would otherwise keep a list of them all.
        self._tar.members.clear()  # type: ignore[attr-defined]

    def flush(self) -> None:
        """See to it that what was added survives a crash of the machine."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def seal(self) -> None:
        """Write the end of the archive: the file is whole, and may be moved to its place."""
        self._tar.close()
        self.flush()

    def _start(self, end: int) -> None:
        self._file.seek(end)
        self._file.truncate()
        self._tar = tarfile.open(fileobj=self._file, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115


def read_shard(path: Path) -> list[Placed]:
    """Return all samples of a sealed shard, in order.

    Raises:
        InputError: the file is damaged.
    """
    with open(path, "rb") as file:
        placed = list(_whole_samples(file))
        end = placed[-1].end if placed else 0
        file.seek(end)
        rest = file.read()
    if len(rest) < 2 * tarfile.BLOCKSIZE or rest.strip(b"\0"):
        raise InputError(
            f"{path}: damaged at byte {end}; delete it and let the workflow draw it again"
        )
    return placed


def _whole_samples(file: IO[bytes]) -> Iterator[Placed]:
    """Yield the samples from the start of an archive up to the first that is not whole."""
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    image: tarfile.TarInfo | None = None
    for member, data in _members(file):
        end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        if len(data) < member.size or end > length:
            return
        if not member.name.endswith(".json"):
            image, sha256 = member, hashlib.sha256(data).hexdigest()
            continue
        record = _parse(data)
        if record is None or record.sha256 != (sha256 if image else None):
            return
        yield Placed(record, *((image.offset_data, image.size) if image else (0, 0)), end)
        image = None


def _members(file: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                stream = tar.extractfile(member)
                yield member, stream.read() if stream is not None else b""
                tar.members.clear()  # type: ignore[attr-defined]  # likewise
    except tarfile.ReadError:
        return  # nothing, or nothing more, that is a tar file


def _parse(data: bytes) -> Record | None:
    try:
        fields = json.loads(data)
        # A shard of an earlier version has none.
        whole = fields.pop(DIGEST, None) in (None, digest(fields))
        return Record(**fields) if whole else None
    except (ValueError, TypeError, AttributeError):
        return None


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o644
    return header
