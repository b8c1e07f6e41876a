"""Own classifiers by training set and augmentation (thesis, table 5.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from cogworks.core.spec import canonical
from cogworks.plan.jobs import Job
from cogworks.report.chapter_5 import DINO, PYTORCH
from cogworks.report.clone_lacks import of_augmentations
from cogworks.report.clone_rows import (
    AUGMENTATIONS,
    MULTI_CROP,
    Trained,
    called,
    classifier_row,
    classifiers,
    has_clones,
    jobs_of,
    ordered,
    paper_of,
    row_name,
)
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.reference import DATASETS
from cogworks.report.specs import AugmentationSpec, AugmentedRow

NUMBER = "5.1"
# Prompt, guidance scale and size of the thesis's one clone in this table.
CLONE = ("c", 7.5, 1)


def _needs(roles: Roles) -> Found:
    """Yield one for each real data set whose classes, real and drawn, were learned in both ways."""
    jobs = classifiers(roles)
    entries = ordered(roles, jobs)
    for dataset in dict.fromkeys(entry.origin for entry in entries):
        groups = _groups(entry for entry in entries if entry.origin == dataset)
        members = [entry for group in groups for entry in group.values()]
        if not has_clones(members):
            continue
        names = dict.fromkeys(name for group in groups for name in group)
        rows = [_row(group, jobs) for group in groups]
        spec = AugmentationSpec(
            paper=paper_of("sd_augmentation", (e for r in rows for e in r.encoders.values())),
            scores=roles.score_files({j.key for entry in members for j in jobs_of(entry, jobs)}),
            dataset=called(roles, dataset),
            augmentations=sorted(names, key=_place),
            rows=rows,
        )
        yield Exhibit(f"augmentation_{dataset}", spec, about=dataset, number=NUMBER)


def _groups(entries: Iterable[Trained]) -> list[dict[str, Trained]]:
    """Return the encoders that differ in their augmentation alone, by augmentation.

    Of runs that differ in something else besides, the first counts.
    """
    groups: dict[str, dict[str, Trained]] = {}
    for entry in entries:
        run = entry.encoder.run
        if run is None:  # Nobody trained a model of others in both ways.
            continue
        rest = run.spec.model_dump(exclude={"augmentation", "seed", "traces", "validation"})
        crops = run.spec.augmentation
        name = AUGMENTATIONS.get(crops.recipe, crops.recipe) + MULTI_CROP * bool(crops.local_crops)
        groups.setdefault(canonical([run.dataset.name, rest]), {}).setdefault(name, entry)
    return [group for group in groups.values() if len(group) > 1]


def _place(name: str) -> tuple[int, str]:
    """Return the place of an augmentation among the columns."""
    known = list(AUGMENTATIONS.values())
    first = name.removesuffix(MULTI_CROP)
    return known.index(first) if first in known else len(known), name


def _row(group: dict[str, Trained], jobs: Mapping[str, Job]) -> AugmentedRow:
    return AugmentedRow(
        encoders={
            name: classifier_row(entry, jobs, _compared(entry, name))
            for name, entry in group.items()
        }
    )


def _compared(entry: Trained, name: str) -> dict[str, Any]:
    """Return with which number of the thesis an encoder of an augmentation is compared."""
    is_published = entry.roles.published_name(entry.origin) == "in100" and (
        entry.clone is None or entry.recipe == CLONE
    )
    if not (is_published and entry.roles.section.published):
        return {}
    recipe = PYTORCH if name.startswith(AUGMENTATIONS[PYTORCH]) else DINO
    differences = entry.differences(own_classifier=True, augmentation=recipe)
    data = DATASETS["in100"][0] + "-SD" * entry.is_drawn
    return {"published": row_name(data, name), "differs": next(differences, "")}


def _make(spec: AugmentationSpec) -> Made:
    from cogworks.report.drawing.clone_score_tables import augmentation_table
    from cogworks.report.scores import read_scores

    return augmentation_table(read_scores(spec.scores), spec)


EXHIBIT = Kind(
    "test_sets",
    "Augmentation",
    AugmentationSpec,
    _needs,
    _make,
    lacks=lambda roles: {NUMBER: of_augmentations(roles)},
)
