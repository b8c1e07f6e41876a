"""What encoders gain concept by concept: what was planted is found, with pictures."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, write_parquet
from cogworks.report import branches as cut
from cogworks.report.branches import OTHER, branches
from cogworks.report.concept_gains import measure
from cogworks.report.drawing import thumbnails
from cogworks.report.drawing.atlas_table import PICTURES, atlas_table
from cogworks.report.drawing.branches import NOTHING, branches_figure, branches_table
from cogworks.report.drawing.concept_gains_figure import concept_gains_figure
from cogworks.report.page import atlas as page

from .conftest import EACH, SETS

UNSEEN = EACH * (len(SETS) - 1)


def test_gains_by_branch(by_concept_spec, rng):
    found = measure(by_concept_spec)
    assert [encoder.name for encoder in found.encoders] == ["trex", "plain"]
    # Sorted by what the best one gains; the seen concepts do not count.
    assert {name: int(part.sum()) for name, part in found.by_branch.items()} == {
        "bird": UNSEEN,
        "musical instrument": UNSEEN,
    }
    table = branches_table(found).frame.set_index("branch")
    assert table["gain_trex"].to_dict() == pytest.approx({"bird": 40, "musical instrument": 10})
    assert table["gain_plain"].to_dict() == pytest.approx({"bird": 10, "musical instrument": 30})
    # The interval is that of a bootstrap of concepts, a little wider as there are few.
    gains = found.gain(found.encoders[0])[found.by_branch["bird"]]
    drawn = gains[rng.integers(0, UNSEEN, (4000, UNSEEN))].mean(axis=1)
    wide = table.loc["bird", "gain_trex_high"] - table.loc["bird", "gain_trex_low"]
    assert 1 < wide / np.diff(np.percentile(drawn, [2.5, 97.5]))[0] < 1.4


def test_figures_say_where_the_best_encoder_gains(by_concept_spec):
    found = measure(by_concept_spec)
    figure = branches_figure(found)
    assert re.fullmatch(
        r"Trex gains most over Random on bird \(\+40\.0, .*\), and least on musical instrument "
        r"\(\+10\.0, .*\), of 2 branches\.",
        figure.get_label(),
    )
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [f"bird ({UNSEEN})", f"musical instrument ({UNSEEN})"]
    dots, *_ = concept_gains_figure(found).axes[0].lines[1:]
    assert sorted(set(np.round(dots.get_xdata(), 2))) == [0.4, 0.7]
    assert sorted(set(np.round(dots.get_ydata()))) == [0, 20, 30, 50]


def test_an_encoder_whose_probe_diverged_is_not_compared(by_concept_spec):
    def diverge(encoder):
        path = paths.scores(encoder, "cog_l1", "logreg")
        rows = read_parquet(path).assign(diverged=True, class_right=None, class_images=None)
        write_parquet(rows.assign(top1=np.nan, log_odds=np.nan), path)

    diverge("trex")
    assert [encoder.name for encoder in measure(by_concept_spec).encoders] == ["plain"]
    diverge("random")
    assert measure(by_concept_spec) is None
    assert branches_table(None).note == atlas_table(None).note == NOTHING
    assert branches_figure(None).get_label() == NOTHING


def test_other_images_than_those_of_the_scores_are_refused(by_concept_spec):
    path = by_concept_spec.sets[2].test
    frame = read_parquet(path)
    write_parquet(frame[frame["label"] > 0], path, metadata=read_metadata(path))
    with pytest.raises(InputError, match=f"{path}: 11 classes .* cog_l2 have 12"):
        measure(by_concept_spec)


def test_the_atlas(by_concept_spec, monkeypatch):
    found = measure(by_concept_spec)
    table = atlas_table(found)
    frame = table.frame.reset_index(drop=True)
    assert table.title == "Concepts that Trex gains over Random (points of top-1)"
    assert frame["seen"].tolist() == [False] * 4 * EACH + [True] * 2 * EACH
    assert frame["gain"][: 4 * EACH].is_monotonic_decreasing
    assert set(frame["branch"][:EACH]) == {"bird"}
    first = frame.iloc[0]
    assert (first["gain"], first["top1"], first["other_top1"]) == pytest.approx((50, 80, 30))
    # Its pictures are those of its own test images.
    places = {wnid: place for s in by_concept_spec.sets for place, wnid in enumerate(classes(s))}
    for _, row in frame.iterrows():
        with Image.open(io.BytesIO(row[PICTURES])) as strip:
            assert strip.size == (3 * thumbnails.SIDE, thumbnails.SIDE)
            red = np.asarray(strip.convert("RGB"))[..., 0].mean()
        assert red == pytest.approx(20 * places[row["wnid"]], abs=8)
    # Of many concepts, those have pictures on which each encoder gains most or least.
    monkeypatch.setattr(thumbnails, "CONCEPTS", 4)
    few = atlas_table(found).frame
    pictured = few[few[PICTURES].notna()]
    assert sorted(pictured["gain"]) == pytest.approx([0, 20, 30, 50])


def classes(entry):
    return list(read_parquet(entry.classes)["wnid"])


def numbers(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])


def test_the_page_holds_all_scores_and_of_many_concepts_both_ends(by_concept_spec, monkeypatch):
    found = measure(by_concept_spec)
    table = atlas_table(found)
    html = page.atlas(table, name="atlas")
    data = numbers(html)
    assert html.count("<tr data-place") == html.count("<img") == 6 * EACH
    assert data["sets"] == ["seen", "L1", "L2"]
    assert data["pictures"] == {}
    for label, text in zip(data["encoders"], data["shares"], strict=True):
        shares = np.frombuffer(base64.b64decode(text), "<u2") / data["units"]
        assert shares == pytest.approx(table.frame[f"share:{label}"].to_numpy(), abs=1e-4)
    monkeypatch.setattr(page, "EDGE", 5)
    html = page.atlas(table, name="atlas")
    assert html.count("<tr data-place") == 10
    assert f"… {4 * EACH - 10} more …" in html
    assert len(numbers(html)["pictures"]) == 6 * EACH - 10
    odd = table.frame.assign(name="</script><b>")
    html = page.atlas(type(table)(table.title, table.columns, odd), name="atlas")
    assert html.count("</script>") == 1
    assert numbers(html)["names"][0] == "</script><b>"


def test_branches_are_large_and_few(in_branches, monkeypatch):
    wordnet = open_wordnet()
    birds, instruments = in_branches.values()
    snake, sport = "n01726692", "n00523513"
    wnids = [*birds[:9], *instruments[:9], snake, sport, "not a synset"]
    every = [True] * len(wnids)
    found = branches(wordnet, wnids, every)
    # A snake alone is no branch, nor are animals with it: it takes the birds in.
    assert found == ["animal"] * 9 + ["musical instrument"] * 9 + ["animal"] + [OTHER] * 2
    # Concepts that do not count make no branch.
    assert set(branches(wordnet, wnids, [True] * 9 + [False] * 12)) == {"animal", OTHER}
    monkeypatch.setattr(cut, "MOST", 3)
    many = [wnid for wnid in wordnet.wnids()[::40] if wordnet.ancestors(wnid)]
    assert {"animal", "plant"} <= set(branches(wordnet, many, [True] * len(many)))
    # Another ontology has no birds: all that is above its concepts may be a branch.
    monkeypatch.setattr(cut, "KNOWN", {"n99999999": "phoenix"})
    found = branches(wordnet, wnids[:18], every[:18])
    assert found == ["bird"] * 9 + ["musical instrument"] * 9


def test_a_concept_is_in_the_nearest_branch_and_what_is_left_is_other(in_branches):
    wordnet = open_wordnet()
    mammals = [w for w in wordnet.wnids() if "n02084071" in wordnet.ancestors(w)][:10]
    found = branches(wordnet, [*mammals, *in_branches["bird"]], [True] * 28)
    assert found == ["dog"] * 10 + ["bird"] * 18
    snakes = [w for w in wordnet.wnids() if "n01661091" in wordnet.ancestors(w)][:8]
    fish = [w for w in wordnet.wnids() if "n02512053" in wordnet.ancestors(w)][:3]
    insects = [w for w in wordnet.wnids() if "n02159955" in wordnet.ancestors(w)][:5]
    found = branches(wordnet, [*snakes, *fish, *insects], [True] * 16)
    assert found == ["reptile"] * 8 + ["other animal"] * 8
    assert pd.Series(found).value_counts().min() >= cut.FEWEST
