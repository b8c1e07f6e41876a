"""CPU seconds and memory of planning: `snakemake --dry-run` on the demo and on a whole thesis.

    python benchmarks/plan.py [--times 1 2 4]

The thesis's config is made here: the shipped configs of chapter 3, to which runs, clones, transfer
sets and encoders of chapters 4 and 5 are added in their true numbers. At several times as many
encoders the growth is fitted: seconds ~ jobs ^ exponent. Every file that the config names is made
empty; nothing runs.
"""

import argparse
import json
import math
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "config", "envs", "resources")
CHAPTER_3 = ("imagenet-cog", "cog-31", "cog-analysis")
RUNS, CLONES, TRANSFER = 76, 30, 13


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


def plan(folder: Path, config: dict[str, Any]) -> tuple[int, float, float]:
    """Return jobs, CPU seconds and peak memory (MB) of a dry run in `folder`."""
    file = folder / "benchmark.yaml"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--quiet", "rules"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*command, "--configfile", str(file)], cwd=folder, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"^total\s+(\d+)", done.stdout + done.stderr, re.MULTILINE)
    if done.returncode or found is None:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(found[1]), seconds, after.ru_maxrss / 1024


def prepare(folder: Path) -> None:
    """Copy the workflow and make every file that the configs above name, empty."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4], help="of the encoders")
    args = parser.parse_args()
    print(f"{'config':<16}{'jobs':>8}{'CPU s':>8}{'MB':>8}")
    points = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        demo = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
        jobs, seconds, memory = plan(folder, demo)
        print(f"{'demo':<16}{jobs:>8}{seconds:>8.1f}{memory:>8.0f}")
        for times in args.times:
            jobs, seconds, memory = plan(folder, thesis(times))
            points.append((math.log(jobs), math.log(seconds)))
            print(f"{f'thesis x {times}':<16}{jobs:>8}{seconds:>8.1f}{memory:>8.0f}", flush=True)
    if len(points) > 1:
        (x0, y0), (x1, y1) = points[0], points[-1]
        print(f"growth: seconds ~ jobs ^ {(y1 - y0) / (x1 - x0):.2f}")


if __name__ == "__main__":
    main()
