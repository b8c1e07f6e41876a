"""Which encoders share one decoding of the same images: see `encoders.together`.

Those that finished keep the company that they had, so that whoever comes later concerns them not
at all. The others form new ones.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cogworks.core.fingerprint import is_made
from cogworks.core.spec import digest
from cogworks.encoders import together
from cogworks.encoders.shards import shard_paths
from cogworks.plan import seconds
from cogworks.plan.architectures import image_size
from cogworks.plan.sizes import used_features

if TYPE_CHECKING:
    from cogworks.plan.encoders import Encoder
    from cogworks.plan.plan import Plan


@dataclass(frozen=True, eq=False)
class Companies:
    """The companies of a plan's encoders.

    What a process has once found stays, whatever is finished meanwhile.
    """

    plan: Plan = field(repr=False)

    def of(self, encoder: Encoder, dataset: str, split: str) -> str | None:
        """Return the company in which features are encoded, or were; None alone."""
        key = encoder.name, dataset, split
        if key not in self._found:
            self._found[key] = self._of(encoder, dataset, split)
        return self._found[key]

    def record(
        self, name: str, dataset: str, split: str, shard: int = 0, shards: int = 1
    ) -> str | None:
        """Return the record of the company of an encoder's features, or of a shard of them.

        None where they are encoded alone, and of features that are joined from shards.
        """
        encoder = self.plan.encoders[name]
        company = self.of(encoder, dataset, split)
        if company is None or encoder.shard_count(dataset, split) != shards:
            return None
        return together.record_path(dataset, split, company, shard, shards)

    def takes(self, name: str, dataset: str, split: str, shard: int = 0, shards: int = 1) -> bool:
        """Say whether a job of features only takes what is handed over, or will be in this run."""
        record = self.record(name, dataset, split, shard, shards)
        if record is None:
            return False
        encoder = self.plan.encoders[name]
        features = encoder.features(dataset, split).array
        if shards > 1:
            features = shard_paths(features, shards)[shard][0]
        is_there = together.handed(features).get("of") == encoder.made_of
        return is_there or not os.path.exists(record)

    def members(self, dataset: str, split: str, company: str) -> list[Encoder]:
        """Return the encoders that are encoded in a company, or were."""
        everyone = self.plan.encoders.values()
        return [one for one in everyone if self.of(one, dataset, split) == company]

    @cached_property
    def _found(self) -> dict[tuple[str, str, str], str | None]:
        return {}

    @cached_property
    def _new(self) -> dict[tuple[str, str, str], dict[str, str]]:
        return {}

    def _of(self, encoder: Encoder, dataset: str, split: str) -> str | None:
        note = encoder.note(dataset, split)
        if note is not None:
            return note.company
        pixels = self._pixels.get(encoder.name)
        if pixels is None:
            return None
        key = dataset, split, pixels
        if key not in self._new:
            self._new[key] = self._unfinished(*key)
        return self._new[key].get(encoder.name)

    def _unfinished(self, dataset: str, split: str, pixels: str) -> dict[str, str]:
        """Return the companies of encoders of the same pixels that have not finished."""
        known = together.known(dataset, split, pixels)
        found, others = {}, []
        for name in self._used.get((dataset, split), ()):
            encoder = self.plan.encoders[name]
            if self._pixels.get(name) == pixels and encoder.note(dataset, split) is None:
                number, made_of = known.last.get(name, (0, ""))
                if made_of == encoder.made_of:
                    # Its job has not taken its features yet, or it failed and encodes alone.
                    found[name] = f"{pixels}/{number}"
                elif seconds.waits_for_pixels(encoder, self.plan.images(dataset)):
                    others.append(name)
        return found | dict.fromkeys(others if len(others) > 1 else (), f"{pixels}/{known.free}")

    @cached_property
    def _used(self) -> dict[tuple[str, str], list[str]]:
        """Return the encoders by the data sets and splits whose features are used."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, dataset, split in used_features(self.plan):
            found.setdefault((dataset, split), []).append(name)
        return found

    @cached_property
    def _pixels(self) -> dict[str, str]:
        """Return what names the pixels that encoders take, of those that others take as well."""
        if self.plan.config.compute.encoders_together == 1:
            return {}
        able = (one for one in self.plan.encoders.values() if _is_able(one))
        found = {one.name: _pixels(one) for one in able}
        number = Counter(found.values())
        return {name: pixels for name, pixels in found.items() if number[pixels] > 1}


def _is_able(encoder: Encoder) -> bool:
    """Say whether an encoder can share a process with others.

    A training run would keep the others waiting. A user's code may change what others compute, as
    two modules of one name would, and the compiler gives up on the ninth network of a process.
    """
    section = encoder.section
    if section.run is not None or section.entry_point is not None or section.compile:
        return False
    return not any(map(is_made, encoder.files))


def _pixels(encoder: Encoder) -> str:
    """Return what names the batches of pixels that an encoder takes, and its arithmetic.

    What only the encoder's library knows may differ: the job looks at that.
    """
    image, compute = encoder.spec.image, encoder.spec.compute
    size = image_size(encoder)
    parts = [size, image.resize or size, image.interpolation, image.geometry, image.decoder]
    return digest([*parts, compute.precision, compute.batch_size, encoder.section.shards])[:8]
