"""What each key of the config makes stale: one change at a time, against a table for reading.

Each row of `stale_keys.csv` changes one key of `stale_keys.yaml` and says which rules' jobs would
then be made with other inputs or params, and of how many jobs; which jobs come and go. Jobs that
only follow from these are not listed. The plans are Snakemake's own, made in this process. After an
intended change, write the table anew and read the difference:

    STALE_KEYS=write python -m pytest tests/workflow/test_stale_keys.py
"""

import copy
import csv
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import snakemake.api
import snakemake.workflow
import yaml

from cogworks.config.schema import Schema, named, options, whole
from cogworks.core.codehash import SCRIPTS
from cogworks.core.how import HOW
from cogworks.encoders.shards import Note, note_path, note_text
from cogworks.plan.load import load
from cogworks.stale.dry_run import Settings, planned
from cogworks.stale.job import Made

from .conftest import parse_once

HERE = Path(__file__).parent
TABLE = HERE / "stale_keys.csv"
CONFIG = yaml.safe_load((HERE / "stale_keys.yaml").read_text())
COLUMNS = ("key", "value", "given", "stale", "new", "gone", "note")
FILES = (
    *("lists/counts.csv", "lists/vectors.txt", "lists/other_vectors.txt", "lists/scenes.txt"),
    *("lists/wnids.txt", "lists/wnids_2.txt", "lists/index.txt", "lists/index_2.txt"),
    *("lists/levels.json", "lists/splits.json", "lists/flat.txt"),
    *("packs/counts.parquet", "packs/one.parquet", "tars/one.tar"),
    *("photos/train/n01440764/1.jpg", "photos/train_2/n01440764/1.jpg"),
    *("photos/test/1.jpg", "photos/test_2/1.jpg", "transfer/dtd/labels/train1.txt"),
    *("transfer/oxford-iiit-pet/images/1.jpg", "transfer/food-101/images/1.jpg"),
    *("models/own.py", "models/own_2.py", "models/clip/config.json", "models/clip_2/config.json"),
    *("weights/start.pth", "weights/start_2.pth", "weights/published.pth"),
    *("weights/mine.pth", "weights/mine_2.pth"),
)
Row = dict[str, str]
JobName = tuple[str, frozenset[tuple[str, str]]]
Jobs = dict[JobName, Made]


def read_table() -> list[Row]:
    with TABLE.open(newline="") as handle:
        return list(csv.DictReader(handle))


def write_table(rows: Iterable[Row]) -> None:
    with TABLE.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


ROWS = read_table()


def parts(key: str) -> tuple[str | int, ...]:
    """Split `a.b[0].c`."""
    found = re.findall(r"[^.\[\]]+", key)
    return tuple(int(part) if part.isdigit() else part for part in found)


def changed(config: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    """Return a config with another value, which is YAML, in one place."""
    result = copy.deepcopy(config)
    place = result
    *outer, last = parts(key)
    for part in outer:
        place = place[part] if isinstance(part, int) else place.setdefault(part, {})
    place[last] = yaml.safe_load(value)
    return result


def given(row: Row) -> dict[str, Any]:
    """Return the config before the change: with what a row's key needs beside it."""
    config = CONFIG
    for line in filter(None, row["given"].split("; ")):
        config = changed(config, *line.split(": ", 1))
    return config


def inner(schema: Schema) -> dict[str, Schema]:
    """Return what lies in a section; a star stands for names, `[]` for positions."""
    found: dict[str, Schema] = {}
    for option in options(schema):
        found |= option.get("properties", {})
        for sub in named(option):
            found["*"] = sub
        if any("properties" in entry for entry in options(option.get("items", {}))):
            found["[]"] = option["items"]
    return found


def leaves(schema: Schema, place: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every key of the config's classes, such as `training.*.sweep.[].key`."""
    sections = inner(schema)
    for name, sub in sections.items():
        yield from leaves(sub, (*place, name))
    if not sections:
        yield ".".join(place)


def pattern(key: str) -> str:
    """Return the key of the config's classes that a place stands for, as `leaves` has it."""
    found: list[str] = []
    schema = whole()
    for part in parts(key):
        known = inner(schema)
        name = "[]" if isinstance(part, int) else part if part in known else "*"
        schema = known[name]
        found.append(name)
    return ".".join(found)


def is_how(key: str) -> bool:
    return any(key == how or key.startswith(f"{how}.") for how in HOW)


def write_files(folder: Path, wordnet: Path) -> None:
    """Make all files that the config and the table name, each with its own content."""
    for number, name in enumerate(FILES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
    for name in ("wordnet", "wordnet_2"):
        (folder / name).symlink_to(wordnet)
    for name in ("one", "two"):
        path = folder / "models" / name / "model_index.json"
        path.parent.mkdir()
        path.write_text('{"_class_name": "StableDiffusionPipeline"}')
    (folder / "empty.yaml").write_text("{}\n")


class Planner:
    """Plans configs in a folder with all that they name, as Snakemake does."""

    def __init__(self, wordnet: Path) -> None:
        write_files(Path(), wordnet)
        self._pretend_features()

    def _pretend_features(self) -> None:
        """Make finished features, and the notes that say that each was made by one job."""
        plan = load(CONFIG)
        for rule, wildcards in self.jobs(CONFIG):
            if rule == "extract_features":
                names = dict(wildcards)
                path = Path("results/features", names["encoder"], names["dataset"])
                path.mkdir(parents=True, exist_ok=True)
                features = path / f"{names['split']}.npy"
                features.touch()
                of = plan.encoders[names["encoder"]].made_of
                note_path(features).write_text(note_text(Note(1, None), of))

    def jobs(self, config: dict[str, Any]) -> Jobs:
        """Return all jobs of the default target, each with what its outputs would be made with."""
        settings = Settings(
            snakefile=str(SCRIPTS.parent / "Snakefile"),
            configfiles=["empty.yaml"],
            config=config,
            rerun_triggers=["PARAMS", "INPUT", "CODE"],
            max_checksum_file_size=0,
            deployment=[],
            conda_prefix=None,
            persistence=None,
        )
        found = planned(settings)
        return {(job.rule, frozenset(job.wildcards.items())): job.now for job in found}


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory, wordnet_dir: Path) -> Iterator[Planner]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("stale_keys"))
        patch.setattr(snakemake.workflow, "parse", parse_once(snakemake.workflow.parse))
        yield Planner(wordnet_dir)


@pytest.fixture(scope="module")
def before(planner: Planner) -> Jobs:
    return planner.jobs(CONFIG)


@pytest.fixture(scope="module")
def found_rows() -> Iterator[dict[tuple[str, str], Row]]:
    """Collect what is found, and write the table anew if asked for."""
    found: dict[tuple[str, str], Row] = {}
    yield found
    if os.environ.get("STALE_KEYS") == "write":
        write_table(row | found.get((row["key"], row["value"]), {}) for row in ROWS)


def compare(before: Jobs, after: Jobs) -> Row:
    """Return which jobs differ, in the table's words."""
    total = Counter(rule for rule, _ in before)
    stale = Counter(name[0] for name in before if name in after and before[name] != after[name])
    new = Counter(name[0] for name in after if name not in before)
    gone = Counter(name[0] for name in before if name not in after)
    return {
        "stale": ", ".join(f"{rule} {stale[rule]}/{total[rule]}" for rule in total if stale[rule]),
        "new": ", ".join(f"{rule} {count}" for rule, count in new.items()),
        "gone": ", ".join(f"{rule} {count}" for rule, count in gone.items()),
    }


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['key']}={row['value']}" for row in ROWS])
def test_a_key_makes_stale_what_the_table_says(
    row: Row, planner: Planner, before: Jobs, found_rows: dict[tuple[str, str], Row]
) -> None:
    config = given(row)
    if row["given"]:
        before = planner.jobs(config)
    after = planner.jobs(changed(config, row["key"], row["value"]))
    found = found_rows[row["key"], row["value"]] = compare(before, after)
    if is_how(pattern(row["key"])):
        assert not any(found.values()), "a key of HOW makes nothing stale"
    if os.environ.get("STALE_KEYS") != "write":
        assert found == {name: row[name] for name in found}


def test_every_key_of_the_config_has_a_row() -> None:
    rows = {pattern(row["key"]) for row in ROWS}
    # These are gone before anything is planned: see test_include.py and test_named_*.py.
    assert set(leaves(whole())) - rows == {"include", "model", "paths.*"}


def test_a_key_that_changes_nothing_is_a_matter_of_how_or_has_a_reason() -> None:
    silent = [row for row in ROWS if not (row["stale"] or row["new"] or row["gone"])]
    assert not [row["key"] for row in silent if not (row["note"] or is_how(pattern(row["key"])))]


def test_a_dry_run_of_snakemake_says_the_same(
    tmp_path: Path, make_project: Callable[..., Any], wordnet_dir: Path
) -> None:
    """Of a few keys at once, none of whose rules follows from another's."""
    project = make_project(tmp_path / "project", "mine.yaml")
    write_files(project.folder, wordnet_dir)
    mine = project.folder / "mine.yaml"
    mine.write_text(yaml.safe_dump(CONFIG))
    project.pretend_finished()
    config = CONFIG
    expected = set()
    for row in ROWS:
        if row["key"] in ("synthesis.sheets.size", "analysis.features.coding_eps2", "probes.knn.k"):
            config = changed(config, row["key"], row["value"])
            expected |= {entry.split()[0] for entry in row["stale"].split(", ")}
    mine.write_text(yaml.safe_dump(config))
    # The page follows from all of them, so that Snakemake does not compare its own params.
    assert project.changed() == expected - {"build_report"}


def test_planning_in_process_leaves_signals_alone(planner: Planner, before: Jobs) -> None:
    """Snakemake's own handler of SIGTERM would keep forked workers from ending."""
    handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        assert planner.jobs(CONFIG) == before
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, handler)
