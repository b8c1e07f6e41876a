"""Copies of a manifest's images on a disk of the machine itself, for work that reads them often.

A copy is one file: the encoded images in the manifest's order, then their sizes (int64). Its name
has the manifest's digest, so that jobs on one machine share it. Whoever uses it holds a shared lock
on it, and the last to let go removes it. A job that was killed leaves its copy to the next one.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from cogworks.core import lock
from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.core.parallel import in_order
from cogworks.core.progress import track
from cogworks.core.scratch_folder import find_scratch
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader

# Bytes beside an image's own: its size, and the head of what is stored as bare pixels.
BESIDE = 32
# To wait for a shared disk takes longer than to read from it.
THREADS = 16


class CopiedImages(ImageReader):
    """Reads the images of a manifest from their copy; errors name the images themselves."""

    def __init__(self, manifest: Manifest, copy: Path) -> None:
        """Take the places of the images in the copy."""
        super().__init__(manifest)
        self._copy = str(copy)
        start = copy.stat().st_size - 8 * len(manifest)
        self._lengths = np.fromfile(copy, dtype="<i8", offset=start)
        self._starts = np.cumsum(self._lengths) - self._lengths

    def read_bytes(self, index: int) -> bytes:
        """See `ImageReader.read_bytes`."""
        if os.getpid() != self._pid:
            self._start()
        size = int(self._lengths[index])
        if not size:
            raise CorruptImageError(f"{self.name(index)}: the image is missing")
        try:
            return self._read_span(self._copy, int(self._starts[index]), size)
        except OSError as error:
            raise InputError(f"{self._copy}: the copy cannot be read ({error})") from error


@contextlib.contextmanager
def local_reader(manifest: Manifest, scratch: str) -> Iterator[ImageReader]:
    """Yield a reader of the images, which are copied first if there is a folder for it.

    Args:
        manifest: the images.
        scratch: a folder; variables such as `$TMPDIR` are those of this machine. Empty for none.

    Raises:
        InputError: the folder is absent, cannot be written to or is too small.
    """
    if not scratch:
        yield ImageReader(manifest)
        return
    folder = find_scratch(scratch)
    copy = folder / f"cogworks-{manifest.digest[:20]}.images"
    turn = copy.with_suffix(".lock")
    with lock.wait_for(turn):
        if not copy.exists():
            _write(manifest, copy)
        used = os.open(copy, os.O_RDONLY)
        fcntl.flock(used, fcntl.LOCK_SH)
    try:
        yield CopiedImages(manifest, copy)
    finally:
        with lock.wait_for(turn), contextlib.suppress(BlockingIOError):
            fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
            copy.unlink(missing_ok=True)
        os.close(used)


def _write(manifest: Manifest, copy: Path) -> None:
    for left in copy.parent.glob(f".{copy.stem}.*.partial{copy.suffix}"):
        left.unlink(missing_ok=True)  # Of a job that was killed: this one has the lock.
    needed, free = _needed(manifest), shutil.disk_usage(copy.parent).free
    if needed > free:
        raise InputError(
            f"compute.scratch: no room for the images of {manifest.path} in {copy.parent} on "
            f"{os.uname().nodename} (they take {needed / 1e9:.3g} GB, {free / 1e9:.3g} are free); "
            "make room, name another folder, or set compute.scratch to null"
        )
    reader = ImageReader(manifest)
    sizes = np.zeros(len(manifest), dtype="<i8")

    def read(index: int) -> bytes:
        try:
            return reader.read_bytes(index)
        except CorruptImageError:
            return b""  # It is missing in the copy as well.

    images = in_order(read, range(len(manifest)), workers=THREADS, threads=True)
    shown = track(images, label=f"copying to {copy.parent}", total=len(manifest), unit="images")
    with atomic(copy) as partial, open(partial, "wb") as file:
        for index, data in enumerate(shown):
            sizes[index] = len(data)
            file.write(data)
        file.write(sizes.tobytes())


def _needed(manifest: Manifest) -> int:
    """Return an upper bound of the bytes of a copy; files of unknown size are looked at."""
    sizes = manifest.rows.column("size").to_numpy()
    unknown = manifest.table(["path"]).filter(pa.array(sizes < 0))
    places = dict.fromkeys(unknown.column("path").to_pylist())  # A pack has many images.
    found = in_order(_size, list(places), workers=THREADS, threads=True)
    return int(sizes[sizes >= 0].sum()) + BESIDE * len(sizes) + sum(found)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0  # Reading it will tell why.
