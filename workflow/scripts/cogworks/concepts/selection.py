"""Which concepts of the pool are eligible as unseen ones, and why each other is not (3.3.2)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cogworks.concepts.wordnet import WordNet
from cogworks.core.errors import InputError


@dataclass(frozen=True)
class Rules:
    """The filters, in the thesis's order. None, empty or False leaves a filter out."""

    seen: Sequence[str]
    drop_seen_ancestors: bool = True
    exclude_subtrees: Sequence[str] = ()
    leaves_only: bool = True
    image_counts: Mapping[str, int] | None = None
    min_images: int | None = None
    discard: Sequence[str] = ()
    members: Collection[str] | None = None


@dataclass(frozen=True)
class Selection:
    """What became of the pool: reason by dropped wnid, and (step, left) after each filter."""

    pool: Sequence[str]
    dropped: Mapping[str, str]
    steps: Sequence[tuple[str, int]]

    @property
    def eligible(self) -> list[str]:
        """The concepts that no filter dropped, sorted."""
        return [wnid for wnid in self.pool if wnid not in self.dropped]


def select(wordnet: WordNet, pool: Sequence[str], rules: Rules) -> Selection:
    """Apply the filters of section 3.3.2 one after the other.

    Each filter sees what the ones before it left: a concept is a leaf where no concept that is
    still eligible is its descendant, at any distance (the thesis's formula says "parent"; by
    direct parents alone five more would stay than its 5,146).

    Raises:
        InputError: a wnid that WordNet does not have, a concept at the `min_images` filter whose
            number of images is not known, or a member that an earlier filter dropped.
    """
    dropped: dict[str, str] = {}
    left = sorted(pool)
    steps = [("pool", len(left))]

    def drop(step: str, unwanted: Collection[str]) -> None:
        nonlocal left
        dropped.update((wnid, step) for wnid in left if wnid in unwanted)
        left = [wnid for wnid in left if wnid not in unwanted]
        steps.append((step, len(left)))

    drop("seen", set(rules.seen))
    if rules.drop_seen_ancestors:
        drop("seen_ancestor", _above(wordnet, rules.seen))
    if rules.exclude_subtrees:
        drop("excluded_subtree", _below(wordnet, left, set(rules.exclude_subtrees)))
    if rules.leaves_only:
        drop("not_leaf", _above(wordnet, left))
    if rules.min_images is not None:
        drop("few_images", _short_of(left, rules.image_counts or {}, rules.min_images))
    if rules.discard:
        drop("discarded", set(rules.discard))
    if rules.members is not None:
        _require_members(rules.members, left)
        drop("not_member", set(left) - set(rules.members))
    return Selection(sorted(pool), dropped, steps)


def _above(wordnet: WordNet, wnids: Collection[str]) -> set[str]:
    return set().union(*(wordnet.ancestors(wnid) for wnid in wnids))


def _below(wordnet: WordNet, wnids: Collection[str], roots: set[str]) -> set[str]:
    return {wnid for wnid in wnids if not roots.isdisjoint({wnid} | wordnet.ancestors(wnid))}


def _short_of(wnids: Sequence[str], counts: Mapping[str, int], minimum: int) -> set[str]:
    unknown = [wnid for wnid in wnids if wnid not in counts]
    if unknown:
        raise InputError(
            f"image_counts: no count for {len(unknown)} of the {len(wnids)} concepts that "
            f"min_images ({minimum}) is applied to, such as {', '.join(unknown[:5])}: complete the "
            "table or folder, or take these concepts out of the pool"
        )
    return {wnid for wnid in wnids if counts[wnid] < minimum}


def _require_members(members: Collection[str], left: Sequence[str]) -> None:
    strangers = sorted(set(members) - set(left))
    if strangers:
        raise InputError(
            f"members_of: {len(strangers)} concepts of that benchmark's levels are not eligible "
            f"here, such as {', '.join(strangers[:5])}: give both benchmarks the same pool, seen "
            "concepts and filters"
        )
