"""Frozen features against fine-tuning: which runs belong together, and the numbers."""

import math

import pandas as pd
import pytest

from cogworks.plan.load import load as load_config
from cogworks.report.drawing.files import save
from cogworks.report.drawing.fine_tuning import fine_tuning_figure, fine_tuning_table
from cogworks.report.planned import Exhibits
from cogworks.report.specs import FineTuningSpec, OwnJob, TunedEncoder

RUN = {"recipe": "base", "scale": "px32", "dataset": "seen"}
WORLD = {"source": {"kind": "world"}, "max_images": 10, "test_images": 5}
LEVELS = {"count": 2, "size": 100, "gaps": "none"}


def loaded(**evaluations):
    """Return the exhibits of a config with these evaluations."""
    sweep = [{"key": "dataset", "values": ["seen", "cog_l1", "cog_l2"]}]
    tuned = RUN | {"recipe": "fine_tune", "start": {"run": "base"}, "sweep": sweep}
    plan = load_config(
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
    return Exhibits(plan)


FROZEN = {"encoders": ["random", "base"], "protocols": ["linear"]}
TUNED = {"encoders": ["tuned"], "protocols": ["own"]}


def test_runs_are_matched_by_the_weights_they_began_with():
    exhibits = loaded(e0=FROZEN, e1=TUNED)
    spec = exhibits.figures["fine_tuning"].spec
    names = ("seen", "cog_l1", "cog_l2")
    jobs = {name: OwnJob(encoder=f"tuned_{name}", protocol="own") for name in names}
    assert spec.encoders == [TunedEncoder(name="base", label="base", tuned=jobs)]
    assert spec.files == [
        *(f"results/probes/base/{name}/linear.parquet" for name in names),
        *(f"results/probes/tuned_{name}/{name}/own.parquet" for name in names),
    ]
    assert exhibits.tables["fine_tuning"].spec == spec


def test_a_config_without_fine_tuning_has_no_such_section():
    exhibits = loaded(e0=FROZEN)
    assert "fine_tuning" not in {*exhibits.figures, *exhibits.tables}


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
    found = {n: OwnJob(encoder=f"tuned_{n}", protocol="own") for n in ("seen", "cog_l1")}
    encoder = TunedEncoder(name="plain", label="Plain", tuned=found)
    own = FineTuningSpec(scores=spec.scores, encoders=[encoder], columns=spec.columns)
    return whole, own


def test_table(comparison):
    frame = fine_tuning_table(*comparison).frame.set_index("trained")
    # The tuned encoders have the score of seed 0, which is one point below the mean, and more.
    assert frame.loc["linear probe", "seen"] == pytest.approx(80)
    assert frame.loc["fine-tuned", "seen"] == pytest.approx(80 - 1 + 4)
    assert frame.loc["difference", "seen"] == pytest.approx(-3)
    assert frame.loc["difference", "cog_l1"] == pytest.approx(-10)
    assert frame.loc["linear probe", "seen_std"] == pytest.approx((2 / 3) ** 0.5)
    assert math.isnan(frame.loc["difference", "cog_l2"])
    # The images that are right are the same in both: no class gains, so nothing is known of others.


def test_figure_names_both_lines(comparison, tmp_path):
    save(fine_tuning_figure(*comparison), tmp_path / "figure")
    text = (tmp_path / "figure.svg").read_text()
    assert "fine-tuned" in text
    assert "Plain" in text
