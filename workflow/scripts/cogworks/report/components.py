"""The models of section 4.3 among the runs: with and without multi-crop and projector.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cogworks.plan import recipes as book
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run
from cogworks.report.recipes import (
    SEEDS,
    Properties,
    properties,
    switched_by,
    without,
)

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

CHAPTER = 4
DEFAULT = "base_mc_pr"
LAYERS, WIDTH = "hidden layers", "hidden width"
_CROPS = "local crops"
_PROJECTOR = "projector"


# The recipes of the two models that the thesis singles out, by what it calls them.
TREX = {"t-ReX": "trex", "t-ReX*": "trex_star"}


@dataclass(frozen=True)
class Components:
    """Encoders that agree in all but multi-crop and the projector.

    Of those that differ in their seed alone, one stands for all. None where there is no such run.

    Attributes:
        base: neither multi-crop nor projector.
        base_mc: multi-crop.
        base_pr: the default projector.
        layers: both, by number of hidden layers (L).
        widths: both, by width of a hidden layer (d_h).
        default: L and d_h of the default projector; it is in `layers` and `widths`.
    """

    base: str | None
    base_mc: str | None
    base_pr: str | None
    layers: dict[int, str]
    widths: dict[int, str]
    default: tuple[int, int]

    @property
    def base_mc_pr(self) -> str:
        """Return the encoder with multi-crop and the default projector."""
        return self.layers[self.default[0]]

    @property
    def encoders(self) -> list[str]:
        """Return all of them, each once."""
        found = [self.base, self.base_mc, self.base_pr]
        found += [*self.layers.values(), *self.widths.values()]
        return list(dict.fromkeys(name for name in found if name))


def components(plan: Plan, encoders: Sequence[str]) -> Components | None:
    """Return the runs around the default configuration of table 4.1, None where that was not run.

    Where several sets of runs have it, say on several data sets, the largest set counts.

    Args:
        plan: what the config stands for.
        encoders: of those that differ in their seed alone, one.
    """
    found = {encoder: properties(plan, encoder) for encoder in encoders}
    sets = [_around(found, encoder) for encoder in found if _is_default(plan, encoder)]
    return max(sets, key=lambda entry: len(entry.encoders), default=None)


def singled_out(roles: "Roles", encoders: Sequence[str]) -> list[str]:
    """Return the encoders of tables 4.2 and 4.3: those of others, t-ReX and t-ReX*.

    A part of the report that is not chapter 4, or that has neither of the two, shows all.
    """
    runs = {name: roles.plan.encoders[roles.firsts[name]].run for name in encoders}
    own = [run for run in runs.values() if run is not None]
    trex = [run_of(own, recipe) for recipe in TREX.values()]
    if roles.chapter != CHAPTER or not any(trex):
        return list(encoders)
    return [name for run in (None, *filter(None, trex)) for name in runs if runs[name] is run]


def run_of(runs: Sequence[Run], recipe: str) -> Run | None:
    """Return the first run whose crops, projector and loss are those of a recipe at its scale."""
    for run in runs:
        own, wanted = run.numbers, book.numbers(run.section.scale, recipe)
        if (own.augmentation, own.projector, own.loss) == (
            wanted.augmentation,
            wanted.projector,
            wanted.loss,
        ):
            return run
    return None


def _is_default(plan: Plan, encoder: str) -> bool:
    """Whether crops, projector and loss are those of the recipe Base+Mc+Pr."""
    run = plan.encoders[encoder].run
    if run is None:
        return False
    default, own = book.numbers(run.section.scale, DEFAULT), run.numbers
    return (
        own.projector == default.projector
        and own.loss == default.loss
        and own.augmentation.local_crops == default.augmentation.local_crops
    )


def _around(found: dict[str, Properties], encoder: str) -> Components:
    default = found[encoder]
    crops = {_CROPS, *switched_by("augmentation.local_crops")}
    projector = {_PROJECTOR, *switched_by("projector.enabled")}

    def same(but: Collection[str], wanted: Properties) -> str | None:
        ignored = {*but, *SEEDS}
        alike = (
            name
            for name, entry in found.items()
            if without(entry, ignored) == without(default, ignored)
            and all(entry.get(key) == value for key, value in wanted.items())
        )
        return next(alike, None)

    def along(heading: str) -> Iterator[tuple[int, str]]:
        values = {entry[heading] for entry in found.values() if heading in entry}
        for value in sorted(values):
            name = same({heading}, {heading: value})
            if name:
                yield value, name

    return Components(
        base=same(crops | projector, {_CROPS: 0, _PROJECTOR: False}),
        base_mc=same(projector, {_PROJECTOR: False}),
        base_pr=same(crops, {_CROPS: 0}),
        layers=dict(along(LAYERS)),
        widths=dict(along(WIDTH)),
        default=(default[LAYERS], default[WIDTH]),
    )
