"""Search and fit of logistic regression by SGD (section 3.3.4.3)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cogworks.probes.batches import reader
from cogworks.probes.classifier import Classifier
from cogworks.probes.kinds.sgd import Pruning, SgdFit, SgdTune
from cogworks.probes.outcomes import DIVERGED, DONE, PRUNED, Outcome, Params
from cogworks.probes.splits import Rows, Split
from cogworks.probes.stack import Group, Member, Recipe, Selection, Stack, train
from cogworks.probes.table import FeatureTable

# Below this many multiplications per step, a processor spends its time on starting operations and
# not on doing them, so that other seeds come along almost for free.
SMALL_STEP = 2e8
# What a stack of configurations may take in memory: this share of the features, or this many bytes.
STACK_SHARE, STACK_BYTES = 0.15, 2**28
GPU_SHARE = 0.3


@dataclass(frozen=True)
class Sgd:
    """SGD on one table of training features.

    Attributes:
        table: the features.
        spec: what the search or the fit depends on.
        device: where to compute.
    """

    table: FeatureTable
    spec: SgdTune | SgdFit
    device: torch.device

    def companions(self, n_rows: int) -> int:
        """Return how many seeds are worth training together on this many rows each."""
        batch = min(n_rows, self.spec.batch_size)
        configurations = self.spec.batch if isinstance(self.spec, SgdTune) else 1
        step = batch * self.table.dim * len(self.table.classes) * configurations
        return max(1, int(SMALL_STEP // step))

    def search(
        self, seeds: Sequence[int], splits: Sequence[Split], asked: Sequence[Sequence[Params]]
    ) -> list[list[Outcome]]:
        """Train configurations and return their accuracies on the validation rows.

        Args:
            seeds: G repetitions.
            splits: the rows of each.
            asked: the configurations of each, equally many.
        """
        result: list[list[Outcome]] = [[] for _ in seeds]
        count = self._at_once(len(seeds))
        for place in range(0, len(asked[0]), count):
            groups = [
                self._group(seed, split.train, params[place : place + count])
                for seed, split, params in zip(seeds, splits, asked, strict=True)
            ]
            outcomes = self._outcomes(groups, [torch.from_numpy(split.val) for split in splits])
            for done, new in zip(result, outcomes, strict=True):
                done.extend(new)
        return result

    def fit(
        self, seeds: Sequence[int], rows: Sequence[Rows], params: Sequence[Params]
    ) -> list[Classifier | None]:
        """Train one configuration for each seed in float32; None where it diverged."""
        groups = [
            self._group(seed, own, [values])
            for seed, own, values in zip(seeds, rows, params, strict=True)
        ]
        stack = self._train(groups, "float32", None)
        members = [Member(number, 0) for number in range(len(groups))]
        alive = set(stack.members)
        return [Classifier(*stack.classifier(m)) if m in alive else None for m in members]

    def _group(self, seed: int, rows: Rows, params: Sequence[Params]) -> Group:
        lr = [values["lr"] for values in params]
        decay = [values["weight_decay"] for values in params]
        return Group(torch.from_numpy(rows), seed, lr, decay)

    def _outcomes(self, groups: list[Group], val: list[Tensor]) -> list[list[Outcome]]:
        assert isinstance(self.spec, SgdTune), "only a search has outcomes"
        pruned: dict[Member, Outcome] = {}
        pruning = self.spec.pruning
        select = _pruner(pruning, val, pruned) if pruning is not None else None
        stack = self._train(groups, self.spec.search_precision, select)
        outcomes = pruned | {
            member: Outcome(DONE, 100 * hits / len(val[member.group]))
            for member, hits in (stack.correct(val) if stack.members else {}).items()
        }
        return [
            [
                outcomes.get(Member(number, place), Outcome(DIVERGED))
                for place in range(len(group.lr))
            ]
            for number, group in enumerate(groups)
        ]

    def _train(self, groups: list[Group], precision: str, select: Selection | None) -> Stack:
        recipe = Recipe(
            epochs=self.spec.epochs,
            batch_size=self.spec.batch_size,
            momentum=self.spec.momentum,
            schedule=self.spec.schedule,
            compile=self.spec.compile,
            precision=precision,
        )
        source = reader(self.table.x, self.table.y, self.device)
        return train(
            groups,
            n_classes=len(self.table.classes),
            source=source,
            recipe=recipe,
            select=select,
        )

    def _at_once(self, groups: int) -> int:
        """Return how many configurations of each group fit into memory together."""
        n_classes, features = len(self.table.classes), self.table.x.nbytes
        # Weights, momentum and on a GPU a gradient and low-precision copies; logits and errors.
        each = 4 * n_classes * (self.table.dim * 2 + self.spec.batch_size * 2)
        if self.device.type == "cuda":
            memory = torch.cuda.get_device_properties(self.device).total_memory
            return max(1, int(GPU_SHARE * memory / (2 * each * groups)))
        return max(1, int(max(STACK_BYTES, STACK_SHARE * features) / (each * groups)))


def _pruner(pruning: Pruning, val: list[Tensor], pruned: dict[Member, Outcome]) -> Selection:
    """Return a selection that keeps the best share of each group after one epoch."""

    def select(epoch: int, stack: Stack) -> set[Member]:
        if epoch != pruning.epoch:
            return set(stack.members)
        hits = stack.correct(val)
        kept: set[Member] = set()
        for number in range(len(val)):
            own = [member for member in stack.members if member.group == number]
            own.sort(key=lambda member: (-hits[member], member.place))
            kept.update(own[: math.ceil(pruning.keep * len(own))])
        for member in set(stack.members) - kept:
            value = 100 * hits[member] / len(val[member.group])
            pruned[member] = Outcome(PRUNED, value, epoch)
        return kept

    return select
