"""Levels that the thesis has not: six of them, and sets with the names of its test sets."""

import pandas as pd
import pytest

from cogworks.core.files import write_parquet
from cogworks.core.place import link_bundled
from cogworks.plan.load import load
from cogworks.report.planned import Exhibits
from cogworks.report.specs import ScoresSpec

WORLD = {"source": {"kind": "world", "size": 32}, "max_images": 20, "test_images": 5}
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}
CONFIG = {
    "concepts": {"cog": {"levels": {"count": 6, "size": 100, "gaps": "none"}}},
    "images": {
        "seen": WORLD | {"classes": {"benchmark": "cog", "part": "seen"}},
        "sketch": WORLD | {"classes": {"benchmark": "cog", "part": "level", "level": 1}},
        "cog": WORLD | {"classes": {"benchmark": "cog", "part": "levels"}},
        "r": WORLD | {"classes": {"wnids": ["n02084071", "n02121620"]}},
    },
    "encoders": {"one": RANDOM},
    "probes": {"linear": {"kind": "sgd", "seeds": 2}},
    "evaluations": {
        "all": {
            "encoders": "all",
            "datasets": ["seen", "sketch", "cog", "r"],
            "protocols": ["linear"],
            "test_sets": ["r"],
        },
    },
}


def rows(key, test_sets):
    """Return the table of one job."""
    encoder, dataset, protocol = key
    frame = pd.DataFrame(
        [(test_set, "all", seed) for test_set in [dataset, *test_sets] for seed in (0, 1)],
        columns=["test_set", "shots", "seed"],
    )
    numbers = {"top1": 50.0, "top5": 70.0, "mean_class": 50.0, "log_odds": 0.0}
    sizes = {"n_train": 10, "n_test": 4, "n_classes": 2}
    counts = {"class_right": [[1, 1]] * len(frame), "class_images": [[2, 2]] * len(frame)}
    return frame.assign(
        encoder=encoder, dataset=dataset, protocol=protocol, diverged=False, converged=None
    ).assign(**numbers, **sizes, **counts)


@pytest.mark.parametrize(
    "report",
    [
        {"levels": ["r", "sketch", "cog"]},
        {"published_as": {"cog_l1": "aircraft", "seen": "v2", "cog_l6": "sketch"}},
    ],
)
def test_every_exhibit_beside_the_published_can_be_made(tmp_path, monkeypatch, report):
    monkeypatch.chdir(tmp_path)
    link_bundled()
    exhibits = Exhibits(load(CONFIG | {"report": report}))
    for key, job in exhibits.plan.jobs.items():
        # A data set is no further test set of itself: it would be scored twice.
        assert [found.name for found in job.test_sets] == ["r"] * (job.dataset != "r")
        write_parquet(rows(key, [found.name for found in job.test_sets]), job.scores)
    shown = [found for found in exhibits.planned if isinstance(found.spec, ScoresSpec)]
    beside = [found for found in shown if found.spec.paper.names]
    assert len(beside) > 3
    for found in beside:
        found.kind.make(found.spec)
        assert found.numbered is None or found.numbered.number != "B.7"
