"""Top-1 by the number of training images per class (thesis, figure 3.5)."""

from collections.abc import Mapping

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.reference import FEW_SHOT, MAX_TOGETHER
from cogworks.report.specs import LevelsSpec
from cogworks.report.thesis import SHOTS


def _needs(roles: Roles) -> Found:
    sets = roles.few_shot_sets
    if sets:
        spec = roles.by_level(sets, names=_selected(roles, roles.scored(roles.axis or sets)))
        yield Exhibit("few_shot", spec, number="3.5")


def _lacks(roles: Roles) -> Mapping[str, str]:
    """Return what a part with levels lacks for the figures of few shots."""
    numbers = ("3.5", "B.1", "B.2") if roles.levels and not roles.few_shot_sets else ()
    return dict.fromkeys(numbers, SHOTS)


def _selected(roles: Roles, names: list[str]) -> list[str]:
    """Return the encoders to show: of many, the thesis's selection and those of this run."""
    if len(names) <= MAX_TOGETHER:
        return names
    published = {name: roles.plan.encoders[name].section.registry for name in names}
    kept = {name for name, model in published.items() if model is None or model in FEW_SHOT}
    return [name for name in names if name in kept or name == roles.baseline]


def _make(spec: LevelsSpec) -> Made:
    from cogworks.report.drawing.few_shot_figure import few_shot_figure
    from cogworks.report.summary import read_summary

    return few_shot_figure(read_summary(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind(
    "few_shot",
    "Top-1 by training images per class",
    LevelsSpec,
    _needs,
    _make,
    caption=(
        "Top-1 accuracy by number of training images per class; above absolute, below relative "
        "to the baseline, on the same images and seed by seed. Bands, and bars of all images: 95% "
        "intervals for other concepts like these, other images of them and other seeds, which "
        "choose the training images too. As figure 3.5; of more than twelve encoders, a selection "
        "of the published and the best of this run, the others of which are thin."
    ),
    wide=True,
    lacks=_lacks,
)
