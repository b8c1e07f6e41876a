import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from cogworks.probes.batches import reader
from cogworks.probes.rivals import Images
from cogworks.probes.stack import (
    Group,
    Member,
    Recipe,
    Stack,
    blocks,
    casts_operands,
    folds,
    orders,
    start,
    train,
)

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("library")
LR = [0.1, 1.0, 10.0, 100.0]
DECAY = [1e-4, 1e-6, 1e-12, 1e-5]


def run(x: Tensor, y: Tensor, groups: list[Group], **keys: Any) -> Stack:
    select = keys.pop("select", None)
    recipe = Recipe(**{"epochs": 6, "batch_size": 64, "momentum": 0.9, "schedule": "cosine"} | keys)
    n_classes = int(y.max()) + 1
    return train(
        groups, n_classes=n_classes, source=reader(x, y, CPU), recipe=recipe, select=select
    )


@pytest.fixture(scope="module")
def data(clusters: Callable[..., tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    return clusters(7, 40, 24, spread=1.0, seed=0)


@pytest.mark.parametrize("schedule", ["cosine", "cosine_lagged"])
@pytest.mark.parametrize("batch_size", [64, 1000])
def test_weights_are_those_of_nn_linear_and_torch_sgd_one_by_one(
    data: tuple[Tensor, Tensor], oracle: Any, schedule: str, batch_size: int
) -> None:
    x, y = data
    rows = torch.arange(250)
    stack = run(
        x, y, [Group(rows, 5, LR, DECAY)], schedule=schedule, batch_size=batch_size, epochs=10
    )
    plain = oracle.Plain(x, y, 7, 10, batch_size, schedule=schedule)
    for place, (lr, decay) in enumerate(zip(LR, DECAY, strict=True)):
        weight, bias = stack.classifier(Member(0, place))
        model, _ = plain.fit(rows, 5, lr=lr, weight_decay=decay)
        # At the largest rate the plain probe itself is up to 3e-6 from float64.
        within = (1e-6 if lr < 100 else 3e-6) * float(model.weight.detach().norm())
        assert (weight - model.weight).norm() < within
        assert (bias - model.bias).abs().max() < within


def test_the_oracle_sees_a_wrong_momentum_and_a_missing_weight_decay(
    data: tuple[Tensor, Tensor], oracle: Any
) -> None:
    x, y = data
    rows = torch.arange(250)
    stack = run(x, y, [Group(rows, 5, [10.0], [1e-4])])
    weight, _ = stack.classifier(Member(0, 0))
    for momentum, decay in ((0.89, 1e-4), (0.9, 0.0)):
        plain = oracle.Plain(x, y, 7, 6, 64, momentum=momentum)
        model, _ = plain.fit(rows, 5, lr=10.0, weight_decay=decay)
        assert (weight - model.weight).norm() > 1e-5 * model.weight.norm()


def test_correct_counts_are_those_of_the_plain_probe(
    data: tuple[Tensor, Tensor], oracle: Any
) -> None:
    x, y = data
    permuted = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    rows, val = permuted[:200].sort().values, permuted[200:]
    stack = run(x, y, [Group(rows, 0, LR, DECAY)])
    found = stack.correct([val])
    plain = oracle.Plain(x, y, 7, 6, 64)
    for place, (lr, decay) in enumerate(zip(LR, DECAY, strict=True)):
        _, accuracy = plain.fit(rows, 0, lr=lr, weight_decay=decay, val=val)
        assert 100 * found[Member(0, place)] / len(val) == pytest.approx(accuracy)
    assert max(found.values()) > 2 * len(val) / 7


@pytest.mark.parametrize("dim", [16, 24])
@pytest.mark.parametrize("batch_size", [31, 64])
def test_a_group_has_the_same_bits_alone_and_in_company(
    data: tuple[Tensor, Tensor], dim: int, batch_size: int, processor: str
) -> None:
    x, y = data[0][:, :dim].contiguous(), data[1]
    groups = [
        Group(torch.arange(first, first + 150), seed, LR[: seed + 1], DECAY[: seed + 1])
        for seed, first in enumerate((0, 60, 120))
    ]
    together = run(x, y, groups, batch_size=batch_size)
    for number, group in enumerate(groups):
        alone = run(x, y, [group], batch_size=batch_size)
        for place in range(len(group.lr)):
            for part, own in zip(
                together.classifier(Member(number, place)),
                alone.classifier(Member(0, place)),
                strict=True,
            ):
                assert torch.equal(part, own), processor


@pytest.mark.parametrize("n", [1, 2, 7, 64, 1000])
def test_a_sum_over_images_has_one_order_whatever_it_is_part_of(n: int, processor: str) -> None:
    whole = torch.randn(n, 53, generator=torch.Generator().manual_seed(0))
    exact = whole.double().sum(0)

    def summed(x: Tensor) -> Tensor:
        for first, last in folds(x):
            first += last
        return x[0]

    for first, last in ((0, 53), (1, 2), (3, 20), (17, 50)):
        strided = whole.clone()[:, first:last]
        packed = strided.clone()
        for column in range(last - first):
            alone = summed(strided[:, column : column + 1].clone())
            assert torch.equal(alone, summed(packed.clone())[column : column + 1]), processor
        assert torch.equal(summed(strided), summed(packed)), processor
        assert torch.allclose(strided[0].double(), exact[first:last], atol=1e-6 * n)


def test_scores_that_overflow_are_no_prediction(data: tuple[Tensor, Tensor]) -> None:
    """A NaN is the highest of all for `argmax`."""
    x, y = data
    stack = run(x, y, [Group(torch.arange(200), 0, [1.0], [0.0])], epochs=1)
    stack.weight.fill_(3e38)
    stack.bias.zero_()
    assert stack.correct([torch.arange(200, len(x))]) == {Member(0, 0): 0}


def test_blocks_share_out_every_member_once_and_cut_a_group_by_itself() -> None:
    sizes = [3, 1, 5]
    members = [Member(group, place) for group, size in enumerate(sizes) for place in range(size)]
    found = blocks(members, 10, 40, CPU)
    # Group 0 and 1 fit together; group 2 is cut after four of its own, not where a block is full.
    assert [block.members for block in found] == [slice(0, 4), slice(4, 8), slice(8, 9)]
    assert [block.rows for block in found] == [slice(0, 40), slice(40, 80), slice(80, 90)]
    assert found[0].group_of.tolist() == [0, 0, 0, 1]
    assert found[0].products == [(0, slice(0, 30), slice(0, 30)), (1, slice(30, 40), slice(30, 40))]
    assert found[2].products == [(2, slice(80, 90), slice(0, 10))]
    assert [block.width for block in blocks(members, 10, 5, CPU)] == [10] * 9
    assert len(blocks(members, 10, 90, CPU)) == 1
    assert blocks([], 10, 40, CPU) == []


@pytest.mark.parametrize("logits", [1, 256 * 7 * 3])
def test_blocks_change_no_weight(
    data: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch, logits: int
) -> None:
    x, y = data
    groups = [Group(torch.arange(n, n + 150), n, LR, DECAY) for n in (0, 60)]
    val = [torch.arange(210, len(x))] * 2
    whole = run(x, y, groups)
    monkeypatch.setattr("cogworks.probes.stack.CACHED_LOGITS", logits)
    cut = run(x, y, groups)
    for member in whole.members:
        weight, wanted = (stack.classifier(member)[0] for stack in (cut, whole))
        assert (weight - wanted).norm() < 1e-6 * wanted.norm()
    assert cut.correct(val) == whole.correct(val)


def test_asking_rivals_first_changes_no_count(
    data: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data
    groups = [Group(torch.arange(n, n + 100), n, LR, DECAY) for n in (0, 60)]
    stack = run(x, y, groups)
    val = [torch.arange(160, len(x)), torch.arange(0, len(x) - 160)]
    wanted = stack.correct(val)
    monkeypatch.setattr("cogworks.probes.stack.CACHED_LOGITS", 1)
    monkeypatch.setattr("cogworks.probes.stack.MANY_CLASSES", 1)
    asked = []
    right = Images.right

    def watched(images: Images, weight: Tensor, bias: Tensor) -> Tensor:
        asked.append(weight)
        return right(images, weight, bias)

    monkeypatch.setattr(Images, "right", watched)
    assert run(x, y, groups).correct(val) == wanted
    assert len(asked) == len(LR) * 2
    assert len(set(wanted.values())) > 2


def test_groups_of_unequal_size_are_refused(data: tuple[Tensor, Tensor]) -> None:
    groups = [Group(torch.arange(n), 0, [1.0], [0.0]) for n in (10, 11)]
    with pytest.raises(ValueError, match="equally many"):
        run(*data, groups)


def test_a_configuration_that_diverges_ends_early_and_leaves_the_others_alone(
    data: tuple[Tensor, Tensor], oracle: Any
) -> None:
    x, y = data
    x = 1e4 * x
    rows = torch.arange(200)
    seen = []

    def watch(epoch: int, stack: Stack) -> set[Member]:
        seen.append(set(stack.members))
        return set(stack.members)

    stack = run(x, y, [Group(rows, 0, [1e-9, 1e38], [0.0, 0.1])], select=watch)
    assert seen[0] == {Member(0, 0)}
    assert stack.members == [Member(0, 0)]
    model, _ = oracle.Plain(x, y, 7, 6, 64).fit(rows, 0, lr=1e-9, weight_decay=0.0)
    weight, _ = stack.classifier(Member(0, 0))
    assert (weight - model.weight).norm() < 1e-6 * model.weight.norm()


def test_training_ends_when_everything_has_diverged(data: tuple[Tensor, Tensor]) -> None:
    x, y = data
    stack = run(1e4 * x, y, [Group(torch.arange(200), 0, [1e38, 1e38], [0.1, 0.1])])
    assert stack.members == []


def test_whoever_is_not_selected_is_dropped(data: tuple[Tensor, Tensor]) -> None:
    x, y = data

    def second(epoch: int, stack: Stack) -> set[Member]:
        return {Member(0, 1)} if epoch == 2 else set(stack.members)

    groups = [Group(torch.arange(200), 0, LR, DECAY)]
    pruned, whole = run(x, y, groups, select=second), run(x, y, groups)
    assert pruned.members == [Member(0, 1)]
    for part, own in zip(
        pruned.classifier(Member(0, 1)), whole.classifier(Member(0, 1)), strict=True
    ):
        torch.testing.assert_close(part, own)


def test_the_start_is_that_of_nn_linear() -> None:
    weight, bias = start(3, 64, 0)
    linear = torch.nn.Linear(64, 3)
    assert weight.shape == linear.weight.shape
    assert bias.shape == linear.bias.shape
    bound = 1 / math.sqrt(64)
    many, _ = start(400, 64, 1)
    assert many.abs().max() <= bound
    assert many.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert not torch.equal(start(3, 64, 1)[0], weight)


def test_every_epoch_visits_every_row_once_in_another_order() -> None:
    rows = torch.arange(10, 40)
    order = orders(rows, 0)
    first, second = next(order), next(order)
    assert torch.equal(first.sort().values, rows)
    assert torch.equal(second.sort().values, rows)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("precision", ["tf32", "bfloat16"])
def test_a_search_in_lower_precision_leaves_the_setting_as_it_was(
    data: tuple[Tensor, Tensor], precision: str
) -> None:
    x, y = data
    before = torch.get_float32_matmul_precision()
    rows = torch.arange(250)
    seen = []

    def watch(epoch: int, stack: Stack) -> set[Member]:
        """Whoever selects counts as exactly as at the end."""
        seen.append(torch.get_float32_matmul_precision())
        return set(stack.members)

    low = run(x, y, [Group(rows, 0, [10.0], [1e-6])], precision=precision, select=watch)
    exact = run(x, y, [Group(rows, 0, [10.0], [1e-6])])
    assert {torch.get_float32_matmul_precision(), *seen} == {before}
    weight, wanted = (stack.classifier(Member(0, 0))[0] for stack in (low, exact))
    assert (weight - wanted).norm() < 0.05 * wanted.norm()


@pytest.mark.parametrize(
    ("abilities", "expected"),
    [
        ({"avx512_f": True, "avx512_bf16": True, "l2_cache_size": 1048576}, True),
        ({"avx512_f": True, "amx_bf16": True}, True),
        ({"avx512_f": True, "avx512_bf16": False, "cpu_name": "bf16"}, False),
        ({"neon": True, "bf16": True, "sve": False}, True),
        ({"neon": True, "bf16": False, "sve_bf16": False, "cpu_name": "Neoverse N1"}, False),
        ({"neon": True, "emulated_bf16": True}, False),
        ({}, False),
    ],
)
def test_a_processor_casts_operands_only_where_it_multiplies_bfloat16(
    monkeypatch: pytest.MonkeyPatch, abilities: dict[str, Any], expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert casts_operands("bfloat16", CPU) is expected
    assert not casts_operands("float32", CPU)
    assert not casts_operands("tf32", CPU)


def test_bfloat16_operands_keep_float32_weights(
    data: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data
    groups = [Group(torch.arange(250), seed, [1.0, 10.0], [1e-6, 1e-5]) for seed in (0, 1)]
    exact = run(x, y, groups)
    monkeypatch.setattr("cogworks.probes.stack.casts_operands", lambda *_: True)
    low = run(x, y, groups, precision="bfloat16")
    for member in exact.members:
        weight, wanted = (stack.classifier(member)[0] for stack in (low, exact))
        assert weight.dtype == torch.float32
        assert 0 < (weight - wanted).norm() < 0.05 * wanted.norm()
    val = [torch.arange(250, len(x))] * 2
    assert low.correct(val) == pytest.approx(exact.correct(val), abs=3)
