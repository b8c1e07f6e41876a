"""`cogworks rank`: from a model and a folder of photographs to a table, in one command.

It writes a config, runs the workflow on it and prints the tables. What it does stands in the config
and in Snakemake's command, which it prints.
"""

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import textwrap
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cogworks.concepts.wordnet import open_wordnet
from cogworks.config.parse import parse
from cogworks.core import cli
from cogworks.core.errors import InputError
from cogworks.core.files import write_text
from cogworks.core.inputs import read_text
from cogworks.core.place import ROOT
from cogworks.images.sources.listing import name_some
from cogworks.plan.load import load
from cogworks.plan.plan import Plan
from cogworks.rank import models, sections, synsets
from cogworks.rank.folder import Photographs, look
from cogworks.rank.levels import LEAST, Levels, levels_of

OUT = Path("results", "rank")
CONFIG, DIGEST = Path("config.yaml"), Path("images.sha256")
REPORT = Path("results", "report.html")
# The rules that look at the photographs, whose folders Snakemake does not track.
LOOKING = ("list_classes", "build_manifest")
EXAMPLES = """examples:
  cogworks rank timm:resnet18 --data photographs --online
  cogworks rank timm:resnet50 --data photographs --weights mine.safetensors
  cogworks rank my_model.py:build --data photographs
  cogworks rank timm:resnet18 --data photographs --weights random
"""


@dataclass(frozen=True)
class Answer:
    """How the photographs can answer.

    Attributes:
        levels: how their concepts are divided; None for an answer without distances.
        notes: what to say of them, a sentence each.
    """

    levels: Levels | None
    notes: list[str]


def start() -> None:
    """Do what the command line says, and exit with the status of that."""
    cli.run(main)


def main() -> int:
    """Do what the command line says; return the status of the run."""
    args = parser().parse_args()
    # Relative to where the command is given, as a shell's user expects.
    data = _absolute(args.data)
    out = _absolute(args.out or OUT / data.name)
    extra = [str(_absolute(file)) for file in args.configfile]
    table = None if args.synsets is None else _absolute(args.synsets)
    own = models.sections(args.models, args.weights, (sections.BASELINE, sections.PUBLISHED))
    photographs = look(data, sections.known_datasets())
    _check_out(out, photographs)
    out.mkdir(parents=True, exist_ok=True)
    # Snakemake runs there, and what is checked before is relative to it, too.
    with contextlib.chdir(out):
        answer = _answer(photographs, table, plain=args.plain)
        encoders, lacks = sections.encoders(own)
        config = sections.config(
            photographs,
            answer.levels,
            encoders,
            images=args.images,
            on_corrupt=args.on_corrupt,
            online=args.online,
        )
        command = _command(out, args.cores, extra)
        text = sections.as_text(config, _head(command))
        command += _options(args, photographs)
        if not (REPORT.is_file() and CONFIG.is_file() and read_text(CONFIG) == text):
            _check(config, own, online=args.online)
        write_text(text, CONFIG)
        notes = [note for note in (*answer.notes, photographs.left_out, lacks) if note]
        _say([f"Config: {out / CONFIG}", *notes, f"Runs: {shlex.join(command)}", ""])
        if not (args.dry_run or DIGEST.is_file()):
            # If this run does not reach its end, the next one goes on from what it made.
            write_text(photographs.digest, DIGEST)
        status = _run(command, online=args.online)
        if status or args.dry_run:
            return status
        write_text(photographs.digest, DIGEST)
        summary = ROOT / "workflow" / "scripts" / "print_summary.py"
        subprocess.run([sys.executable, str(summary)], check=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    program = argparse.ArgumentParser(prog="cogworks", description="Cogworks in one command.")
    rank = program.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "rank",
        help="measure encoders on a folder of photographs",
        description="Measure encoders on a folder of photographs: k-NN, few images of each class, "
        "all images, beside a random network and a published one.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    rank.add_argument("models", nargs="+", metavar="MODEL", help=models.KNOWN)
    rank.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="one folder of images for each class, or the folders that torchvision's classes make",
    )
    rank.add_argument(
        "--weights", metavar="FILE", help="file of weights, or `random`; else the library's own"
    )
    rank.add_argument(
        "--synsets",
        type=Path,
        metavar="TABLE",
        help="table of your classes and their WordNet synsets (.csv, columns class,wnid)",
    )
    rank.add_argument(
        "--plain", action="store_true", help="all classes as one, without levels of distance"
    )
    rank.add_argument(
        "--images",
        type=cli.positive,
        default=100,
        metavar="N",
        help="the most images of a class folder to use (default: 100)",
    )
    rank.add_argument(
        "--on-corrupt",
        choices=("error", "drop"),
        default="error",
        help="what to do about damaged images: name them and stop (default), or leave them out",
    )
    rank.add_argument("--online", action="store_true", help="weights may be downloaded")
    rank.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: results/rank/ and the name of the data"
    )
    rank.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="config files of your own on top of the one that is written",
    )
    rank.add_argument("--cores", default="all", metavar="N", help="CPU cores (default: all)")
    rank.add_argument("--dry-run", action="store_true", help="write the config, show the jobs")
    return program


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))


def _check_out(out: Path, photographs: Photographs) -> None:
    """Refuse a folder with the results of other photographs."""
    if not (out / CONFIG).is_file():
        return
    content: Any = yaml.safe_load(read_text(out / CONFIG))
    paths = {section["source"]["path"] for section in content["images"].values()}
    if paths != {str(photographs.folder)}:
        raise InputError(
            f"{out}: has the results of {name_some(sorted(paths))}; name another folder with --out"
        )


def _answer(photographs: Photographs, table: Path | None, *, plain: bool) -> Answer:
    """Return how the photographs can answer; class folders get a table of their synsets."""
    if photographs.datasets:
        if plain or table is not None:
            raise InputError(
                f"{photographs.folder}: these are data sets of torchvision, with tables of their "
                "own; leave out --plain and --synsets"
            )
        return _by_levels(photographs)
    wordnet = open_wordnet()
    found = synsets.synsets_of(photographs.classes, wordnet, table)
    synsets.write_table(found, wordnet, Path(sections.TABLE))
    unknown = [name for name, wnid in found.items() if not wnid]
    if plain:
        return Answer(None, [])
    if 2 * len(unknown) > len(found):
        answer = Answer(None, [_plainly("most classes have no synset")])
    else:
        answer = _by_levels(photographs)
        if answer.levels:
            answer = Answer(answer.levels, [*answer.notes, *_merged(found)])
    if not unknown:
        return answer
    note = f"{len(unknown)} of {len(found)} classes have no synset ({name_some(unknown)})"
    note += ", and are left out." if answer.levels else "."
    if table is None:
        note += (
            f" {Path(sections.TABLE).absolute()} proposes some: copy it, fill in its column wnid, "
            "and give the copy as --synsets."
        )
    return Answer(answer.levels, [*answer.notes, note])


def _merged(found: dict[str, str]) -> list[str]:
    """Say which classes are the same concept: by levels, they are one."""
    classes = defaultdict(list)
    for name, wnid in found.items():
        if wnid:
            classes[wnid].append(name)
    same = [" and ".join(names) for names in classes.values() if len(names) > 1]
    return [f"Taken together, since they are one concept: {name_some(same)}."] if same else []


def _by_levels(photographs: Photographs) -> Answer:
    """Return the answer by levels, where there are enough unseen concepts."""
    plan = Plan(parse({"concepts": sections.benchmark(photographs)}))
    levels = levels_of(plan.benchmarks[sections.BENCHMARK].select_spec)
    told = f"{levels.seen} concepts here are of IN-1K, {levels.unseen} are unseen"
    if levels.unseen >= LEAST:
        return Answer(levels, [f"{told}; {levels.count} levels of {levels.size}."])
    if photographs.datasets:
        raise InputError(
            f"{photographs.folder}: {told}, and levels take at least {LEAST} unseen. "
            f"Add more of the data sets ({', '.join(sections.known_datasets())})"
        )
    return Answer(None, [_plainly(f"{told}, and levels take at least {LEAST} unseen")])


def _plainly(reason: str) -> str:
    return f"Not by distance from IN-1K: {reason}. All classes are told from one another instead."


def _check(config: sections.Config, own: sections.Config, *, online: bool) -> None:
    """Check the config and the user's encoders, before work starts."""
    plan = load(config)
    for name in own:
        models.check(plan.encoders[name], online=online)


def _head(command: list[str]) -> list[str]:
    return [
        "Written by `cogworks rank`, which writes it anew each time: copy it to change it, or put",
        "a file of your own on top of it with --configfile. All keys are in config/README.md.",
        "",
        *textwrap.wrap(f"It runs: {shlex.join(command)}", 98, break_on_hyphens=False),
    ]


def _command(out: Path, cores: str, extra: list[str]) -> list[str]:
    """Return Snakemake's command."""
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "workflow" / "Snakefile")]
    command += ["--profile", str(ROOT / "profiles" / "local"), "--cores", cores]
    return [*command, "--directory", str(out), "--configfile", str(out / CONFIG), *extra]


def _options(args: argparse.Namespace, photographs: Photographs) -> list[str]:
    """Return the words of the command that say how it goes this time."""
    options = ["--dry-run", "--quiet", "rules"] if args.dry_run else ["--quiet", "reason"]
    if sys.stdout.isatty():
        options += ["--logger", "rich"]
    if DIGEST.is_file() and read_text(DIGEST) != photographs.digest:
        options += ["--forcerun", *LOOKING]
    return options


def _run(command: list[str], *, online: bool) -> int:
    """Run Snakemake to its end; it takes an interrupt itself, and lets its jobs end."""
    environment = os.environ | {"HF_HUB_OFFLINE": str(int(not online))}
    process = subprocess.Popen(command, env=environment)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _say(lines: list[str]) -> None:
    print(*lines, sep="\n", flush=True)
