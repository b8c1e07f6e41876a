"""A model trained on real images and one trained on drawn ones, at a glance (figure 5.2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cogworks.plan.jobs import Job
from cogworks.report import eval_sets, repeats
from cogworks.report.clone_lacks import of_test_sets
from cogworks.report.clone_rows import (
    BEST,
    Trained,
    called,
    classifiers,
    in1k,
    jobs_of,
    ordered,
    transfer_sets,
)
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import Corner, Paper, Polygon, PublishedPolygon, RadarSpec

# The three kinds of transfer sets of section 5.5.3.
SMALL, LONG_TAIL, LEVELS = "small sets", "long-tail sets", "CoG levels"
NUMBER = "5.2"
# A polygon of fewer corners has no area.
FEWEST = 3
# The model on real images in the thesis, and where its numbers are.
MODEL = "PyTorch"
PAPER = Paper(names=["sd_imagenet_sets", "sd_transfer", "sd_cog"])


@dataclass(frozen=True)
class _Scores:
    """An encoder's scores at a corner.

    Attributes:
        cells: data set, test set and protocol of each.
        published: what the thesis calls their data sets; None for one that it has not.
        differs: the first setting by which they are others than the thesis's, as a clause.
    """

    cells: list[list[str]]
    published: list[str | None]
    differs: str


# By label and metric.
_Corners = dict[tuple[str, str], _Scores]


def _needs(roles: Roles) -> Found:
    """Yield one where a model on real images and one on a clone of them have enough scores."""
    jobs = classifiers(roles)
    for entries in _compared(roles, jobs):
        spec = _spec(roles, entries, jobs)
        if spec is not None:
            differs = spec.published.differs if spec.published else ""
            note = f"Without the thesis's model on real images: {differs}." if differs else ""
            note = (note + repeats.told(spec.scores.repeats, spec.polygons)).strip()
            yield Exhibit("real_and_drawn", spec, number=NUMBER, note=note)
            return


def _compared(roles: Roles, jobs: Mapping[str, Job]) -> Iterator[list[Trained]]:
    """Yield for each data set, IN-1K first, the encoder on real images, if any, and on a clone."""
    entries = ordered(roles, jobs)
    origins = dict.fromkeys(entry.origin for entry in entries)
    for origin in sorted(origins, key=lambda name: name != in1k(roles)):
        own = [entry for entry in entries if entry.origin == origin]
        drawn = _drawn(own)
        if drawn is not None:
            real = next((entry for entry in own if entry.is_real), None)
            yield [real, drawn] if real else [drawn]


def _lacks(roles: Roles) -> Mapping[str, str]:
    """Return what is lacking for figure 5.2."""
    jobs = classifiers(roles)
    entries = next(_compared(roles, jobs), None)
    if entries is None:
        return {NUMBER: of_test_sets(roles)}
    found = [_corners(roles, entry, jobs_of(entry, jobs)[0]) for entry in entries]
    more = FEWEST - len(set.intersection(*map(set, found)))
    if more <= 0:
        return {NUMBER: f"an encoder with its own classifier on the images of {entries[0].origin}"}
    names = " and ".join(entry.name for entry in entries)
    return {
        NUMBER: f"{more} more scores of {names}: of test sets (evaluations.NAME.test_sets), small "
        "or long-tailed transfer sets, or levels"
    }


def _drawn(entries: Sequence[Trained]) -> Trained | None:
    """Return the encoder on the thesis's clone, or the last one in the order of its tables.

    No scores are looked at: that would be chosen to please.
    """
    own = [entry for entry in entries if not entry.is_real]
    return next((entry for entry in own if entry.recipe == BEST), own[-1]) if own else None


def _spec(roles: Roles, entries: Sequence[Trained], jobs: Mapping[str, Job]) -> RadarSpec | None:
    """Return what shows some encoders; None where they share too few corners.

    Where none is on real images, it is the thesis's, if the classes are those of IN-1K.
    """
    found = [_corners(roles, entry, jobs_of(entry, jobs)[0]) for entry in entries]
    alone = not any(entry.is_real for entry in entries)
    if alone and (not roles.section.published or entries[0].origin != in1k(roles)):
        return None
    shared = [
        corner
        for corner, scores in found[0].items()
        if all(corner in own for own in found) and not (alone and None in scores.published)
    ]
    if len(shared) < FEWEST:
        return None
    keys = {
        (name, dataset, protocol)
        for entry, own in zip(entries, found, strict=True)
        for name in roles.repeats_of(entry.name)
        for corner in shared
        for dataset, _, protocol in own[corner].cells
    }
    polygons = [
        Polygon(
            name=entry.name,
            label=_label(entry),
            corners=[own[corner].cells for corner in shared],
        )
        for entry, own in zip(entries, found, strict=True)
    ]
    theirs = PublishedPolygon(
        label=f"{called(roles, entries[0].origin)}, {MODEL} (thesis)",
        model=MODEL,
        corners=[[name or "" for name in found[0][corner].published] for corner in shared],
        dataset=entries[0].origin,
        differs=next((own.differs for own in map(found[0].get, shared) if own and own.differs), ""),
    )
    return RadarSpec(
        scores=roles.score_files(keys),
        paper=PAPER if alone else Paper(names=[]),
        corners=[Corner(label=label, metric=metric) for label, metric in shared],
        polygons=polygons,
        published=theirs if alone else None,
    )


def _corners(roles: Roles, entry: Trained, job: Job) -> _Corners:
    """Return the scores of an encoder for each corner."""
    tested = {job.dataset, *(found.name for found in job.test_sets)}
    result: _Corners = {}
    test_sets = eval_sets.test_sets(roles, job.dataset, job.protocol_name)
    for found in eval_sets.in_order(test_sets):
        if {test_set for _, test_set in found.members} <= tested:
            label = eval_sets.called(roles, found, job.dataset)
            cells = [[*pair, job.protocol_name] for pair in found.members]
            result[label, "top5"] = _Scores(cells, [found.published], found.differs)
    for label, datasets in _transfer(roles).items():
        cells = [[name, name, roles.protocols[name]] for name in datasets]
        if datasets and all(_is_scored(roles, entry, cell) for cell in cells):
            names = [roles.published_name(name) for name in datasets]
            differs = next((c.differs for c in roles.columns(datasets) if c.differs), "")
            result[f"{label} ({len(cells)})", "top1"] = _Scores(cells, names, differs)
    return result


def _is_scored(roles: Roles, entry: Trained, cell: list[str]) -> bool:
    dataset, _, protocol = cell
    return any((name, dataset, protocol) in roles.jobs for name in roles.repeats_of(entry.name))


def _transfer(roles: Roles) -> dict[str, list[str]]:
    """Return the kinds of transfer sets, each with its data sets."""
    sets = transfer_sets(roles)
    long_tail = [n for n in sets if (roles.published_name(n) or "").startswith("inat")]
    small = [name for name in sets if name not in long_tail]
    return {SMALL: small, LONG_TAIL: long_tail, LEVELS: roles.levels}


def _label(entry: Trained) -> str:
    row = entry.row
    return f"{row['data']}, {row['model']}" + ("" if entry.is_real else f", scale {row['scale']}")


def _make(spec: RadarSpec) -> Made:
    from cogworks.report.drawing.radar_figure import radar_figure
    from cogworks.report.scores import read_scores

    return radar_figure(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "test_sets",
    "Real and drawn training images",
    RadarSpec,
    _needs,
    _make,
    caption=(
        "A model trained on real images and one trained on images drawn for the same classes: "
        "top-5 of their own classifiers on test sets of these classes, mean top-1 of linear "
        "classifiers on transfer sets (%). As figure 5.2."
    ),
    lacks=_lacks,
)
