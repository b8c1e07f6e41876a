"""CPU seconds and memory of planning: `snakemake --dry-run` on every shipped config.

    python benchmarks/plan.py [--times 1 2 4]

At several times as many runs and encoders of the whole thesis the growth is fitted: seconds ~ jobs
^ exponent. Every file that a config names is made empty; nothing runs. Beside it stands what
Snakemake itself takes for as many jobs, of rules that hold inputs and outputs only, and of rules
with logs, parameters and resources as plain values.
"""

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from cogworks.concepts.wnid_lists import NAMED
from cogworks.config import published
from cogworks.config.include import whole
from cogworks.config.yaml_file import load_yaml
from cogworks.core.cli import positive
from cogworks.core.inputs import list_of
from cogworks.images.sources.transfer_sets import TRANSFER_SETS
from cogworks.plan.datasets import Dataset
from cogworks.plan.load import load
from cogworks.plan.plan import Plan

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "config", "envs", "resources")
THESIS = Path("config", "thesis.yaml")
CHAPTERS = [Path("config", "thesis", f"chapter-{number}.yaml") for number in (3, 4, 5)]
# Every config that plans something.
SHIPPED = [
    *(Path("config", f"{name}.yaml") for name in ("config", "test", "photographs", "imagenet-cog")),
    *CHAPTERS,
    THESIS,
]
N_ENCODERS = 100
# What a rule of ours has besides inputs and outputs, as plain values.
FURNITURE = """
    log: "logs/STEM.log"
    benchmark: "logs/STEM.tsv"
    threads: 2
    resources: mem_mb=4000, runtime=60, gpu=0, device="cpu"
    params: spec="spec", code="0123456789abcdef"
    message: "{wildcards.encoder} on {wildcards.dataset}"
    shell:
        "python script.py --spec {params.spec:q} --threads {threads} --device {resources.device}"
        " --input {input:q} --output {output:q} > {log:q} 2>&1"
"""


Values = dict[str, Any]


def thesis(times: int) -> Values:
    """Return the config of the whole thesis, with `times` as many runs and encoders."""
    config = whole(ROOT / THESIS)
    runs, encoders = dict(config["training"]), dict(config["encoders"])
    for copy in range(1, times):
        for name, section in runs.items():
            config["training"][f"{name}_{copy}"] = section | {"seed": copy}
        for name, section in encoders.items():
            config["encoders"] |= copied(name, section, copy)
    for entry in config["evaluations"].values():
        names = [copied_names(name, encoders, times) for name in entry["encoders"]]
        entry["encoders"] = [name for group in names for name in group]
    return config


def copied(name: str, section: Values, copy: int) -> dict[str, Values]:
    """Return copies of the encoders that an entry stands for, by their names."""
    if section.get("registry") == published.ALL:
        return {f"{model}_{copy}": section | {"registry": model} for model in published.benchmark()}
    run = {"run": f"{section['run']}_{copy}"} if "run" in section else {}
    return {f"{name}_{copy}": section | run}


def copied_names(name: str, encoders: dict[str, Values], times: int) -> list[str]:
    """Return a name in a list of encoders, and those of its copies."""
    copies = range(1, times)
    if name not in encoders:  # one run of a sweep
        return [name]
    return [name, *(n for copy in copies for n in copied(name, encoders[name], copy))]


class Cost(NamedTuple):
    """What one run of Snakemake took: jobs planned, CPU seconds, peak memory (MB)."""

    jobs: int
    seconds: float
    memory: float


def snakemake(folder: Path, *options: str) -> Cost:
    """Run Snakemake in `folder`, with bytecode kept, as in a usual installation."""
    kept = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "--cores", "1", *options],
            cwd=folder,
            env=kept | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(text[-3000:])
    found = re.search(r"^total\s+(\d+)", text, re.MULTILINE)
    seconds = usage.ru_utime + usage.ru_stime
    return Cost(int(found[1]) if found else 0, seconds, usage.ru_maxrss / 1024)


def plan(folder: Path, config: Path) -> Cost:
    """Plan the workflow for a config."""
    return snakemake(folder, "--dry-run", "--quiet", "rules", "--configfile", str(config))


def floor(folder: Path, jobs: int, *, furnished: bool) -> Cost:
    """Plan as many jobs of features, searches and fits with plain strings: Snakemake's own cost."""
    n_sets = max(1, round(jobs / 4 / N_ENCODERS))
    sources = ["sources/{dataset}.parquet", "sources/{encoder}.parquet"]
    (folder / "sources").mkdir(exist_ok=True)
    for name in [*map(str, range(n_sets)), *(f"e{number}" for number in range(N_ENCODERS))]:
        (folder / "sources" / f"{name}.parquet").touch()
    stem, trials, scores = (
        f"{kind}/{{encoder}}/{{dataset}}" for kind in ("features", "trials", "scores")
    )
    train, test, any_split = (
        [f"{stem}/{split}.npy", f"{stem}/{split}.parquet"] for split in ("train", "test", "{split}")
    )
    targets = [f"scores/e{e}/{d}" for e in range(N_ENCODERS) for d in range(n_sets)]
    rules = [
        'wildcard_constraints: encoder="[^/]+", dataset="[^/]+", split="[^/]+"',
        f"rule all:\n    default_target: True\n    input: {targets}",
        rule("extract", sources, any_split, furnished=furnished),
        rule("tune", [*train, sources[0]], [trials], furnished=furnished),
        rule("fit", [trials, *train, *test, sources[0]], [scores], furnished=furnished),
    ]
    file = folder / "Floor"
    file.write_text("\n\n".join(rules), encoding="utf-8")
    return snakemake(folder, "--dry-run", "--quiet", "rules", "--snakefile", str(file))


def rule(name: str, inputs: list[str], outputs: list[str], *, furnished: bool) -> str:
    """Return the text of a rule without functions."""
    more = FURNITURE.replace("STEM", f"{name}/{outputs[0]}") if furnished else '\n    shell: "true"'
    return f"rule {name}:\n    input: {inputs}\n    output: {outputs}{more}"


def reading(folder: Path) -> tuple[float, float]:
    """Return the CPU seconds of `--list-rules`: of an empty Snakefile, and of the demo."""
    file = folder / "Empty"
    file.write_text("rule all:\n", encoding="utf-8")
    empty = snakemake(folder, "--list-rules", "--snakefile", str(file))
    return empty.seconds, snakemake(folder, "--list-rules").seconds


def prepare(folder: Path) -> None:
    """Copy the workflow, and make every file and folder that a shipped config names, empty."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            ignored = shutil.ignore_patterns("__py*", "wordnet")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            shutil.copy2(ROOT / part, folder / part)
    wordnet = ROOT / "resources" / "wordnet"
    if wordnet.is_dir():
        (folder / "resources" / "wordnet").symlink_to(wordnet.resolve())
    for path in SHIPPED:
        found = load(load_yaml(ROOT / path), [ROOT / path])
        for name in folders(found):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in files(found):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()


def folders(found: Plan) -> Iterator[str]:
    """Yield the folders of the user's that a config names."""
    for benchmark in found.benchmarks.values():
        yield from list_of(benchmark.section.image_counts)
    for dataset in found.datasets.values():
        if dataset.section.source.kind not in ("parquet", "world"):
            yield from dataset.given.places
        for name in transfer_sets(dataset):
            made = TRANSFER_SETS.load(name).folder or ""
            # An empty one does not count as fetched.
            yield from (f"{place}/{made}/images" for place in dataset.given.places)


def files(found: Plan) -> Iterator[str]:
    """Yield the files of the user's that a config names."""
    for benchmark in found.benchmarks.values():
        section = benchmark.section
        lists = (*list_of(section.pool), section.seen, section.word_vectors.file)
        yield from (name for name in lists if name is not None and name not in NAMED)
    for dataset in found.datasets.values():
        yield from files_of_images(dataset)
    for encoder in found.encoders.values():
        if encoder.run is None and encoder.weights == "checkpoint":
            yield from encoder.files
    for run in found.runs.values():
        if run.section.start is not None and run.section.start.checkpoint is not None:
            yield run.section.start.checkpoint
    for generator in found.config.synthesis.generators.values():
        if generator.path is not None:
            yield f"{generator.path}/model_index.json"
            yield f"{generator.path}/unet/config.json"


def files_of_images(dataset: Dataset) -> Iterator[str]:
    """Yield a data set's packs, and what its user puts beside its images by hand."""
    source = dataset.section.source
    if source.kind == "parquet":
        yield from dataset.given.places
    for name in transfer_sets(dataset):
        names = TRANSFER_SETS.load(name).by_hand.files
        yield from (f"{place}/{file}" for place in dataset.given.places for file in names)


def transfer_sets(dataset: Dataset) -> list[str]:
    """Return torchvision's data sets that a data set reads."""
    return [*list_of(dataset.section.source.dataset), *list_of(dataset.section.source.datasets)]


def show(name: str, cost: Cost) -> None:
    each = 1000 * cost.seconds / cost.jobs if cost.jobs else 0
    line = f"{name:<32}{cost.jobs:>8}{cost.seconds:>8.1f}{each:>8.2f}{cost.memory:>8.0f}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--times", type=positive, nargs="+", default=[1, 2, 4], help="of the encoders"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        reading(folder)  # Bytecode is made once.
        empty, demo = reading(folder)
        print(f"--list-rules, CPU s: empty Snakefile {empty:.1f}, demo {demo:.1f}")
        print(f"{'dry run':<32}{'jobs':>8}{'CPU s':>8}{'ms/job':>8}{'MB':>8}")
        for path in SHIPPED:
            show(path.stem, plan(folder, path))
        costs = []
        for times in args.times:
            file = folder / "copies.yaml"
            file.write_text(json.dumps(thesis(times)), encoding="utf-8")
            costs.append(plan(folder, file))
            show(f"thesis x {times}", costs[-1])
        show("bare rules", floor(folder, costs[0].jobs, furnished=False))
        show("rules of plain values", floor(folder, costs[0].jobs, furnished=True))
    if len(costs) > 1:
        first, last = costs[0], costs[-1]
        exponent = math.log(last.seconds / first.seconds) / math.log(last.jobs / first.jobs)
        print(f"growth: seconds ~ jobs ^ {exponent:.2f}")


if __name__ == "__main__":
    main()
