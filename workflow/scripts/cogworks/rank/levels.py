"""Whether some synsets can be ranked by their distance to IN-1K, and how many levels they give."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from cogworks.concepts import select_stage
from cogworks.concepts.specs import SelectSpec

# With fewer concepts a level says nothing; with fewer levels there is no distance.
LEAST_SIZE, LEAST_COUNT, MOST_COUNT = 8, 2, 5
LEAST = LEAST_SIZE * LEAST_COUNT
# With fewer seen classes, the data set of these is left out.
LEAST_SEEN = 5
# Classes of a task of the advantage by similarity, as in CoG-lite.
TASK = 10


@dataclass(frozen=True)
class Levels:
    """How concepts are divided.

    Attributes:
        seen: seen concepts with photographs.
        unseen: eligible ones.
    """

    seen: int
    unseen: int

    @property
    def count(self) -> int:
        """Return the number of levels."""
        return min(self.unseen // LEAST_SIZE, MOST_COUNT)

    @property
    def size(self) -> int:
        """Return the concepts of a level."""
        return self.unseen // self.count

    @property
    def limit(self) -> int | None:
        """Return how many seen classes to take: as many as a level has; None for too few."""
        return min(self.size, self.seen) if self.seen >= LEAST_SEEN else None

    @property
    def task(self) -> int:
        """Return the classes of a task: no more than there are seen ones to tell apart."""
        return min(TASK, self.size, self.limit or TASK)


def levels_of(spec: SelectSpec) -> Levels:
    """Return how the synsets of a benchmark's pool divide, given the spec of its selection."""
    with tempfile.TemporaryDirectory() as scratch:
        files = {name: Path(scratch, name) for name in ("eligible", "seen", "filters")}
        selection = select_stage.run(spec, **files)
    seen = [wnid for wnid, reason in selection.dropped.items() if reason == "seen"]
    return Levels(seen=len(seen), unseen=len(selection.eligible))
