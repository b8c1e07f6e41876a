from collections import deque

import pytest
import torch
from torch.nn import functional

from cogworks.training.memory import Memory


@pytest.mark.parametrize(
    ("size", "batches"),
    [(10, [3, 3, 3, 3, 3]), (7, [7, 2, 7]), (5, [12, 1, 5, 6]), (8, [1] * 20), (4, [4, 4])],
)
def test_first_in_first_out_without_loss_or_double(size: int, batches: list[int]) -> None:
    memory = Memory(size, 3, 5)
    queue = deque(zip(memory.embeddings.tolist(), memory.labels.tolist(), strict=True))
    number = 0
    for batch in batches:
        labels = torch.arange(number, number + batch)
        number += batch
        embeddings = torch.randn(batch, 3)
        memory.push(embeddings, labels)
        units = functional.normalize(embeddings, dim=1).tolist()
        for entry in zip(units, labels.tolist(), strict=True):
            queue.append(entry)
            queue.popleft()
        order = torch.roll(torch.arange(size), -int(memory.position))
        assert memory.labels[order].tolist() == [label for _, label in queue]
        expected = torch.tensor([z for z, _ in queue])
        torch.testing.assert_close(memory.embeddings[order], expected)


def test_starts_random_with_every_class_alike() -> None:
    memory = Memory(12, 4, 3)
    assert torch.bincount(memory.labels).tolist() == [4, 4, 4]
    torch.testing.assert_close(memory.embeddings.norm(dim=1), torch.ones(12))
    assert len({tuple(row) for row in memory.embeddings.tolist()}) == 12


def test_stores_normalised_embeddings() -> None:
    memory = Memory(2, 3, 2)
    memory.push(torch.tensor([[3.0, 0.0, 4.0]]), torch.tensor([1]))
    torch.testing.assert_close(memory.embeddings[0], torch.tensor([0.6, 0.0, 0.8]))


def test_is_part_of_the_state() -> None:
    first, second = Memory(5, 3, 2), Memory(5, 3, 2)
    first.push(torch.randn(3, 3), torch.tensor([0, 1, 1]))
    second.load_state_dict(first.state_dict())
    for memory in (first, second):
        memory.push(torch.ones(4, 3), torch.tensor([0, 0, 1, 1]))
    assert torch.equal(first.embeddings, second.embeddings)
    assert torch.equal(first.labels, second.labels)
