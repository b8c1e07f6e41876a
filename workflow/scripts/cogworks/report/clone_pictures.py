"""Which clones are shown beside each other in the pictures of appendix E.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cogworks.core.spec import canonical
from cogworks.plan.clones import Clone
from cogworks.report.clone_rows import PROMPTS
from cogworks.report.specs import PictureSource

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

# The classes of figures E.1, E.2 and E.3, and E.4. A data set without them shows others.
NAMED = {
    "robin": ["n01558993"],
    "Shih-Tzu": ["n02086240"],
    "crabs": ["n01978287", "n01980166"],
}
# The guidance scale of figures E.2 to E.4.
GUIDANCE = 7.5
# Prompt and guidance scale of the clones of figures E.5 to E.9.
SIMPLEST, RICHEST = ("c", 7.5), ("c, h inside b", 2.0)


def series(clones: Iterable[Clone], key: str) -> list[Clone]:
    """Return those clones that differ in one number alone, in its order.

    Of several such series it is the one of most values; of equally long ones, that of the simplest
    prompt.
    """
    groups = _groups(clones, key)
    longest = max(map(len, groups), default=0)
    found = [group for group in groups if len(group) == longest]
    first = min(found, key=lambda group: _rank(group[0]), default=[])
    return sorted(first, key=lambda clone: float(getattr(clone.section, key)))


def by_prompt(clones: Iterable[Clone]) -> list[Clone]:
    """Return those clones of a data set that differ in their prompt alone, in the thesis's order.

    Of several such groups it is the one of most prompts; of equally large ones, that of the
    thesis's guidance scale.
    """
    groups = _groups(_of_datasets(clones), "prompt")
    groups.sort(key=lambda group: (-len(group), group[0].section.guidance != GUIDANCE))
    return sorted(groups[0], key=_rank) if groups else []


def simplest_and_richest(clones: Iterable[Clone]) -> list[Clone]:
    """Return two clones of one data set: those of the thesis, else its first and last one."""
    best: list[Clone] = []
    members: dict[str | None, list[Clone]] = {}
    for clone in _of_datasets(clones):
        members.setdefault(clone.section.like, []).append(clone)
    for found in members.values():
        own = sorted(found, key=_place)
        known = {(c.section.prompt, c.section.guidance): c for c in reversed(own)}
        pair = [known.get(SIMPLEST, own[0]), known.get(RICHEST, own[-1])]
        listed = len({SIMPLEST, RICHEST} & known.keys())
        if pair[0] is not pair[1] and (not best or listed == 2):
            best = pair
    return best


def pictures(
    roles: "Roles",
    clones: Sequence[Clone],
    labels: Sequence[str],
    *,
    classes: Sequence[str],
    real: str | None = None,
) -> dict[str, Any]:
    """Return the fields of a `PicturesSpec`.

    Args:
        roles: the roles of the report.
        clones: the clones to show, all of the same classes.
        labels: what to call each; more than there are clones are not read.
        classes: the ids of the classes to show.
        real: the split of the real images that go before the clones' ones, None for none.
    """
    first = clones[0]
    sources = [
        PictureSource(label=label, manifest=clone.manifest("train"))
        for clone, label in zip(clones, labels, strict=False)
    ]
    if real is not None and first.section.like is not None:
        manifest = roles.plan.images(first.section.like).manifest(real)
        sources.insert(0, PictureSource(label="real images", manifest=manifest))
    return {
        "sources": sources,
        "class_table": first.class_table,
        "classes": list(classes),
        "width": first.section.width,
        "height": first.section.height,
    }


def _of_datasets(clones: Iterable[Clone]) -> list[Clone]:
    """Return the clones that are like a data set: there are real images to show beside them."""
    return [clone for clone in clones if clone.section.like is not None]


def _groups(clones: Iterable[Clone], key: str) -> list[list[Clone]]:
    """Return the clones in groups that agree in all but one key, each value once.

    The number of images does not count: a larger clone begins with the images of a smaller one.
    """
    groups: dict[str, dict[Any, Clone]] = {}
    for clone in clones:
        keys = clone.prompt_spec.model_dump() | clone.draw_spec.model_dump()
        rest = {k: v for k, v in keys.items() if k not in ("name", key)}
        if key == "prompt":
            del rest["scenes"]
        groups.setdefault(canonical(rest), {}).setdefault(keys[key], clone)
    return [list(group.values()) for group in groups.values()]


def _rank(clone: Clone) -> int:
    """Return the place of a clone's prompt among the thesis's."""
    prompt = clone.section.prompt
    return PROMPTS.index(prompt) if prompt in PROMPTS else len(PROMPTS)


def _place(clone: Clone) -> tuple[float, ...]:
    return -clone.section.guidance, _rank(clone), clone.section.multiple
