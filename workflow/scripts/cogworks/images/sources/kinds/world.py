"""The procedural world, which the workflow draws itself."""

from collections.abc import Iterator

from cogworks.core.inputs import list_of
from cogworks.images.sources.kinds import Section, Source


def _problems(source: Section) -> Iterator[str]:
    if any(list_of(source[key]) for key in ("path", "train_path", "test_path")):
        yield ": the procedural world has no path; remove path, train_path and test_path"


SOURCE = Source(scan=None, problems=_problems, names_classes=False)
