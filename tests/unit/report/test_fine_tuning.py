"""Frozen features against fine-tuning: which runs belong together, and the numbers."""

import math

import pandas as pd
import pytest

from cogworks.plan.load import load as load_config
from cogworks.report import fine_tuned, sections
from cogworks.report.fine_tuning import fine_tuning_figure, fine_tuning_table
from cogworks.report.style import save
from cogworks.report.summary import summarise

RUN = {"recipe": "base", "scale": "px32", "dataset": "seen"}
WORLD = {"source": {"kind": "world"}, "max_images": 10, "test_images": 5}
LEVELS = {"count": 2, "size": 100, "gaps": "none"}


def loaded(**evaluations):
    """Load a config with some of the evaluations."""
    sweep = [{"key": "dataset", "values": ["seen", "cog_l1", "cog_l2"]}]
    tuned = RUN | {"recipe": "fine_tune", "start": {"run": "base"}, "sweep": sweep}
    return load_config(
        {
            "concepts": {"cog": {"levels": LEVELS}},
            "images": {
                "seen": WORLD | {"classes": {"benchmark": "cog", "part": "seen"}},
                "cog": WORLD | {"classes": {"benchmark": "cog", "part": "levels"}},
            },
            "training": {"base": RUN, "tuned": tuned},
            "encoders": {
                "random": {"model": "cogworks:small_resnet", "weights": "random"},
                "base": {"run": "base"},
                "tuned": {"run": "tuned"},
            },
            "probes": {"linear": {"kind": "sgd"}, "own": {"kind": "classifier"}},
            "evaluations": {
                name: entry | {"datasets": ["seen", "cog"]} for name, entry in evaluations.items()
            },
        }
    )


FROZEN = {"encoders": ["random", "base"], "protocols": ["linear"]}
TUNED = {"encoders": ["tuned"], "protocols": ["own"]}


def test_runs_are_matched_by_the_weights_they_began_with():
    config = loaded(e0=FROZEN, e1=TUNED)
    job = {"protocol": "own"}
    assert fine_tuned.comparisons(config) == [
        {
            "name": "base",
            "label": "base",
            "tuned": {
                name: job | {"encoder": f"tuned_{name}"} for name in ("seen", "cog_l1", "cog_l2")
            },
        }
    ]
    assert "results/figures/fine_tuning.svg" in sections.inputs(config)


def test_a_config_without_fine_tuning_has_no_such_section():
    config = loaded(e0=FROZEN)
    assert fine_tuned.comparisons(config) == []
    assert "results/figures/fine_tuning.svg" not in sections.inputs(config)


@pytest.fixture
def comparison(scores, spec):
    """The probes of `plain`, and encoders tuned from it on the seen set and on level 1."""
    rows = scores[(scores["encoder"] == "plain") & (scores["shots"] == "all")]
    tuned = []
    for name, add in (("seen", 4.0), ("cog_l1", 11.0)):
        own = rows[(rows["dataset"] == name) & (rows["seed"] == 0)]
        values = {"encoder": f"tuned_{name}", "protocol": "own", "value": own["value"] + add}
        tuned.append(own.assign(**values))
    whole = pd.concat([scores, *tuned], ignore_index=True)
    found = {n: {"encoder": f"tuned_{n}", "protocol": "own"} for n in ("seen", "cog_l1")}
    encoder = {"name": "plain", "label": "Plain", "tuned": found}
    return summarise(whole, baseline="random"), {
        "encoders": [encoder],
        "columns": spec["columns"],
    }


def test_table(comparison):
    frame = fine_tuning_table(*comparison).frame.set_index("trained")
    # The tuned encoders have the score of seed 0, which is one point below the mean, and more.
    assert frame.loc["linear probe", "seen"] == pytest.approx(80)
    assert frame.loc["fine-tuned", "seen"] == pytest.approx(80 - 1 + 4)
    assert frame.loc["difference", "seen"] == pytest.approx(-3)
    assert frame.loc["difference", "cog_l1"] == pytest.approx(-10)
    assert frame.loc["linear probe", "seen_std"] == pytest.approx(1)
    assert math.isnan(frame.loc["difference", "cog_l2"])


def test_figure_names_both_lines(comparison, tmp_path):
    save(fine_tuning_figure(*comparison), tmp_path / "figure")
    text = (tmp_path / "figure.svg").read_text()
    assert "fine-tuned" in text
    assert "Plain" in text
