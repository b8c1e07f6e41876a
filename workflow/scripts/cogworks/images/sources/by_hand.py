"""Files of a transfer data set that are not downloaded: the user puts them there.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cogworks.core.errors import InputError


@dataclass(frozen=True)
class ByHand:
    """What must be in the root folder of a data set before anything is fetched.

    Attributes:
        files: paths below the root, or names that may also be in one of `folders`.
        folders: those folders below the root.
        fetched: the folder that torchvision makes, and takes for complete once it is there.
        advice: where the files come from.
    """

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    fetched: str | None = None
    advice: str = ""

    def find(self, file: str, root: Path) -> Path:
        """Return a file in the root or one of the folders where it may lie.

        Raises:
            InputError: it is in none of them.
        """
        places = [root / file, *(root / folder / file for folder in self.folders)]
        found = next((place for place in places if place.exists()), None)
        if found is None:
            looked = f" (looked for {', '.join(map(str, places))})" if len(places) > 1 else ""
            raise InputError(f"{root}: {file} is not there{looked}; {self.advice}")
        return found

    def missing(self, root: Path) -> Iterator[str]:
        """Yield what must be put under `root` before the data set can be fetched or read."""
        for file in self.files:
            try:
                self.find(file, root)
            except InputError as error:
                yield str(error)
        fetched = root / self.fetched if self.fetched else None
        if fetched and fetched.is_dir() and not any(path.is_dir() for path in fetched.iterdir()):
            yield (
                f"{fetched} holds no images, and torchvision fetches none into a folder that is "
                f"there; move what is in it to {root} and remove it"
            )
