"""CPU seconds and memory of planning: `snakemake --dry-run` on the demo and on a whole thesis.

    python benchmarks/plan.py [--times 1 2 4]

The thesis's config is made here: the shipped configs of chapter 3, to which runs, clones, transfer
sets and encoders of chapters 4 and 5 are added in their true numbers. At several times as many
encoders the growth is fitted: seconds ~ jobs ^ exponent. Every file that the config names is made
empty; nothing runs. Beside it stands what Snakemake itself takes for as many jobs, of rules that
hold inputs and outputs only, and of rules with logs, parameters and resources as plain values.
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
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "config", "envs", "resources")
CHAPTER_3 = ("imagenet-cog", "cog-31", "cog-analysis")
RUNS, CLONES, TRANSFER = 76, 30, 13
N_ENCODERS = RUNS + 31
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


def merge(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Merge as Snakemake merges config files: mappings by key, all else replaced."""
    result = dict(base)
    for key, value in other.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merge(result[key], value) if both else value
    return result


def thesis(times: int) -> dict[str, Any]:
    """Return a config of all three chapters, with `times` as many encoders and runs."""
    config: dict[str, Any] = {}
    for name in CHAPTER_3:
        text = (ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8")
        config = merge(config, yaml.safe_load(text))
    published = dict(config["encoders"])
    transfer = [f"transfer_{number}" for number in range(TRANSFER)]
    for name in transfer:
        source = {"kind": "folder", "train_path": f"data/{name}/train"}
        source["test_path"] = f"data/{name}/test"
        config["images"][name] = {"source": source, "classes": {"file": "data/classes.txt"}}
    clones = {
        f"clone_{number}": {"generator": "sd", "like": "in1k", "seed": number, "n_shards": 20}
        for number in range(CLONES)
    }
    config["synthesis"] = {"generators": {"sd": {"path": "weights/sd"}}, "clones": clones}
    for copy in range(times):
        for number in range(RUNS):
            run = f"run_{copy}_{number}"
            dataset = f"clone_{number}" if number < CLONES else "in1k"
            section: dict[str, Any] = {"dataset": dataset, "recipe": "base", "seed": number}
            if dataset != "in1k":
                section["validation"] = {"dataset": "in1k"}
            config["training"][run] = section
            config["encoders"][run] = {"run": run}
        if copy:
            config["encoders"] |= {f"{name}_{copy}": entry for name, entry in published.items()}
    datasets = ["in1k", "cog", *transfer]
    everything = {"encoders": "all", "datasets": datasets, "protocols": ["linear"]}
    config["evaluations"]["everything"] = everything
    return config


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


def plan(folder: Path, config: dict[str, Any]) -> Cost:
    """Plan the workflow for a config."""
    file = folder / "benchmark.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    return snakemake(folder, "--dry-run", "--quiet", "rules", "--configfile", str(file))


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


def prepare(folder: Path, config: dict[str, Any]) -> None:
    """Copy the workflow and make every file and folder that the config names, empty."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__py*"))
        else:
            shutil.copy2(ROOT / part, folder / part)
    registry = yaml.safe_load((ROOT / "resources" / "encoders.yaml").read_text(encoding="utf-8"))
    names = [entry["file"] for entry in registry["models"].values()]
    names += ["sd/model_index.json", "sd/unet/config.json"]
    others = ["data/word-vectors.txt", "data/classes.txt"]
    for name in [*(f"weights/{name}" for name in names), *others]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    sources = [section["source"] for section in config["images"].values()]
    folders = [source.get(key) for source in sources for key in ("path", "train_path", "test_path")]
    folders += [section["image_counts"] for section in config["concepts"].values()]
    for name in filter(None, folders):
        (folder / name).mkdir(parents=True, exist_ok=True)


def show(name: str, cost: Cost) -> None:
    each = 1000 * cost.seconds / cost.jobs
    line = f"{name:<32}{cost.jobs:>8}{cost.seconds:>8.1f}{each:>8.2f}{cost.memory:>8.0f}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4], help="of the encoders")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, thesis(1))
        reading(folder)  # Bytecode is made once.
        empty, demo = reading(folder)
        print(f"--list-rules, CPU s: empty Snakefile {empty:.1f}, demo {demo:.1f}")
        print(f"{'dry run':<32}{'jobs':>8}{'CPU s':>8}{'ms/job':>8}{'MB':>8}")
        file = ROOT / "config" / "config.yaml"
        show("demo", plan(folder, yaml.safe_load(file.read_text(encoding="utf-8"))))
        costs = []
        for times in args.times:
            costs.append(plan(folder, thesis(times)))
            show(f"thesis x {times}", costs[-1])
        show("bare rules", floor(folder, costs[0].jobs, furnished=False))
        show("rules of plain values", floor(folder, costs[0].jobs, furnished=True))
    if len(costs) > 1:
        first, last = costs[0], costs[-1]
        exponent = math.log(last.seconds / first.seconds) / math.log(last.jobs / first.jobs)
        print(f"growth: seconds ~ jobs ^ {exponent:.2f}")


if __name__ == "__main__":
    main()
