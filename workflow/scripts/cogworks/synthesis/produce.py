"""Filling a shard: draw, judge, draw again what will not do, and commit in order.

Which attempt of an image counts is a function of the clone's settings alone: the first that is not
flagged, finite, not constant, and no duplicate of an image with a smaller number in its class. To
that end samples are committed strictly in the order (class, index), and an image is compared with
the images committed before it when its turn comes, not when it is drawn. So neither the order nor
the size of batches, nor where the work was interrupted, can change what a shard holds.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cogworks.synthesis import quality
from cogworks.synthesis.draw import Drawing, Order, image_seed
from cogworks.synthesis.reasons import DUPLICATE
from cogworks.synthesis.shard import PartialShard, Record
from cogworks.synthesis.specs import DrawSpec
from cogworks.synthesis.watch import Watch


@dataclass(frozen=True)
class Slot:
    """One image that a shard is to hold."""

    label: int
    wnid: str
    index: int
    prompt: str
    scene: str | None


@dataclass
class _State:
    """What is known of a slot that is not committed yet."""

    rejected: list[str] = field(default_factory=list)
    data: bytes | None = None
    phash: int = 0
    ready: bool = False


class Producer:
    """Fills one shard."""

    def __init__(
        self,
        slots: Sequence[Slot],
        draw: Callable[[Sequence[Order]], list[Drawing]],
        spec: DrawSpec,
        shard: PartialShard,
        earlier: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """Take up the work where `shard` left it.

        Args:
            slots: the images in order (class, index), those that the shard already holds included.
            draw: draws them, see `Artist.draw`.
            spec: the clone.
            shard: new, or with samples from an earlier run, of which those that fit are kept.
            earlier: label -> perceptual hashes of the class's images with smaller numbers than
                those in `slots`, where there are any.
        """
        self._slots = slots
        self._draw_all = draw
        self._spec = spec
        self._shard = shard
        self._earlier = earlier or {}
        self._states: dict[int, _State] = {}
        self._again: list[int] = []
        self._watch = Watch()
        self._seen = self._no_hashes()
        self.done = 0
        """Number of slots that are committed."""
        self._take_over()
        self._next = self.done

    def run(self, *, round_size: int, stopped: Callable[[], bool]) -> bool:
        """Draw until the shard is full (True) or `stopped` says so after a round (False)."""
        for _ in self.rounds(round_size=round_size, stopped=stopped):
            pass
        return self.done == len(self._slots)

    def rounds(self, *, round_size: int, stopped: Callable[[], bool]) -> Iterator[int]:
        """Draw as `run` does; yield after each round how many slots it committed.

        Raises:
            InputError: the generator gives nothing of use, see `Watch`. What was committed is kept.
        """
        while self.done < len(self._slots) and not stopped():
            before = self.done
            self._draw(self._choose(round_size))
            self._commit()
            self._shard.flush()
            self._watch.check(last=self.done == len(self._slots))
            yield self.done - before

    def _take_over(self) -> None:
        records = [placed.record for placed in self._shard.kept]
        fits = [
            (record.wnid, record.index, record.prompt) == (slot.wnid, slot.index, slot.prompt)
            for record, slot in zip(records, self._slots, strict=False)
        ]
        count = fits.index(False) if False in fits else len(fits)
        self._shard.keep(count)
        for record in records[:count]:
            self._enter(record)

    def _choose(self, round_size: int) -> list[int]:
        """Return the slots to draw next: first those to be drawn again, then new ones."""
        chosen = [heapq.heappop(self._again) for _ in range(min(round_size, len(self._again)))]
        fresh = min(round_size - len(chosen), len(self._slots) - self._next)
        chosen += range(self._next, self._next + fresh)
        self._next += fresh
        return chosen

    def _draw(self, numbers: list[int]) -> None:
        orders = [self._order(number) for number in numbers]
        drawings = self._draw_all(orders)
        for number, order, drawing in zip(numbers, orders, drawings, strict=True):
            reason = quality.fault(drawing)
            self._watch.see(order, drawing, reason)
            if reason is not None:
                self._reject(number, reason)
                continue
            state = self._state(number)
            state.data = quality.encode(
                drawing.pixels, kind=self._spec.format, quality=self._spec.quality
            )
            state.phash = quality.perceptual_hash(drawing.pixels)
            state.ready = True

    def _commit(self) -> None:
        while self.done < len(self._slots) and self._state(self.done).ready:
            number = self.done
            state = self._state(number)
            self._turn_page(number)
            if state.data is not None and self._seen.holds(state.phash):
                self._reject(number, DUPLICATE)
                continue
            record = self._record(number, state)
            self._shard.add(record, state.data)
            self._enter(record)
            del self._states[number]

    def _reject(self, number: int, reason: str) -> None:
        state = self._state(number)
        state.rejected.append(reason)
        state.data = None
        # Without an attempt left the slot is ready all the same: ready to be given up.
        state.ready = len(state.rejected) == self._spec.max_attempts
        if not state.ready:
            heapq.heappush(self._again, number)

    def _record(self, number: int, state: _State) -> Record:
        slot = self._slots[number]
        kept = state.data is not None
        attempt = len(state.rejected) if kept else len(state.rejected) - 1
        return Record(
            label=slot.label,
            wnid=slot.wnid,
            index=slot.index,
            prompt=slot.prompt,
            scene=slot.scene,
            seed=self._seed(slot, attempt),
            rejected=state.rejected,
            sha256=hashlib.sha256(state.data).hexdigest() if state.data is not None else None,
            phash=f"{state.phash:016x}" if kept else None,
        )

    def _enter(self, record: Record) -> None:
        """Count a committed sample and remember its hash."""
        self._turn_page(self.done)
        if record.phash is not None:
            self._seen.add(int(record.phash, 16))
        self.done += 1

    def _turn_page(self, number: int) -> None:
        """Forget the hashes of the class before, if slot `number` is the first of its class."""
        label = self._slots[number].label
        if number > 0 and self._slots[number - 1].label == label:
            return
        self._seen = self._no_hashes()
        for phash in self._earlier.get(label, ()):
            self._seen.add(phash)

    def _state(self, number: int) -> _State:
        return self._states.setdefault(number, _State())

    def _order(self, number: int) -> Order:
        slot = self._slots[number]
        return Order(slot.prompt, self._seed(slot, len(self._state(number).rejected)))

    def _seed(self, slot: Slot, attempt: int) -> int:
        return image_seed(self._spec.seed, slot.wnid, slot.index, attempt)

    def _no_hashes(self) -> quality.SeenHashes:
        return quality.SeenHashes(distance=self._spec.duplicate_distance)
