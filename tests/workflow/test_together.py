"""Encoders that share one decoding, in Snakemake: who is finished stays so, whoever comes."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from cogworks.core.codehash import SCRIPTS
from cogworks.stale.dry_run import Settings, planned

SMALL = {"model": "cogworks:small_resnet", "weights": "random", "image_size": 16}
CONFIG: dict[str, Any] = {
    "images": {
        "photos": {
            "source": {"kind": "folder", "path": "photos"},
            "classes": {"names": ["cat", "dog"]},
            "test_share": 0.25,
        }
    },
    "encoders": {"a": SMALL, "b": SMALL | {"seed": 1}},
    "probes": {"near": {"kind": "knn", "k": 3}},
    "evaluations": {"all": {"encoders": "all", "datasets": ["photos"], "protocols": ["near"]}},
}
PROBES = [f"results/probes/{name}/photos/near.parquet" for name in "ab"]


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[..., Any], rng: np.random.Generator) -> Any:
    project = make_project(tmp_path / "project", "mine.yaml")
    (project.folder / "mine.yaml").write_text(yaml.safe_dump(CONFIG))
    for name in ("cat", "dog"):
        folder = project.folder / "photos" / name
        folder.mkdir(parents=True)
        for number in range(8):
            pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return project


def needed(config: dict[str, Any]) -> set[str]:
    """Return the jobs of features and probes that a run would execute, without their splits."""
    settings = Settings(
        snakefile=str(SCRIPTS.parent / "Snakefile"),
        configfiles=["mine.yaml"],
        config=config,
        rerun_triggers=["CODE", "INPUT", "MTIME", "PARAMS", "SOFTWARE_ENV"],
        max_checksum_file_size=10**6,
        deployment=[],
        conda_prefix=None,
        persistence=None,
    )
    rules = ("extract_together", "extract_features", "fit_probes")
    return {
        f"{job.rule} {job.wildcards.get('encoder') or job.wildcards['number']}"
        for job in planned(settings)
        if job.needed and job.rule in rules
    }


def changed(**values: Any) -> dict[str, Any]:
    """Return the config with other values of encoders, or of other sections."""
    config = copy.deepcopy(CONFIG)
    for name, value in values.items():
        section = config if name in ("compute", "probes") else config["encoders"]
        section[name] = value
    return config


def test_a_new_encoder_plans_its_own_jobs_alone(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = project.snakemake(*PROBES)
    assert output.count("Features of several encoders on photos/") == 2
    assert not list(project.folder.glob("results/features/*/photos/*.shared"))
    monkeypatch.chdir(project.folder)
    assert needed(CONFIG) == set()
    c, d = SMALL | {"seed": 2}, SMALL | {"seed": 3}
    of_c = {"extract_features c", "fit_probes c"}
    assert needed(changed(c=c)) == of_c
    others = of_c | {"extract_together 1", "extract_features d", "fit_probes d"}
    assert needed(changed(c=c, d=d)) == others
    assert needed(changed(compute={"encoders_together": 1})) == set()
    # Where a job runs only for others, changes of what is finished must still be seen.
    probes = {"near": {"kind": "knn", "k": 2}}
    both = {"fit_probes a", "fit_probes b"}
    assert needed(changed(c=c, d=d, probes=probes)) == others | both
    stale = needed(changed(a=SMALL | {"seed": 4}, c=c))
    assert stale == of_c | {"extract_together 1", "extract_features a", "fit_probes a"}
