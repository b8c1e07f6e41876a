"""Where the workflow is, and how rules reach its files from any working folder.

The user's files and what a run writes are relative to the working folder. Scripts and bundled files
(`resources/`, `workflow/`) are beside the workflow, which may be elsewhere and may be moved. So
none of its paths may get into what Snakemake compares: shell commands, inputs and params.

Imported while the DAG is planned: standard library only.
"""

import importlib.util
import os
import shlex
import sys
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.gpus import PINNED
from cogworks.core.warm.start import WARM

_PACKAGE = Path(__file__).resolve().parents[1]
# An installed package contains the files; in a checkout they are around it.
ROOT = _PACKAGE / "bundled" if (_PACKAGE / "bundled").is_dir() else _PACKAGE.parents[2]
LINK = Path(".snakemake", "cogworks")
# What stands before the name of a Python package whose file is meant.
PACKAGE = "package:"
PACKAGES = Path(".snakemake", "packages")


class Script:
    """The start of a rule's command line: an interpreter and a script of the workflow.

    As a param it is a word of the command, but Snakemake neither records nor compares it, since it
    is not of a built-in type. What the script does is in the digest of its code.
    """

    def __init__(self, name: str, *, python: str = sys.executable, gpus: int = 0) -> None:
        """Take the script `workflow/scripts/<name>.py`, its interpreter and its number of GPUs."""
        self.words = (python, str(ROOT / "workflow" / "scripts" / f"{name}.py"))
        self._gpus = gpus

    def __str__(self) -> str:
        return shlex.join(PINNED.command(self._gpus, WARM.command(*self.words)))


def link_bundled() -> None:
    """Create or repair the link in the working folder by which rules find bundled files.

    This is one atomic step.

    Raises:
        InputError: the working folder cannot be written to.
    """
    _link(LINK, ROOT)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    new = link.with_name(f".{link.name}.{os.getpid()}")
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        new.symlink_to(target)
        new.replace(link)
    except OSError as error:
        raise InputError(
            f"{link.parent.absolute()}: cannot be written to ({error.strerror}); run Snakemake in "
            f"a folder where you may write, with -s {ROOT / 'workflow' / 'Snakefile'}"
        ) from error


def found(path: str) -> str:
    """Return a relative path in a form that every rule and job can read.

    A bundled file (`resources/...`) is reached by the link, which is created if it is missing, so
    that its name is the same wherever the workflow is. A user's file of the same name comes first.
    So is a file of an installed Python package (`package:NAME/...`).
    """
    if path.startswith(PACKAGE):
        return _in_package(path)
    own = ROOT / path
    if not path.startswith("resources/") or not own.is_file():
        return path
    mine = Path(path)
    if mine.exists() and not mine.samefile(own):
        return path
    link_bundled()
    return str(LINK / path)


def _in_package(path: str) -> str:
    """Return where a file of a package is; the path as it is where the package is not installed."""
    name, _, file = path.removeprefix(PACKAGE).partition("/")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        return path
    _link(PACKAGES / name, Path(spec.submodule_search_locations[0]).absolute())
    return str(PACKAGES / name / file)
