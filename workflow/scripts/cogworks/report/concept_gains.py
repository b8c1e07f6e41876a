"""The accuracy of encoders on each concept's own test images, and what they gain over another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.images.manifest import read_manifest
from cogworks.report import ties
from cogworks.report.branches import branches
from cogworks.report.by_class import by_class, together
from cogworks.report.intervals import UNKNOWN, Bounds, Counts, difference_interval
from cogworks.report.scores import read_scores
from cogworks.report.specs import ByConceptSpec, EncoderRow, SetColumn

# Of more encoders, figures and the table of branches show the best ones.
SHOWN = 4
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Gains:
    """The concepts of a part, and what each encoder has right of them.

    Attributes:
        spec: what was asked for.
        encoders: those with a result on every data set, the best on unseen concepts first, without
            the baseline.
        baseline: the encoder that they are compared with.
        right: by encoder `(C, S)`, how many test images of a concept are right with each seed.
        concepts: a row for each concept: `wnid`, `name`, `branch`, `set` (its data set's label),
            `similarity` (NaN for none), `images`, and whether it is `seen`.
    """

    spec: ByConceptSpec
    encoders: list[EncoderRow]
    baseline: EncoderRow
    right: dict[str, Counts]
    concepts: pd.DataFrame

    @property
    def images(self) -> Counts:
        """Return how many test images each concept has, (C,)."""
        return self.concepts["images"].to_numpy()

    @property
    def unseen(self) -> Chosen:
        """Return which concepts are unseen, (C,); all where there are only seen ones."""
        return ~self.concepts["seen"].to_numpy(bool)

    @property
    def shown(self) -> list[EncoderRow]:
        """Return the encoders that figures show."""
        return self.encoders[:SHOWN]

    @cached_property
    def shares(self) -> dict[str, npt.NDArray[np.float64]]:
        """Return the accuracy of each encoder on each concept, (C,)."""
        return {name: right.mean(axis=1) / self.images for name, right in self.right.items()}

    def gain(self, encoder: EncoderRow) -> npt.NDArray[np.float64]:
        """Return what an encoder gains over the baseline on each concept, (C,), in points."""
        return 100 * (self.shares[encoder.name] - self.shares[self.baseline.name])

    def mean(self, encoder: EncoderRow, chosen: Chosen) -> float:
        """Return the gain on all images of some concepts, in points."""
        images = self.images[chosen]
        return float(self.gain(encoder)[chosen] @ images / images.sum())

    def interval(self, encoder: EncoderRow, chosen: Chosen) -> Bounds:
        """Return its interval for other concepts like these."""
        if chosen.sum() < 2:
            return UNKNOWN
        own, other = (self.right[e.name][chosen] for e in (encoder, self.baseline))
        low, high = difference_interval(own, other, self.images[chosen])
        return 100 * low, 100 * high

    @cached_property
    def by_branch(self) -> dict[str, Chosen]:
        """Return the unseen concepts of each branch, by the gain of the best encoder."""
        names = self.concepts["branch"].to_numpy()
        found = {name: (names == name) & self.unseen for name in dict.fromkeys(names[self.unseen])}
        order = sorted(found, key=lambda name: (-self.mean(self.encoders[0], found[name]), name))
        return {name: found[name] for name in order}


def measure(spec: ByConceptSpec) -> Gains | None:
    """Return what is known of each concept; None where no encoder can be compared.

    Raises:
        InputError: a manifest that is not that of the scores, or a concept that the ranking lacks.
    """
    found = by_class(read_scores(spec.scores))
    cells = dict(
        zip((e.name for e in spec.encoders), ties.cells(spec.encoders, spec.columns), strict=True)
    )
    wanted = cells[spec.baseline]
    if not all(key in found for key in wanted):
        return None
    images = [found[key][1] for key in wanted]
    scored = [
        encoder
        for encoder in spec.encoders
        if all(
            key in found and np.array_equal(found[key][1], own)
            for key, own in zip(cells[encoder.name], images, strict=True)
        )
    ]
    results = together(found, [key for encoder in scored for key in cells[encoder.name]])
    if len(scored) < 2 or not results:
        return None
    sets = len(spec.columns)
    right = {
        encoder.name: np.concatenate([own for own, _ in results[sets * n : sets * (n + 1)]])
        for n, encoder in enumerate(scored)
    }
    concepts = _concepts(spec, images)
    is_unseen = ~concepts["seen"].to_numpy(bool)
    scored.sort(key=lambda encoder: -right[encoder.name][is_unseen].mean())
    baseline = next(encoder for encoder in scored if encoder.name == spec.baseline)
    others = [encoder for encoder in scored if encoder is not baseline]
    return Gains(spec, others, baseline, right, concepts)


def _concepts(spec: ByConceptSpec, images: Sequence[Counts]) -> pd.DataFrame:
    """Return the concepts of all data sets, in the order of their results."""
    frames = [
        _of_set(column, found.classes, found.test, counts)
        for column, found, counts in zip(spec.columns, spec.sets, images, strict=True)
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["seen"] = frame["dataset"] == spec.seen
    wordnet = open_wordnet(spec.wordnet)
    frame["branch"] = branches(wordnet, list(frame["wnid"]), list(~frame["seen"]))
    frame["similarity"] = _similarities(spec, frame)
    return frame


def _of_set(column: SetColumn, classes: str, test: str, counts: Counts) -> pd.DataFrame:
    """Return the concepts of a data set that have test images: results are in their order."""
    manifest = read_manifest(test)
    labels = np.unique(manifest.labels)
    frame = pd.DataFrame({"label": labels, "wnid": [manifest.classes[n] for n in labels]})
    if len(frame) != len(counts):
        raise InputError(
            f"{test}: {len(frame)} classes with test images, the scores on {column.name} have "
            f"{len(counts)}; probe its features again"
        )
    names = read_parquet(classes, columns=["wnid", "name"]).set_index("wnid")["name"]
    return pd.DataFrame(
        {
            "wnid": frame["wnid"].to_numpy(),
            "name": [names[wnid].split(",")[0] for wnid in frame["wnid"]],
            "dataset": column.name,
            "set": column.label,
            "images": counts,
        }
    )


def _similarities(spec: ByConceptSpec, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the similarity of each unseen concept to the seen ones, NaN where it has none."""
    if spec.ranking is None:
        return np.full(len(frame), np.nan)
    ranking = read_parquet(spec.ranking, columns=["wnid", "similarity"]).set_index("wnid")
    unseen = frame.loc[~frame["seen"], "wnid"]
    if lost := [wnid for wnid in unseen if wnid not in ranking.index]:
        raise InputError(f"{spec.ranking}: {lost[0]} is not in it; is it of another benchmark?")
    found = ranking["similarity"].reindex(frame["wnid"]).to_numpy("float64")
    return np.where(frame["seen"], np.nan, found)
