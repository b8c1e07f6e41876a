"""What must be said of results on pictures that the workflow drew itself, wherever they go.

Imported while the DAG is planned: the standard library only.
"""

from collections.abc import Collection

from cogworks.images.sources.kinds import SOURCES
from cogworks.plan.plan import Plan

# Files below this folder are made from WordNet alone; those of the thesis are in no `results`.
_RESULTS, _CONCEPTS = "results/", "results/concepts/"


def caveat(plan: Plan, files: Collection[str]) -> str:
    """Return a sentence for what shows these files; empty where no procedural image is in them."""
    drawn = _drawn(plan)
    if not drawn or not any(f.startswith(_RESULTS) and not f.startswith(_CONCEPTS) for f in files):
        return ""
    return f"{_which(plan, drawn)} drawn by a procedural world: no result for photographs."


def notice(plan: Plan) -> str:
    """Return what the reader of the page must know first; empty where all images are given."""
    drawn = _drawn(plan)
    if not drawn:
        return ""
    return (
        f"{_which(plan, drawn)} drawn by a procedural world, in which the look of a concept "
        "follows from its place in WordNet. They are no photographs, and no number here says "
        "anything about photographs. One run is one such world, with one training run for each "
        "encoder: it shows that the workflow works and what it measures. What an interval leaves "
        "out, such as another world or a second training run, can order the encoders otherwise."
    )


def _drawn(plan: Plan) -> list[str]:
    found = plan.datasets.items()
    return [name for name, dataset in found if SOURCES.load(dataset.section.source.kind).drawn]


def _which(plan: Plan, drawn: list[str]) -> str:
    if len(drawn) == len(plan.datasets):
        return "All images are"
    return f"The images of {', '.join(drawn)} are"
