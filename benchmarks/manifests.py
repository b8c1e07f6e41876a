"""Time, memory and system calls from class archives or folders to manifests.

    python benchmarks/manifests.py [--images 140000 1400000] [--kind folder] [--bytes 110000]

The archives are made up: 641 images of each class, as ImageNet-21K has on average, without bytes
(a tenth of it takes a GB), or with holes of so many bytes; samples, packs and flat lists mix their
classes. The steps are those of the workflow: one index of the images, a manifest of a twentieth of
the classes from it (about a level of ImageNet-CoG) and one of all, whose labels and places training
reads. `alone` makes the manifest of all without an index. Beside them stands the plain way: the
standard library, a list of rows, a data frame.

On two cores that did other work too (CPU seconds, peak memory, archives without bytes):

========  ==============  ================
step      139,738 images  1,399,944 images
========  ==============  ================
index     5.4 s, 142 MB   53 s, 177 MB
level     2.3 s, 176 MB   4.3 s, 223 MB
all       4.6 s, 222 MB   22 s, 273 MB
training  0.9 s, 135 MB   1.1 s, 194 MB
plain     7.6 s, 214 MB   64 s, 1,061 MB
========  ==============  ================

At this growth ImageNet-21K's 14.2 million take 0.5 GB for the index, 0.8 GB for one manifest of
all, and 0.8 GB in training, in place of 9.7 GB. With images of 110 kB each header is a read call
(1.01 an image), without them 0.012 an image (plain: 0.127). No header is read twice; before there
was an index, the counts and five levels read about 1.4 times as many as there are, and the four
benchmarks of chapter 3, which each counted, 4.4 times.

Sources that mix their classes are read into such an index from front to back, alone too, where it
is kept in a temporary file. In brackets, the memory that they took when they were held as a whole:

================  ======================  =======================
mixed source      139,738 images          1,399,944 images
================  ======================  =======================
samples, index    17 s, 230 MB            159 s, 285 MB
samples, all      3.9 s, 241 MB           23 s, 295 MB
samples, alone    22 s, 260 MB (266 MB)   (664 MB)
packs, alone      6.1 s, 246 MB (236 MB)  53 s, 292 MB (645 MB)
flat list, alone  14 s, 266 MB (253 MB)   117 s, 378 MB
================  ======================  =======================

A flat list of 419,855 images took 405 MB. At this growth 14.2 million take 0.9 GB (5 GB), 0.8 GB in
packs (5 GB), and at most 1.5 GB in a flat folder (8 GB), whose names and lines are a temporary file
of SQLite of some GB.
"""

import argparse
import csv
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cogworks.plan.datasets import Dataset

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.core.cli import non_negative, positive

EACH = 641
LEVEL = 20
STEPS = ("index", "level", "all", "training", "alone", "plain")
KINDS = ("tar", "folder", "samples", "packs", "flat")
# Those whose classes are mixed.
MIXED = KINDS[2:]
NAMES = [f"image_{number:05d}" for number in range(EACH)]


def wnid_of(number: int) -> str:
    """Return the wnid of a class."""
    return f"n{number:08d}"


def write_images(kind: str, classes: int, size: int) -> None:
    """Write the archives, folders or packs of some classes below `images`."""
    writers = {"folder": write_folder, "packs": write_pack, "flat": write_flat}
    if kind in writers:
        for number in range(classes):
            writers[kind](number, classes)
        return
    headers = [header(f"{name}.JPEG", size) for name in NAMES]
    labels = [header(f"{name}.cls", 9) for name in NAMES] if kind == "samples" else None
    whole = -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    for number in range(classes):
        with open(f"images/{wnid_of(number)}.tar", "wb") as archive:
            for at, block in enumerate(headers):
                if labels is not None:
                    label = wnid_of((number * EACH + at) % classes).encode()
                    archive.write(labels[at] + label.ljust(tarfile.BLOCKSIZE, b"\0"))
                archive.write(block)
                archive.seek(whole, os.SEEK_CUR)
            archive.write(bytes(2 * tarfile.BLOCKSIZE))


def write_folder(number: int, classes: int) -> None:
    """Write the folder of a class, with empty files."""
    place = Path("images", wnid_of(number))
    place.mkdir()
    for name in NAMES:
        (place / f"{name}.JPEG").touch()


def write_pack(number: int, classes: int) -> None:
    """Write a pack of as many images as a class has, of other classes, with empty images."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels = [wnid_of((number * EACH + at) % classes) for at in range(EACH)]
    names = [f"{number}_{name}" for name in NAMES]
    columns = {"image": pa.repeat(pa.scalar(b""), EACH), "wnid": labels, "name": names}
    pq.write_table(pa.table(columns), f"images/{number:05d}.parquet")


def write_flat(number: int, classes: int) -> None:
    """Write empty files of other classes into one folder, and their lines in the list."""
    with open("list.csv", "a", encoding="ascii") as lines:
        for at, name in enumerate(NAMES):
            file = f"{number}_{name}.JPEG"
            Path("images", file).touch()
            lines.write(f"{file},{wnid_of((number * EACH + at) % classes)}\n")


def header(name: str, size: int) -> bytes:
    """Return the header of a member."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def planned(kind: str) -> "Dataset":
    """Return the data set of the images."""
    from cogworks.config.parse import parse
    from cogworks.plan.plan import Plan

    kinds = {"tar": "tar", "samples": "tar", "packs": "parquet"}
    source: dict[str, Any] = {"kind": kinds.get(kind, "folder"), "path": "images"}
    source |= {"layout": "samples"} if kind == "samples" else {}
    source |= {"layout": "flat", "mapping": "list.csv"} if kind == "flat" else {}
    source |= {"id_column": "name"} if kind == "packs" else {}
    section = {"source": source, "classes": {"names": ["a"]}, "test_images": 50}
    return Plan(parse({"images": {"x": section}})).datasets["x"]


def build(kind: str, output: str, *, every: int, indices: Sequence[Path]) -> None:
    """Write the manifests of every so many-th class."""
    from cogworks.images.build import build_manifests

    wnids = Path("classes.txt").read_text(encoding="ascii").split()[::every]
    outputs = {split: Path(f"{output}-{split}.parquet") for split in ("train", "val", "test")}
    build_manifests(planned(kind).manifest_spec, wnids, outputs, threads=1, indices=indices)


def plain(kind: str) -> None:
    """Write one manifest of all images, by the standard library and pandas."""
    import pandas as pd

    if kind == "packs":
        frames = (
            pd.read_parquet(path, columns=["wnid", "name"])
            for path in sorted(Path("images").iterdir())
        )
        frame = pd.concat(frames, ignore_index=True).rename(columns={"name": "id"})
    else:
        frame = pd.DataFrame(plain_rows(kind), columns=["id", "path", "locator", "size", "wnid"])
    frame["label"] = frame["wnid"].astype("category").cat.codes
    frame.sort_values(["label", "id"]).to_parquet("plain.parquet")


def plain_rows(kind: str) -> list[tuple[str, str, int, int, str]]:
    """Return a row for each image."""
    rows: list[tuple[str, str, int, int, str]] = []
    if kind == "flat":
        with open("list.csv", encoding="ascii", newline="") as lines:
            wnids = dict(csv.reader(lines))
        for file in sorted(os.listdir("images")):
            rows.append((file, f"images/{file}", 0, os.stat(f"images/{file}").st_size, wnids[file]))
        return rows
    for place in sorted(Path("images").iterdir()):
        if kind != "folder":
            with tarfile.open(place, "r:") as archive:
                for member in archive:
                    name = f"{place.name}/{member.name}"
                    if name.endswith(".cls"):
                        archive.extractfile(member).read()  # type: ignore[union-attr]
                        continue
                    rows.append((name, str(place), member.offset_data, member.size, place.stem))
            continue
        for folder, _, files in os.walk(place):
            for file in files:
                path = os.path.join(folder, file)
                size = os.stat(path).st_size
                rows.append((f"{place.name}/{file}", path, 0, size, place.name))
    return rows


def step(name: str, kind: str) -> None:
    """Do one of `STEPS`."""
    index = Path("index.parquet")
    if name == "index" and kind in MIXED:
        from cogworks.images.source_index import index_images
        from cogworks.images.sources.scan import list_images

        index_images(list_images(planned(kind).source, None, threads=1), index)
    elif name == "index":
        from cogworks.images.folder_index import index_folder

        index_folder("images", index=index, counts=Path("counts.csv"), threads=1)
    elif name in ("level", "all"):
        build(kind, name, every=LEVEL if name == "level" else 1, indices=[index])
    elif name == "alone":
        build(kind, name, every=1, indices=[])
    elif name == "training":
        from cogworks.images.manifest import read_manifest
        from cogworks.images.reader import ImageReader

        manifest = read_manifest("all-train.parquet")
        reader, labels = ImageReader(manifest), manifest.labels
        reader.name(len(labels) - 1)
    else:
        plain(kind)


def measured(folder: str, *options: str) -> tuple[float, float, int]:
    """Return CPU seconds, peak memory (MB) and read calls of this script with some options."""
    command = [sys.executable, str(Path(__file__).resolve()), *options]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{options} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, int(told or 0)


def read_calls() -> int:
    """Return the system calls that read, of this process until now."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["syscr"])


def report(kind: str, images: int, size: int, steps: Sequence[str]) -> None:
    """Make a folder of images, and print a line for each step."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "images").mkdir()
        classes = images // EACH
        wnids = "\n".join(map(wnid_of, range(classes)))
        Path(folder, "classes.txt").write_text(wnids, encoding="ascii")
        # In a process of its own: what this one holds would count as its children's.
        measured(folder, "--kind", kind, "--write", str(classes), "--bytes", str(size))
        print(f"{classes * EACH:,} images, {classes:,} classes ({kind})", flush=True)
        for name in steps:
            seconds, memory, calls = measured(folder, "--kind", kind, "--step", name)
            done = classes * EACH if name != "level" else -(-classes // LEVEL) * EACH
            print(
                f"  {name:>8}: {seconds:6.1f} CPU s, {done / seconds:9,.0f} images/s, "
                f"{memory:6.0f} MB at most, {calls / done:.4f} read calls an image",
                flush=True,
            )


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=positive, nargs="+", default=[140_000, 1_400_000])
    parser.add_argument("--kind", choices=KINDS, default="tar")
    parser.add_argument("--bytes", type=non_negative, default=0)
    parser.add_argument("--write", type=non_negative, help=argparse.SUPPRESS)
    parser.add_argument("--steps", choices=STEPS, nargs="+", default=STEPS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    args = parser.parse_args(given)
    if args.write is not None:
        write_images(args.kind, args.write, args.bytes)
    elif args.step is not None:
        before = read_calls()
        step(args.step, args.kind)
        print(read_calls() - before)
    else:
        for images in args.images:
            report(args.kind, images, args.bytes, args.steps)


if __name__ == "__main__":
    main()
