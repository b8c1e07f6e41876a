"""The order in which NumPy's old quicksort leaves equal keys.

Benchmarks that were built with `numpy.argsort` depend on it: a quarter of the thesis's level
members share their similarity with hundreds of others. NumPy's order of ties has since come to
depend on its version and on the processor's vector instructions, so the algorithm stands here:
introsort, that is quicksort with the median of three as pivot, insertion sort for short ranges,
the longer part put aside on a stack, and heap sort where the partitions go too deep.
"""

from collections.abc import Sequence

# Ranges of at most this many keys are left to insertion sort.
SHORT = 16


def legacy_argsort(keys: Sequence[float]) -> list[int]:
    """Return the permutation that sorts `keys` (no NaN), with ties as NumPy's old quicksort's."""
    return _Introsort(keys).sorted()


class _Introsort:
    """Sorts an index array by looking its keys up; ranges include both ends."""

    def __init__(self, keys: Sequence[float]) -> None:
        self.keys = list(keys)
        self.order = list(range(len(self.keys)))

    def sorted(self) -> list[int]:
        """Sort and return the index array."""
        size = len(self.keys)
        # Twice the logarithm: more partitions than that on one branch mean a bad input.
        pending = [(0, size - 1, 2 * (size.bit_length() - 1))] if size else []
        while pending:
            low, high, depth = pending.pop()
            # The limit is looked at when a range is taken up, not after each partition.
            if depth < 0:
                self._heap_sort(low, high)
                continue
            while high - low >= SHORT:
                middle = self._partition(low, high)
                depth -= 1
                if middle - low < high - middle:
                    pending.append((middle + 1, high, depth))
                    high = middle - 1
                else:
                    pending.append((low, middle - 1, depth))
                    low = middle + 1
            self._insertion_sort(low, high)
        return self.order

    def _swap(self, first: int, second: int) -> None:
        order = self.order
        order[first], order[second] = order[second], order[first]

    def _less(self, first: int, second: int) -> bool:
        return self.keys[self.order[first]] < self.keys[self.order[second]]

    def _partition(self, low: int, high: int) -> int:
        """Split around the median of the first, middle and last key; return the pivot's place."""
        middle = low + (high - low) // 2
        for left, right in ((low, middle), (middle, high), (low, middle)):
            if self._less(right, left):
                self._swap(right, left)
        # The three ends are in order, so the scans below stop at them; the pivot waits beside.
        keys, order = self.keys, self.order
        pivot = keys[order[middle]]
        self._swap(middle, high - 1)
        up, down = low, high - 1
        while True:
            # Both scans stop at keys equal to the pivot: equal keys change places here.
            up += 1
            while keys[order[up]] < pivot:
                up += 1
            down -= 1
            while pivot < keys[order[down]]:
                down -= 1
            if up >= down:
                break
            self._swap(up, down)
        self._swap(up, high - 1)
        return up

    def _insertion_sort(self, low: int, high: int) -> None:
        keys, order = self.keys, self.order
        for place in range(low + 1, high + 1):
            item = order[place]
            while place > low and keys[item] < keys[order[place - 1]]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = item

    def _heap_sort(self, low: int, high: int) -> None:
        size = high - low + 1
        for root in range(size // 2, 0, -1):
            self._sift_down(low, self.order[low + root - 1], root, size)
        for last in range(size, 1, -1):
            item = self.order[low + last - 1]
            self.order[low + last - 1] = self.order[low]
            self._sift_down(low, item, 1, last - 1)

    def _sift_down(self, low: int, item: int, root: int, size: int) -> None:
        """Let `item` sink from the 1-based place `root` in the max-heap that starts at `low`."""
        keys, order = self.keys, self.order
        place, child = root, 2 * root
        while child <= size:
            if child < size and keys[order[low + child - 1]] < keys[order[low + child]]:
                child += 1
            if not keys[item] < keys[order[low + child - 1]]:
                break
            order[low + place - 1] = order[low + child - 1]
            place, child = child, 2 * child
        order[low + place - 1] = item
