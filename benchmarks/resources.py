"""What large jobs use beside what they ask for: memory and time, by rule.

    python benchmarks/resources.py [--scale 1.0] [JOB ...]

Each job is the script of a rule on made-up inputs, in a process of its own, with the request that
the workflow would make for them. At scale 1 the largest take some 6 GB of memory; the scale is that
of numbers of images. `--list` names the jobs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.core import place
from cogworks.core.cli import above_0
from cogworks.estimates.usage import Use, told
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.plan.requests import Requests

SCRIPTS = place.ROOT / "workflow" / "scripts"
CLASSES, DIM = 100, 2048
NAMES = [f"class-{number:04d}" for number in range(CLASSES)]
# Images of which there are features, or rows of a listing, and how many times a clone has them.
FEATURES, LISTED, MULTIPLE = 300_000, 400_000, 25


class Job(NamedTuple):
    """A job: its plan, its rule, wildcards and arguments, and the shards that it joins."""

    plan: Plan
    rule: str
    wildcards: dict[str, Any]
    arguments: list[Any]
    shards: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """Return its command line."""
        return [sys.executable, str(SCRIPTS / f"{self.rule}.py"), *map(str, self.arguments)]

    @property
    def asked(self) -> tuple[int, int]:
        """Return the MB and minutes that the workflow asks for."""
        wildcards, files = SimpleNamespace(**self.wildcards), SimpleNamespace(shards=self.shards)
        return Requests(self.plan).of(self.rule, wildcards, files)


def plan_of(**sections: Any) -> Plan:
    """Return the plan of a data set of photographs in folders, and of other sections."""
    source = {"kind": "folder", "train_path": "photographs", "test_path": "photographs"}
    images = {"photographs": {"source": source, "classes": {"names": NAMES}}}
    return load({"images": images, **sections}, warn=lambda _: None)


def write_images(plan: Plan, split: str, images: int) -> Any:
    """Write the manifest of a split: one image, that is named so often."""
    import numpy as np
    import pandas as pd
    from PIL import Image

    from cogworks.images.manifest import write_manifest

    path = Path(plan.images("photographs").manifest(split))
    path.parent.mkdir(parents=True, exist_ok=True)
    image = path.with_suffix(".jpg")
    noise = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(image)
    frame = pd.DataFrame(
        {
            "id": [f"class/image_{number:08d}.JPEG" for number in range(images)],
            "path": str(image),
            "container": "file",
            "locator": 0,
            "size": image.stat().st_size,
            "wnid": [NAMES[number % CLASSES] for number in range(images)],
        }
    )
    return write_manifest(frame, path, dataset="photographs", split=split, classes=NAMES)


def write_features(plan: Plan, split: str, rows: int, shards: int = 1) -> None:
    """Write features in float16 of a split, of one encoder, in one file or in shards."""
    import numpy as np

    from cogworks.core.files import sha256_file
    from cogworks.encoders.partial import write_header
    from cogworks.encoders.shards import shard_paths
    from cogworks.encoders.store import write_index

    manifest = write_images(plan, split, rows)
    whole = plan.encoders["encoder"].features("photographs", split)
    pairs = [tuple(whole)] if shards == 1 else shard_paths(whole.array, shards)
    generator = np.random.default_rng(0)
    block = generator.standard_normal((4096, DIM), dtype=np.float32).astype(np.float16)
    for number, (array, index) in enumerate(pairs):
        start, stop = (rows * place // shards for place in (number, number + 1))
        Path(array).parent.mkdir(parents=True, exist_ok=True)
        with open(array, "wb") as handle:
            write_header(handle, stop - start, DIM, block.dtype)
            for first in range(start, stop, len(block)):
                handle.write(block[: min(len(block), stop - first)].tobytes())
        metadata = {
            "encoder": "encoder",
            "version": "0" * 16,
            "dataset": "photographs",
            "split": split,
            "classes": NAMES,
            "manifest": manifest.digest,
            "start": start,
            "stop": stop,
            "images": rows,
            "dropped": [],
            "sha256": sha256_file(array),
            "dim": DIM,
            "dtype": "float16",
        }
        write_index(manifest.frame[start:stop], index, metadata=metadata)


ENCODER = {"model": "torchvision:resnet50", "weights": "random", "dtype": "float16"}


def probing(scale: float, **protocol: Any) -> Plan:
    """Return the plan of a probe on large features, which are written."""
    used = {"encoders": ["encoder"], "datasets": ["photographs"], "protocols": ["probe"]}
    plan = plan_of(
        encoders={"encoder": ENCODER},
        probes={"probe": protocol},
        evaluations={"all": used},
        analysis={"all": {"encoders": ["encoder"], "datasets": ["photographs"], "split": "train"}},
    )
    write_features(plan, "train", round(FEATURES * scale))
    write_features(plan, "test", round(FEATURES * scale / 6))
    return plan


CELL = ("encoder", "photographs", "probe")
PROBE = dict(zip(("encoder", "dataset", "protocol"), CELL, strict=True))
SGD = {
    "kind": "sgd",
    "shots": ["all"],
    "seeds": 1,
    "epochs": 1,
    "trials": 5,
    "first_batch": 5,
    "batch": 5,
}


def tune(scale: float) -> Iterator[Job]:
    """A search on features in float16."""
    job = probing(scale, **SGD).jobs[CELL]
    yield _tuning(job)


def _tuning(job: Any) -> Job:
    inputs = job.tune_inputs
    arguments = [
        "--spec",
        job.tune_spec.text,
        *_options(inputs, "features", "indices", "manifests"),
    ]
    arguments += ["--levels", "--cells", job.searches, "--output", job.trials]
    return Job(job.plan, "tune_probes", PROBE, [*arguments, "--threads", 2])


def fit(scale: float) -> Iterator[Job]:
    """A fit after its search."""
    job = probing(scale, **SGD | {"trials": 1, "first_batch": 1, "batch": 1}).jobs[CELL]
    subprocess.run(_tuning(job).command, check=True)
    yield _fitting(job)


def _fitting(job: Any) -> Job:
    inputs = job.fit_inputs
    kinds = ("features", "indices", "manifests")
    keys = [f"{part}_{kind}" for part in ("train", "test", "other") for kind in kinds]
    arguments = ["--spec", job.fit_spec.text, *_options(inputs, "trials", "levels", *keys)]
    arguments += ["--cells", job.cells, "--output", job.scores, "--threads", 2]
    return Job(job.plan, "fit_probes", PROBE, arguments)


def nearest(scale: float) -> Iterator[Job]:
    """Nearest neighbours, of few test images."""
    plan = probing(scale, kind="knn", shots=["all"], seeds=1)
    write_features(plan, "test", 2000)
    yield _fitting(plan.jobs[CELL])


def lbfgs(scale: float) -> Iterator[Job]:
    """A search by L-BFGS, on a tenth of the images."""
    trials = {"trials": 5, "first_batch": 5, "batch": 5, "max_iterations": 5}
    plan = probing(scale / 10, kind="lbfgs", shots=["all"], seeds=1, **trials)
    yield _tuning(plan.jobs[CELL])


def measure(scale: float) -> Iterator[Job]:
    """All measures of features."""
    plan = probing(scale, **SGD)
    [found] = plan.measures.values()
    options = _options(found.inputs, "features", "index")
    arguments = ["--spec", found.spec.text, *options, "--output", found.table, "--threads", 2]
    wildcards = {"encoder": "encoder", "dataset": "photographs", "split": "train"}
    yield Job(plan, "measure_features", wildcards, arguments)


def join(scale: float) -> Iterator[Job]:
    """The joining of eight shards of features."""
    plan = plan_of(encoders={"encoder": ENCODER | {"shards": 8}})
    write_features(plan, "train", round(FEATURES * scale), shards=8)
    yield _extraction(plan)._replace(shards=("shard",))


def _extraction(plan: Plan) -> Job:
    encoder, images = plan.encoders["encoder"], plan.images("photographs")
    features = encoder.features("photographs", "train")
    arguments = ["--spec", encoder.spec.text, "--threads", 2, "--device", "cpu"]
    arguments += ["--shards", encoder.section.shards, "--manifest", images.manifest("train")]
    arguments += ["--features", features.array, "--index", features.table]
    wildcards = {"encoder": "encoder", "dataset": "photographs", "split": "train"}
    return Job(plan, "extract_features", wildcards, arguments)


def efficientnet(scale: float) -> Iterator[Job]:
    """The features of a batch and a half of photographs by EfficientNet-B4 at 380 pixels."""
    model = {"model": "torchvision:efficientnet_b4", "image_size": 380, "weights": "random"}
    plan = plan_of(encoders={"encoder": model})
    write_images(plan, "train", 192)
    yield _extraction(plan)


def manifest(scale: float) -> Iterator[Job]:
    """The manifests of image files in folders."""
    plan = plan_of()
    images = round(LISTED * scale)
    for name in NAMES:
        folder = Path("photographs", name)
        folder.mkdir(parents=True)
        for number in range(images // CLASSES):
            (folder / f"{name}_{number:07d}.JPEG").touch()
    # From which the request is made.
    for split in ("train", "test"):
        write_images(plan, split, images)
    found = plan.datasets["photographs"]
    classes = ["--spec", found.classes_spec.text, "--tables", "--output", found.class_table]
    wildcards = {"dataset": "photographs"}
    subprocess.run(Job(plan, "list_classes", wildcards, classes).command, check=True)
    arguments: list[Any] = [
        "--spec",
        found.manifest_spec.text,
        "--classes",
        found.class_table,
        "--threads",
        2,
    ]
    arguments += [f"--{split}={found.manifest(split)}" for split in ("train", "val", "test")]
    yield Job(plan, "build_manifest", wildcards, arguments)


def clone(scale: float) -> Iterator[Job]:
    """The merging of a clone of 25 times 128,000 images (see benchmarks/merge.py)."""
    import merge

    multiple = round(MULTIPLE * scale)
    merge.write_tables(multiple)
    synthesis = {
        "generators": {"tiny": {"train": {"dataset": "photographs"}}},
        "clones": {
            "clone": {
                "generator": "tiny",
                "like": "photographs",
                "multiple": multiple,
                "images_per_class": merge.EACH,
                "n_shards": merge.N_SHARDS,
            }
        },
    }
    plan = plan_of(synthesis=synthesis)
    found = plan.clones["clone"]
    arguments = ["--spec", found.merge_spec.text, "--n-shards", merge.N_SHARDS]
    arguments += ["--classes", found.class_table, "--manifest", found.manifest("train")]
    arguments += ["--quality", found.table("quality")]
    yield Job(plan, "merge_clone", {"clone": "clone"}, arguments)


def train(scale: float) -> Iterator[Job]:
    """Two steps of ResNet50 on crops of 224 pixels."""
    run = {
        "dataset": "photographs",
        "recipe": "base",
        "scale": "imagenet",
        "optimizer": {"epochs": 1, "batch": 32, "warmup_epochs": 0},
        "precision": "float32",
        "validation": {"split": "none"},
    }
    plan = plan_of(training={"run": run})
    write_images(plan, "train", CLASSES)
    found = plan.runs["run"]
    arguments: list[Any] = ["--spec", found.spec.text, "--manifest", found.inputs["manifest"]]
    arguments += ["--validation", "--start", "--folder", found.folder, "--state", found.state]
    arguments += ["--threads", 2, "--device", "cpu", "--cache-mb", 1000]
    yield Job(plan, "train_encoder", {"run": "run"}, arguments)


def rank(scale: float) -> Iterator[Job]:
    """The ranking of ImageNet-CoG's concepts."""
    plan = load({"concepts": {"cog": {}}}, warn=lambda _: None)
    found = plan.benchmarks["cog"]
    place.link_bundled()
    tables = {name: found.table(name) for name in ("eligible", "seen")}
    outputs = [x for name, path in tables.items() for x in (f"--{name}", path)]
    first = ["--spec", found.select_spec.text, *outputs, "--filters", found.summary("filters")]
    yield Job(plan, "select_concepts", {"benchmark": "cog"}, first)
    second = ["--spec", found.rank_spec.text, *outputs, "--ranking", found.table("ranking")]
    yield Job(plan, "rank_concepts", {"benchmark": "cog"}, second)


JOBS: dict[str, Callable[[float], Iterator[Job]]] = {
    found.__name__: found
    for found in (
        *(rank, manifest, clone, train, efficientnet, join),
        *(tune, fit, nearest, lbfgs, measure),
    )
}


def _options(inputs: dict[str, list[str]], *keys: str) -> list[str]:
    return [word for key in keys for word in (f"--{key.replace('_', '-')}", *inputs[key])]


def measured(name: str, scale: float) -> Iterator[Use]:
    """Yield what the jobs of a name ask for and use.

    Their inputs are made in another process: what this one holds would count as its children's.
    """
    with tempfile.TemporaryDirectory() as folder:
        make = [sys.executable, __file__, "--make", name, "--scale", str(scale)]
        made = subprocess.run(make, cwd=folder, stdout=subprocess.PIPE, check=True)
        for rule, command, (asked_mb, asked_minutes) in json.loads(made.stdout.splitlines()[-1]):
            start = time.monotonic()
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"{rule}: failed")
            minutes = (time.monotonic() - start) / 60
            yield Use(rule, name, asked_mb, asked_minutes, usage.ru_maxrss / 1024, minutes)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", metavar="JOB", help="jobs; all of them by default")
    parser.add_argument("--scale", type=above_0, default=1.0)
    parser.add_argument("--list", action="store_true", help="list the jobs")
    parser.add_argument("--make", choices=JOBS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        jobs = JOBS[args.make](args.scale)
        print(json.dumps([(job.rule, job.command, job.asked) for job in jobs]))
        return
    if args.list:
        print(*(f"{name:14} {job.__doc__}" for name, job in JOBS.items()), sep="\n")
        return
    uses = []
    for name in args.jobs or JOBS:
        for use in measured(name, args.scale):
            print(f"{use.rule} {name}: {use.mb:.0f} of {use.asked_mb} MB", file=sys.stderr)
            uses.append(use)
    print(*told(uses), sep="\n")


if __name__ == "__main__":
    main()
