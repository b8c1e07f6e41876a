"""The models of section 4.3 among the runs: with and without multi-crop and projector.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cogworks.plan import recipes as book
from cogworks.plan.plan import Plan
from cogworks.report.recipes import (
    SEEDS,
    Properties,
    one_a_seed,
    properties,
    switched_by,
    without,
)

DEFAULT = "base_mc_pr"
LAYERS, WIDTH = "hidden layers", "hidden width"
_CROPS = "local crops"
_PROJECTOR = "projector"


@dataclass(frozen=True)
class Components:
    """Runs that agree in all but multi-crop and the projector.

    Each is a list of encoders that differ in their seed alone; empty where there is no such run.

    Attributes:
        base: neither multi-crop nor projector.
        base_mc: multi-crop.
        base_pr: the default projector.
        layers: both, by number of hidden layers (L).
        widths: both, by width of a hidden layer (d_h).
        default: L and d_h of the default projector; its runs are in `layers` and `widths`.
    """

    base: list[str]
    base_mc: list[str]
    base_pr: list[str]
    layers: dict[int, list[str]]
    widths: dict[int, list[str]]
    default: tuple[int, int]

    @property
    def base_mc_pr(self) -> list[str]:
        """Return the encoders with multi-crop and the default projector."""
        return self.layers[self.default[0]]

    @property
    def encoders(self) -> list[str]:
        """Return all of them, each once."""
        groups = [self.base, self.base_mc, self.base_pr]
        groups += [*self.layers.values(), *self.widths.values()]
        return list(dict.fromkeys(name for group in groups for name in group))


def components(plan: Plan, encoders: Sequence[str]) -> Components | None:
    """Return the runs around the default configuration of table 4.1, None where that was not run.

    Where several sets of runs have it, say on several data sets, the largest set counts.
    """
    found = {encoder: properties(plan, encoder) for encoder in encoders}
    sets = [_around(found, encoder) for encoder in found if _is_default(plan, encoder)]
    return max(sets, key=lambda entry: len(entry.encoders), default=None)


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

    def same(but: Collection[str], wanted: Properties) -> list[str]:
        ignored = {*but, *SEEDS}
        return one_a_seed(
            {
                name: entry
                for name, entry in found.items()
                if without(entry, ignored) == without(default, ignored)
                and all(entry.get(key) == value for key, value in wanted.items())
            }
        )

    def along(heading: str) -> Iterator[tuple[int, list[str]]]:
        values = {entry[heading] for entry in found.values() if heading in entry}
        for value in sorted(values):
            names = same({heading}, {heading: value})
            if names:
                yield value, names

    return Components(
        base=same(crops | projector, {_CROPS: 0, _PROJECTOR: False}),
        base_mc=same(projector, {_PROJECTOR: False}),
        base_pr=same(crops, {_CROPS: 0}),
        layers=dict(along(LAYERS)),
        widths=dict(along(WIDTH)),
        default=(default[LAYERS], default[WIDTH]),
    )
