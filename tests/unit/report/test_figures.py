"""Figures: what they draw, and that the same numbers give the same bytes."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from cogworks.report.drawing import style
from cogworks.report.drawing.ablation_figure import ablation_figure
from cogworks.report.drawing.concept_figures import images_figure
from cogworks.report.drawing.feature_figures import feature_figure, spectrum_figure
from cogworks.report.drawing.features import averages, feature_table, mean_spectra
from cogworks.report.drawing.few_shot_figure import few_shot_figure
from cogworks.report.drawing.files import save
from cogworks.report.drawing.level_figures import absolute_figure, relative_figure
from cogworks.report.drawing.ranking_figure import rankings_figure
from cogworks.report.drawing.style import looks, spread
from cogworks.report.drawing.trade_off_figure import trade_off_figure
from cogworks.report.drawing.training_figures import (
    CURVES,
    PIECES,
    thin,
    trace_figure,
    training_figure,
)
from cogworks.report.drawing.transfer import training_versus_transfer
from cogworks.report.page.svg import inline_svg
from cogworks.report.specs import (
    AblationSpec,
    FeaturesSpec,
    Group,
    LevelsSpec,
    PlaneSpec,
    Point,
    Ranking,
    RankingsSpec,
    RunRow,
    Series,
    TracesSpec,
    TrainingSpec,
    TransferSpec,
)
from cogworks.report.summary import BOUNDS, RELATIVE_BOUNDS

from .conftest import NO_SCORES


def lines(axes) -> dict[str, list[float]]:
    """The heights of the lines that have a name."""
    found = {}
    for handle, name in zip(*style.legend_entries(axes), strict=True):
        line = getattr(handle, "lines", [handle])[0]
        found.setdefault(name, np.asarray(line.get_ydata()).tolist())
    return found


def test_the_same_numbers_give_the_same_bytes(summary, spec, tmp_path):
    for name in ("a", "b"):
        save(absolute_figure(summary, spec), tmp_path / name)
    for suffix in (".svg", ".png"):
        first, second = (tmp_path / f"{name}{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    text = (tmp_path / "a.svg").read_text()
    assert "<dc:date>" not in text


def test_only_colours_that_the_page_can_replace(summary, spec, tmp_path):
    save(relative_figure(summary, spec), tmp_path / "f")
    found = set(re.findall(r"#[0-9a-f]{6}\b", (tmp_path / "f.svg").read_text()))
    assert found <= set(style.THEME)


def test_inline_figures_keep_their_ids_apart(summary, spec, tmp_path):
    figure = absolute_figure(summary, spec)
    figure.set_label('a "figure" <1>')
    save(figure, tmp_path / "f")
    one = inline_svg(tmp_path / "f.svg", name="one", label="not described")
    assert one.startswith('<svg role="img" aria-label="a &quot;figure&quot; &lt;1&gt;"')
    assert not re.search(r"#[0-9a-f]{6}\b", one)
    assert "var(--ink)" in one
    ids = set(re.findall(r'\bid="([^"]+)"', one))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', one))
    assert ids
    assert all(name.startswith("one-") for name in ids)
    assert used <= ids


def test_texts_of_figures_are_texts_and_encoders_are_groups(summary, spec, tmp_path):
    """What the page highlights, hides and reads aloud, names with odd characters among them."""
    odd = spec.encoders[1].model_copy(update={"label": 'a|b "c" <&>', "category": "web-data"})
    spec = spec.model_copy(update={"encoders": [spec.encoders[0], odd, spec.encoders[2]]})
    save(absolute_figure(summary, spec), tmp_path / "f", caveat="No photographs.")
    text = (tmp_path / "f.svg").read_text()
    groups = re.findall(r'<g data-encoder="(.*?)" data-category="(.*?)">', text)
    assert set(groups) == {
        ("Random", "This run"),
        ("a|b &quot;c&quot; &lt;&amp;&gt;", "Use of web data"),
        ("Trex", "This run"),
    }
    assert {">seen</text>", ">Trex</text>", ">No photographs.</text>"} <= set(
        re.findall(r">[^<>]+</text>", text)
    )
    page = inline_svg(tmp_path / "f.svg", name="f", label="")
    assert (
        'aria-label="top-1 accuracy (%), from seen to L2: Random 30 to 28; a|b &quot;c&quot; '
        '&lt;&amp;&gt; 80 to 60; Trex 75 to 65. No photographs."'
    ) in page
    assert page.count("<title>Trex</title>") == groups.count(("Trex", "This run"))


def test_a_caveat_stands_below_the_names_of_lines(summary, spec, tmp_path):
    figure = few_shot_figure(summary, spec)
    save(figure, tmp_path / "f", caveat="No photographs.")
    [caveat], [legend] = figure.texts, figure.legends
    axes = min(axes.get_tightbbox().y0 for axes in figure.axes)
    assert caveat.get_window_extent().y0 >= 0
    assert caveat.get_window_extent().y1 <= legend.get_window_extent().y0
    assert legend.get_window_extent().y1 <= axes


def test_levels(summary, spec):
    [axes] = absolute_figure(summary, spec).axes
    assert lines(axes)["Trex"] == [75, 70, 65]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["seen", "L1", "L2"]
    assert axes.get_ylim()[0] == 0
    [axes] = relative_figure(summary, spec).axes
    assert lines(axes)["Trex"] == pytest.approx([45, 41, 37])
    assert lines(axes)["Random"] == [0, 0, 0]


def test_few_shot(summary, spec):
    figure = few_shot_figure(summary, spec)
    assert len(figure.axes) == 6
    rows = summary[(summary["encoder"] == "plain") & (summary["dataset"] == "cog_l1")]
    rows = rows[rows["metric"] == "top1"].set_index("shots").loc[["2", "10"]]
    for axes, ends in ((figure.axes[1], BOUNDS), (figure.axes[4], RELATIVE_BOUNDS)):
        bands = [c for c in axes.collections if isinstance(c, PolyCollection)]
        extents = bands[1].get_paths()[0].get_extents()
        assert (extents.y0, extents.y1) == pytest.approx((rows[ends[0]].min(), rows[ends[1]].max()))
    ticks = [label.get_text() for label in figure.axes[3].get_xticklabels()]
    assert ticks == ["2", "10", "All"]
    assert lines(figure.axes[0])["Plain"] == [60, 70]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["(a) seen", "(b) L1", "(c) L2", "(d) seen", "(e) L1", "(f) L2"]


def test_looks_tell_84_encoders_apart():
    names = [str(number) for number in range(84)]
    found = looks(names, baseline=None)
    assert len({(look.colour, look.marker) for look in found.values()}) == 84
    assert looks(["a", "b"], baseline="a")["a"].colour == style.MUTED


def test_names_are_spread_and_stay_in_order(rng):
    for _ in range(50):
        places = np.sort(rng.uniform(0, 1, 8)).tolist()
        moved = spread(places, gap=0.1)
        assert (np.diff(moved) >= 0.1 - 1e-9).all()
        assert min(moved) >= -1e-9
        assert max(moved) <= 1 + 1e-9
    assert spread([0.1, 0.5, 0.9], gap=0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spread([0.5, 0.5], gap=0.2) == pytest.approx([0.4, 0.6])


def in_plane(spec):
    return PlaneSpec(**dict(spec), families={})


def test_trade_off(scores, plane_spec):
    plane = training_versus_transfer(scores, plane_spec)
    published = pd.DataFrame({"label": ["DINO"], "train": [74.8], "transfer": [1.2], "hull": False})
    [axes] = trade_off_figure(plane, in_plane(plane_spec), published=published).axes
    assert sorted(text.get_text() for text in axes.texts) == ["DINO", "Plain", "Random", "Trex"]
    stars = [c.lines[0].get_marker() for c in axes.containers]
    assert stars == ["o", "*", "*"]


def along(spec, heading, label, *points, measures=("train", "transfer"), reference=None):
    """The spec of a figure along one number, with one series."""
    points = [Point(value=value, encoder=encoder) for value, encoder in points]
    series = [Series(label=label, points=points, reference=reference)]
    return AblationSpec(**dict(spec), property=heading, measures=list(measures), series=series)


def test_ablation(scores, plane_spec):
    plane = training_versus_transfer(scores, plane_spec)
    spec = along(plane_spec, "local crops", "x", (2, "plain"), (8, "trex"))
    figure = ablation_figure(plane, spec)
    assert lines(figure.axes[0])["x"] == [80, 75]
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["2", "8"]


def test_real_images_are_a_level_beside_a_line(scores, plane_spec):
    plane = training_versus_transfer(scores, plane_spec)
    points = [(1, "plain"), (10, "trex")]
    spec = along(plane_spec, "size", "x", *points, measures=["transfer_top1"], reference="random")
    [axes] = ablation_figure(plane, spec).axes
    assert axes.get_ylabel() == "transfer, mean top-1 accuracy (%)"
    assert lines(axes) == {"x": [65, 67.5], "real images": [28.5, 28.5]}


def test_other_rankings(summary, spec):
    own = RankingsSpec(
        scores=spec.scores,
        encoders=spec.encoders[1:2],
        seen=spec.columns[0],
        rankings=[
            Ranking(label="as ranked", columns=spec.columns[1:]),
            Ranking(label="again", columns=spec.columns[:0:-1]),
        ],
        random=spec.columns[1:],
    )
    figure = rankings_figure(summary, own)
    [axes] = figure.axes
    rows = summary[(summary["encoder"] == "plain") & (summary["metric"] == "top1")]
    bounds = rows[rows["shots"] == "all"][BOUNDS].to_numpy()
    bars = axes.collections[0].get_segments()
    assert np.array(bars)[:, :, 1] == pytest.approx(bounds)
    assert lines(axes)["as ranked"] == [80, 70, 60]
    assert lines(axes)["again"] == [80, 60, 70]
    assert lines(axes)["random groups"] == [65, 65]


@pytest.fixture
def measures():
    rows = []
    for encoder, factor in (("plain", 1), ("trex", 2)):
        for number, dataset in enumerate(["a", "b"]):
            keys = {"encoder": encoder, "dataset": dataset, "split": "test"}
            rows.append(keys | {"metric": "sparsity", "position": 0, "value": factor * 0.1})
            rows.append(keys | {"metric": "redundancy", "position": 0, "value": number})
            for position, value in enumerate([0.7, 0.2, 0.1]):
                rows.append(
                    keys | {"metric": "singular_values", "position": position, "value": value}
                )
    return pd.DataFrame(rows)


@pytest.fixture
def measure_spec(spec):
    groups = [Group(name="both", datasets=["a", "b"]), Group(name="b", datasets=["b"])]
    return FeaturesSpec(measures=[], encoders=spec.encoders[1:], groups=groups, baseline=None)


def test_measures_are_averaged_over_a_group(measures, measure_spec):
    frame = averages(measures, measure_spec)
    assert frame["redundancy"].tolist() == [0.5, 1, 0.5, 1]
    assert frame["redundancy_std"].isna().all()
    table = feature_table(measures, measure_spec)
    assert [c.label for c in table.columns] == [
        "encoder",
        "data sets",
        "sparsity (%)",
        "redundancy",
    ]
    assert table.frame["sparsity"].tolist() == pytest.approx([10, 10, 20, 20])


def test_measures_of_runs_that_differ_in_their_seed_are_a_mean(measures, measure_spec):
    one = {"encoders": measure_spec.encoders[:1], "repeats": {"plain": "plain", "trex": "plain"}}
    spec = measure_spec.model_copy(update=one)
    assert averages(measures, spec)["sparsity"].tolist() == pytest.approx([0.15, 0.15])
    table = feature_table(measures, spec)
    assert table.frame["sparsity_std"].tolist() == pytest.approx([5, 5])
    assert table.note.endswith("in their seed alone: Plain (2 runs).")
    # Error bars around the mean; the band of singular values that are equal has no height.
    [low, high] = feature_figure(measures, spec).axes[0].collections[0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((10, 20))
    assert len(mean_spectra(measures, spec)["plain", "both"]) == 2
    assert lines(spectrum_figure(measures, spec).axes[0])["Plain"] == pytest.approx([0.7, 0.2, 0.1])


def test_feature_figures(measures, measure_spec):
    figure = feature_figure(measures, measure_spec)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["sparsity (%)", "redundancy"]
    assert lines(figure.axes[1])["Plain"] == [0.5, 1]
    figure = spectrum_figure(measures, measure_spec)
    assert lines(figure.axes[0])["Trex"] == pytest.approx([0.7, 0.2, 0.1])
    assert len(mean_spectra(measures, measure_spec)) == 4


def runs(**labels):
    """The spec of a figure of training runs."""
    rows = [RunRow(name=name, label=label, metrics=[]) for name, label in labels.items()]
    return TrainingSpec(runs=rows)


def traces(spec, *metrics):
    return TracesSpec(**dict(spec), metrics=list(metrics))


def test_training_curves_and_traces():
    epochs = np.linspace(0.01, 10, 1000)
    trace = pd.DataFrame({"epoch": epochs, "metric": "weight_change", "value": epochs})
    loss = pd.DataFrame({"epoch": [1.0, 2.0], "metric": "loss", "value": [3.0, 2.0]})
    metrics = {"base": [pd.concat([trace, loss])], "ocm": [loss, loss.assign(value=[5.0, 3.0])]}
    spec = runs(base="Base", ocm="OCM")
    [axes] = training_figure(metrics, spec, CURVES).axes
    assert lines(axes) == {"Base": [3, 2], "OCM": [4, 2.5]}
    (band,) = axes.collections
    assert band.get_paths()[0].get_extents().extents.tolist() == [1, 2, 2, 5]
    changes = traces(spec, "weight_change", "prototype_change")
    [axes] = trace_figure(metrics, changes).axes
    assert axes.get_yscale() == "log"
    assert list(lines(axes)) == ["ΔW Base"]
    thinned = thin(trace)
    assert len(thinned) == PIECES
    assert thinned["value"].mean() == pytest.approx(trace["value"].mean(), rel=1e-2)


HOSTILE = ["$\\foo$", "_hidden", "a_b^c", "100% \\frac{", "Übung & <b>"]


@pytest.mark.parametrize("label", HOSTILE)
def test_names_are_drawn_as_they_are_in_every_figure(label, summary, scores, parts, tmp_path):
    def called(entries):
        return [entry.model_copy(update={"label": label}) for entry in entries]

    named, columns = called(parts["encoders"][1:2]), called(parts["columns"])
    parts |= {"encoders": [*named, *parts["encoders"][2:]], "baseline": "trex", "columns": columns}
    ranking = RankingsSpec(
        scores=NO_SCORES,
        encoders=named,
        seen=None,
        rankings=[Ranking(label=label, columns=columns[1:])],
        random=columns[1:],
    )
    levels = LevelsSpec(**parts)
    del parts["columns"]
    own = TransferSpec(**parts, seen=columns[0], transfer=columns[1:])
    plane = training_versus_transfer(scores, own)
    table = pd.DataFrame({"epoch": [1.0, 2.0], "metric": "weight_change", "value": [1e-5, 2e-3]})
    figures = [
        absolute_figure(summary, levels),
        relative_figure(summary, levels),
        few_shot_figure(summary, levels),
        rankings_figure(summary, ranking),
        ablation_figure(plane, along(own, label, label, (2, "plain"))),
        trade_off_figure(plane, in_plane(own)),
        trace_figure({"r": [table]}, traces(runs(r=label), "weight_change")),
        images_figure({label: [3, 2]}),
    ]
    for number, figure in enumerate(figures):
        save(figure, tmp_path / str(number))
        texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
        assert any(label in text.get_text() for text in texts), number


def test_names_that_begin_with_an_underscore_are_in_the_legend(summary, spec):
    encoders = [spec.encoders[0], spec.encoders[1].model_copy(update={"label": "_mine"})]
    figure = few_shot_figure(summary, spec.model_copy(update={"encoders": encoders}))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Random", "_mine"]


def test_numbers_on_a_logarithmic_axis_are_plain(tmp_path):
    table = pd.DataFrame({"epoch": [1.0, 2.0], "metric": "weight_change", "value": [1e-5, 2e-3]})
    figure = trace_figure({"r": [table]}, traces(runs(r="r"), "weight_change"))
    save(figure, tmp_path / "figure")
    ticks = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert "1e−03" in ticks
    assert not any("$" in text for text in ticks)


def test_ticks_of_an_ablation_keep_their_digits(scores, plane_spec):
    plane = training_versus_transfer(scores, plane_spec)
    spec = along(plane_spec, "memory", "x", (8192, "plain"), (1281167, "trex"))
    figure = ablation_figure(plane, spec)
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["8192", "1281167"]


def test_an_infinite_score_is_left_out_of_the_plane(scores, plane_spec, tmp_path):
    plane = training_versus_transfer(scores, plane_spec)
    plane.loc[plane["encoder"] == "trex", "transfer"] = np.inf
    figure = trade_off_figure(plane, in_plane(plane_spec))
    save(figure, tmp_path / "plane")
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["Plain", "Random"]


def test_a_missing_or_broken_measure_leaves_the_mean_empty(measures, measure_spec):
    lacking = measures[~((measures["encoder"] == "trex") & (measures["dataset"] == "a"))]
    lacking.loc[(lacking["encoder"] == "plain") & (lacking["dataset"] == "a"), "value"] = np.nan
    frame = averages(lacking, measure_spec)
    assert frame["redundancy"].isna().tolist() == [True, False, True, False]
    assert set(mean_spectra(lacking, measure_spec)) == {("plain", "b"), ("trex", "b")}


def test_random_groups_without_a_score_are_counted(summary, spec):
    rows = summary.copy()
    gone = (rows["encoder"] == "plain") & (rows["dataset"] == "cog_l2")
    rows.loc[gone, "mean"] = np.nan
    own = RankingsSpec(
        scores=spec.scores,
        encoders=spec.encoders[1:2],
        seen=None,
        rankings=[Ranking(label="as ranked", columns=spec.columns[1:])],
        random=spec.columns[1:],
    )
    [axes] = rankings_figure(rows, own).axes
    assert lines(axes)["random groups (1 of 2)"] == [70, 70]
    rows.loc[rows["encoder"] == "plain", "mean"] = np.nan
    [axes] = rankings_figure(rows, own).axes
    assert "random" not in " ".join(lines(axes))
