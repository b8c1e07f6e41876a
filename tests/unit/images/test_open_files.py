"""More class archives than a process may have files open: 1,100 under a limit of 1,024."""

import io
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cogworks.core.place import ROOT

from .conftest import encode, picture

CLASSES, LIMIT = 1100, 1024
# What the jobs do with images: list, verify, decode for an extraction, and load for a training.
JOB = f"""
import resource
from pathlib import Path

resource.setrlimit(resource.RLIMIT_NOFILE, ({LIMIT}, {LIMIT}))


def main():
    from cogworks.encoders.loader import BatchLoader
    from cogworks.images.build import build_manifests
    from cogworks.images.folder_index import index_folder
    from cogworks.images.manifest import read_manifest
    from cogworks.images.specs import ManifestSpec
    from cogworks.networks.pixels import make_decoder
    from cogworks.training.loader import BatchOrder, TrainingImages, make_loader

    index = Path("index.parquet")
    counts = index_folder("images", index=index, counts=Path("counts.csv"), threads=2)
    assert set(counts.values()) == {{2}}
    outputs = {{split: Path(split + ".parquet") for split in ("train", "val", "test")}}
    spec = ManifestSpec.read(Path("spec.json").read_text())
    build_manifests(spec, sorted(counts), outputs, threads=2, verify=True)

    manifest = read_manifest("train.parquet")
    decode = make_decoder(decoder="pil", size=8, resize=8, interpolation="bilinear")
    spans = [(start, min(start + 100, len(manifest))) for start in range(0, len(manifest), 100)]
    batches = BatchLoader(manifest, decode, size=8, threads=4).batches(spans)
    assert sum(len(batch.pixels) for batch in batches) == {CLASSES}

    images = TrainingImages(manifest, [], seed=0, implementation="fast", on_device=True)
    order = BatchOrder(len(manifest), epochs=1, batch=100, seed=0)
    loaded = make_loader(images, order, workers=2, pin=False)
    assert sum(len(batch.labels) for batch in loaded) == {CLASSES}


if __name__ == "__main__":
    main()
"""


@pytest.fixture
def work(tmp_path: Path, fill: object) -> Path:
    """A folder with an archive of two images for each class, and the job."""
    (tmp_path / "images").mkdir()
    data = encode(picture(size=(9, 8)), "jpeg")
    for number in range(CLASSES):
        with tarfile.open(tmp_path / "images" / f"n{number:08d}.tar", "w") as archive:
            for name in ("a.jpg", "b.jpg"):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    source = {"kind": "tar", "path": "images"}
    section = {"source": source, "classes": {"names": ["a"]}, "test_images": 1}
    plan = fill({"x": section})  # type: ignore[operator]
    (tmp_path / "spec.json").write_text(plan.datasets["x"].manifest_spec.text)
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def test_jobs_close_the_archives_that_they_are_done_with(work: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= LIMIT
    done = subprocess.run(
        [sys.executable, "job.py"],
        cwd=work,
        env={"PYTHONPATH": str(ROOT / "workflow" / "scripts"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
