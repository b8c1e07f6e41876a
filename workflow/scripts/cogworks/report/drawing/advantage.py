"""The advantage over the baseline along similarity to the seen concepts (`analysis.advantage`)."""

import math
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cogworks.analysis import advantage
from cogworks.analysis.advantage import Estimate, Floats, Images
from cogworks.core import paths
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.core.seeds import derive_seed, shuffle_by_hash
from cogworks.encoders.store import read_features
from cogworks.report import ties
from cogworks.report.drawing import style
from cogworks.report.drawing.encoders import draw_faint, looks, standing_out
from cogworks.report.findings import VERDICT
from cogworks.report.intervals import Bounds
from cogworks.report.specs import AdvantageSpec, EncoderRow
from cogworks.report.table import HIGH, LOW, TIED, Column, Table, text_column

RESAMPLES = 1000
# Slopes are given for a step of this much similarity.
STEP = 0.1
POINTS = 100
# What the keys of the levels' columns begin with.
LEVEL = "level_"
# Where the seen concepts stand: beside those of the largest similarity, which is 1.
SEEN_AT = 1.12
# Where the axis ends at the latest: no advantage is larger than 100 points.
HIGHEST = 104
# An encoder that is right in more tasks than this leaves no room for an advantage to vary.
TOO_EASY = 95.0
# More encoders than this have no dots: they would hide one another.
MOST_DOTTED = 3


@dataclass(frozen=True)
class Concepts:
    """The concepts of some data sets, and what the sample and its resamples give of each.

    Attributes:
        wnids: (C,) the concepts.
        groups: (C,) data set that each comes from; all the same where they come from one.
        labels: number of its data set for each concept.
        accuracy: by encoder the accuracy in these tasks, in percent.
        values: by encoder the advantage (1 + B, C), in points.
        weights: (1 + B, C).
    """

    wnids: list[str]
    groups: list[str]
    datasets: npt.NDArray[np.int64]
    accuracy: dict[str, float]
    values: dict[str, Floats]
    weights: Floats


@dataclass(frozen=True)
class Measured:
    """All that table and figure show."""

    spec: AdvantageSpec
    seen: Concepts | None
    unseen: Concepts
    similarity: Floats

    def of_seen(self, encoder: str) -> Estimate:
        """Return the mean advantage on the seen concepts."""
        if self.seen is None:
            return Estimate(math.nan, math.nan, math.nan)
        every = np.ones(len(self.seen.wnids), bool)
        return advantage.mean(self.seen.values[encoder], self.seen.weights, every)

    def of_level(self, encoder: str, number: int) -> Estimate:
        """Return the mean advantage on the concepts of a level, by its number from 0."""
        unseen = self.unseen
        return advantage.mean(unseen.values[encoder], unseen.weights, unseen.datasets == number)

    def gained(self, key: str, first: int, second: int) -> Bounds:
        """Return the interval of one encoder's advantage less another's, in a column of a key."""
        concepts = self.seen if key == "seen" and self.seen is not None else self.unseen
        chosen = np.ones(len(concepts.wnids), bool)
        if key != "seen":
            chosen = concepts.datasets == int(key.removeprefix(LEVEL))
        own, other = (concepts.values[self.spec.encoders[n].name] for n in (first, second))
        found = advantage.mean(own - other, concepts.weights, chosen)
        return found.low, found.high

    def slope(self, encoder: str, *, within: bool) -> Estimate:
        """Return the slope for a step of similarity, by data set where `within`."""
        unseen = self.unseen
        return advantage.slope(
            unseen.values[encoder] * STEP,
            unseen.weights,
            self.similarity,
            unseen.groups if within else None,
        )

    @cached_property
    def is_grouped(self) -> bool:
        """Whether concepts come from several data sets."""
        return len(set(self.unseen.groups)) > 1


def measure(spec: AdvantageSpec) -> Measured:
    """Return the advantage of each encoder concept by concept.

    Raises:
        InputError: features that do not belong together, or a concept that the ranking lacks.
    """
    ranking = read_parquet(spec.ranking, columns=["wnid", "similarity", "rank"]).set_index("wnid")
    seen = None
    if spec.seen is not None:
        seen = _concepts(spec, [spec.seen.name], {})
    unseen = _concepts(spec, [level.name for level in spec.levels], ranking["rank"].to_dict())
    similarity = ranking["similarity"].reindex(unseen.wnids).to_numpy(float)
    return Measured(spec, seen, unseen, similarity)


def advantage_table(spec: AdvantageSpec) -> Table:
    """Return the advantage of each encoder: seen, by level, and its slope."""
    found = measure(spec)
    columns = [
        *([Column("seen", spec.seen.label, signed=True, over="advantage")] if spec.seen else []),
        *(
            Column(f"{LEVEL}{number}", level.label, signed=True, over="advantage")
            for number, level in enumerate(spec.levels)
        ),
        Column("slope", "of all", signed=True, best=None, over=f"per {STEP} of similarity"),
    ]
    if found.is_grouped:
        over = f"per {STEP} of similarity"
        columns.append(Column("within", "in a data set", signed=True, best=None, over=over))
    rows = []
    for encoder in spec.encoders:
        row: dict[str, float | str] = {"encoder": encoder.label}
        row[VERDICT] = _verdict(found, encoder)
        for column in columns:
            estimate = _estimate(found, encoder.name, column.key)
            row |= {
                column.key: estimate.value,
                column.key + LOW: estimate.low,
                column.key + HIGH: estimate.high,
            }
        rows.append(row)
    frame = pd.DataFrame(rows)
    for key in (column.key for column in columns if column.best):
        frame[key + TIED] = ties.with_the_best(frame[key], partial(found.gained, key))
    return Table(
        title=f"Advantage over {spec.baseline.label} by similarity (points)",
        columns=[text_column("encoder", "encoder"), *columns],
        frame=frame,
        note=_note(found) + ties.NOTE,
    )


def advantage_figure(spec: AdvantageSpec) -> Figure:
    """Return the advantage of each encoder by similarity, nearest concepts first."""
    found = measure(spec)
    styles = looks([spec.baseline, *spec.encoders], baseline=spec.baseline.name)
    named = standing_out(spec.encoders, pd.Series(found.unseen.accuracy), baseline=None)
    fig, [[axes]] = style.figure(width=6.8, height=3.8)
    with style.drawing():
        axes.axhline(0, color=style.MUTED, linewidth=1, linestyle=":")
        for encoder in (encoder for encoder in spec.encoders if encoder not in named):
            grid, lines = _lines(found, encoder)
            draw_faint(axes, grid, lines[0], encoder, styles[encoder.name])
        for place, encoder in enumerate(named):
            shift = place - (len(named) - 1) / 2
            _draw(axes, found, encoder, styles[encoder.name], shift)
        axes.invert_xaxis()
        axes.set_ylim(top=min(axes.get_ylim()[1], HIGHEST))
        axes.set_xlabel("similarity to the nearest seen concept")
        axes.set_ylabel(f"accuracy minus {spec.baseline.label} (points)")
        if spec.seen is not None:
            ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= 1]
            axes.set_xticks([SEEN_AT, *ticks], [spec.seen.label, *(f"{t:.1f}" for t in ticks)])
            axes.axvline((1 + SEEN_AT) / 2, color=style.RULE, linewidth=0.8)
        style.legend_below(fig, axes)
    fig.set_label(" ".join(_verdict(found, encoder) for encoder in named))
    return fig


def _lines(found: Measured, encoder: EncoderRow) -> tuple[Floats, Floats]:
    """Return places on the axis, (P,), and the straight lines there, (1 + B, P)."""
    grid = np.linspace(np.min(found.similarity), np.max(found.similarity), 50)
    values, weights = found.unseen.values[encoder.name], found.unseen.weights
    return grid, advantage.lines(values, weights, found.similarity, grid)


def _draw(axes: Axes, found: Measured, encoder: EncoderRow, look: style.Look, shift: float) -> None:
    """Draw an encoder; `shift` moves its mean on the seen concepts beside those of others."""
    values = found.unseen.values[encoder.name]
    if len(found.spec.encoders) <= MOST_DOTTED:
        dots = axes.plot(found.similarity, values[0], look.marker, color=look.colour, alpha=0.35)
        dots[0].set(markersize=3, markeredgewidth=0, gid=look.gid)
    grid, lines = _lines(found, encoder)
    bounds = [advantage.estimate(place) for place in lines.T]
    low, high = (np.array([getattr(b, end) for b in bounds]) for end in ("low", "high"))
    style.band(axes, grid, low, high, look)
    name = style.named(encoder.label)
    axes.plot(grid, lines[0], color=look.colour, label=name, gid=look.gid)
    seen = found.of_seen(encoder.name)
    if not math.isnan(seen.value):
        value, low, high = (np.array([end]) for end in (seen.value, seen.low, seen.high))
        x = SEEN_AT + 0.012 * shift
        style.curve(axes, [x], value, style.errors(value, low, high), look)


def _estimate(found: Measured, encoder: str, key: str) -> Estimate:
    if key == "seen":
        return found.of_seen(encoder)
    if key in ("slope", "within"):
        return found.slope(encoder, within=key == "within")
    return found.of_level(encoder, int(key.removeprefix(LEVEL)))


def _note(found: Measured) -> str:
    spec, unseen = found.spec, found.unseen
    told = int(np.isfinite(unseen.values[spec.encoders[0].name][0]).sum())
    groups = (
        " Windows stay within a data set, since what tells two data sets apart tells their classes "
        "apart as well; the slope in a data set lets these differ in difficulty."
        if found.is_grouped
        else ""
    )
    return (
        f"Accuracy in tasks of {spec.classes} classes, minus that of "
        f"{spec.baseline.label} in the same tasks. A concept's tasks are drawn from the "
        f"{spec.window} others nearest to it in the ranking; those of a seen one, from seen ones. "
        f"A test image is of the class whose {_images(spec)} nearest. {told} of "
        f"{len(unseen.wnids)} unseen concepts have others to be told from."
        f"{groups} 95% intervals of {RESAMPLES} bootstraps of concepts with their images and "
        "windows: for other concepts like these. A slope above zero: the advantage falls with "
        "distance."
    )


def _images(spec: AdvantageSpec) -> str:
    if spec.images is None:
        return f"{advantage.NEAREST} nearest training images are"
    several = f"{spec.images} training images, or the {advantage.NEAREST} nearest of them, are"
    return "one training image is" if spec.images == 1 else several


def _verdict(found: Measured, encoder: EncoderRow) -> str:
    """Say in a sentence whether the advantage falls with distance, by the stricter slope."""
    slope = found.slope(encoder.name, within=found.is_grouped)
    right = found.unseen.accuracy[encoder.name]
    if right > TOO_EASY:
        return (
            f"{encoder.label} is right in {right:.1f}% of these tasks: they are too easy for it to "
            "tell whether its advantage depends on distance; set advantage.classes higher, or "
            "advantage.images lower."
        )
    if math.isnan(slope.value):
        return f"{encoder.label}: too few concepts for a slope."
    value, low, high = (
        f"{end:+.1f}".replace("-", "−") for end in (slope.value, slope.low, slope.high)
    )
    ends = f"{value} points per {STEP} of similarity, {low} to {high}"
    if slope.low > 0:
        return f"The advantage of {encoder.label} falls with distance ({ends})."
    if slope.high < 0:
        return f"The advantage of {encoder.label} grows with distance ({ends})."
    return f"Whether the advantage of {encoder.label} depends on distance cannot be told ({ends})."


def _concepts(spec: AdvantageSpec, datasets: list[str], ranks: dict[str, int]) -> Concepts:
    """Return what is measured on the concepts of some data sets; without ranks, all are near."""
    baseline = _Split.read(spec, spec.baseline.name, datasets)
    wnids = baseline.wnids
    if ranks and (lost := [wnid for wnid in wnids if wnid not in ranks]):
        raise InputError(f"{spec.ranking}: {lost[0]} is not in it; is it of another benchmark?")
    groups = baseline.groups if spec.grouped else [""] * len(wnids)
    # Without an order, tasks are drawn from all others.
    size = spec.window if ranks else len(wnids)
    window = advantage.windows([ranks.get(wnid, 0) for wnid in wnids], groups, size)
    weights = advantage.resamples(len(wnids), RESAMPLES, derive_seed("advantage", *wnids))
    scores = {}
    for encoder in [spec.baseline, *spec.encoders]:
        split = _Split.read(spec, encoder.name, datasets)
        if split.ids != baseline.ids:
            raise InputError(
                f"{encoder.name} and {spec.baseline.name} have features of other images of "
                f"{', '.join(datasets)}; make them again from the same manifests"
            )
        near = advantage.closeness(split.images, len(wnids))
        scores[encoder.name] = POINTS * advantage.accuracies(
            near, split.images.test_labels, window, weights, spec.classes
        )
    lowest = scores.pop(spec.baseline.name)
    values = {name: found - lowest for name, found in scores.items()}
    accuracy = {name: float(np.nanmean(found[0])) for name, found in scores.items()}
    return Concepts(wnids, groups, baseline.datasets, accuracy, values, weights)


@dataclass(frozen=True)
class _Split:
    """The features of several data sets as one.

    Attributes:
        images: with labels that go on from one data set to the next.
        wnids: the concepts.
        groups: what the ids of each concept's images begin with.
        datasets: number of its data set for each concept.
        ids: of the test images.
    """

    images: Images
    wnids: list[str]
    groups: list[str]
    datasets: npt.NDArray[np.int64]
    ids: list[str]

    @classmethod
    def read(cls, spec: AdvantageSpec, encoder: str, datasets: list[str]) -> "_Split":
        parts: dict[str, list[np.ndarray]] = {"train": [], "test": []}
        labels: dict[str, list[np.ndarray]] = {"train": [], "test": []}
        wnids: list[str] = []
        groups: list[str] = []
        owners: list[int] = []
        ids: list[str] = []
        for number, dataset in enumerate(datasets):
            for split in ("train", "test"):
                features = read_features(*paths.features(encoder, dataset, split), verify=False)
                rows = np.arange(len(features.ids))
                if split == "train" and spec.images is not None:
                    rows = _drawn(features.ids, features.labels, spec.images)
                parts[split].append(np.asarray(features.x[rows], np.float32))
                labels[split].append(features.labels[rows].astype(np.int64) + len(wnids))
            ids += features.ids.tolist()
            first = [features.ids[features.labels == i][0] for i in range(len(features.classes))]
            groups += [str(image).partition("/")[0] for image in first]
            wnids += features.classes
            owners += [number] * len(features.classes)
        images = Images(
            train=np.concatenate(parts["train"]),
            train_labels=np.concatenate(labels["train"]),
            test=np.concatenate(parts["test"]),
            test_labels=np.concatenate(labels["test"]),
        )
        return cls(images, wnids, groups, np.array(owners), ids)


def _drawn(ids: np.ndarray, labels: npt.NDArray[np.integer], images: int) -> npt.NDArray[np.int64]:
    """Return the rows of some images of each class, drawn by a hash of their ids."""
    places = {str(image): row for row, image in enumerate(ids)}
    chosen = [
        places[image]
        for label in np.unique(labels)
        for image in shuffle_by_hash(map(str, ids[labels == label]), "advantage")[:images]
    ]
    return np.array(sorted(chosen), np.int64)
