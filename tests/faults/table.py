"""The table of faults in `docs/faults.md`, whose rows are what the tests saw.

A test of a fault is marked with the row's section, its name and how the fault is injected. It tells
the fixture `fault` what was seen and what was lost:

    @pytest.mark.fault("Files of results", "a table that is cut off", how="cut at 9 places")
    def test_a_table_that_is_cut_off(fault: Fault, tmp_path: Path) -> None:
        ...
        with fault.refused():
            read_parquet(path)
        fault.lost("the file; the workflow makes it again")

The marker's texts may name the test's parameters: `"a {format} that is cut off"`. One test tells of
one fault, and all of them must be on the page, also those of slow tests, which a plain run leaves
out. Faults with one name up to a colon, as of each stage, stand in one row, which says of each what
it does not share with the others. After an intended change, write the page anew and read the
difference:

    FAULTS=write python -m pytest tests/faults
    FAULTS=write python -m pytest -m slow tests/faults
"""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.errors import InputError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
# What is above the first section is written by hand.
HEADING = "## "
TOP = "| Fault | Injected how | Seen | Lost |\n| --- | --- | --- | --- |\n"
WRITE = os.environ.get("FAULTS") == "write"
PASSED = pytest.StashKey[bool]()
COLLECTED = pytest.StashKey[list[pytest.Item]]()
# How a fault was injected, what was seen and what was lost, as the page has it.
Cells = tuple[str, ...]
Sections = dict[str, dict[str, Cells]]
# Between what a cell says of some faults, and of others.
BREAK = "<br>"


class Fault:
    """What the table says of a fault, in the making.

    Args:
        section: the heading under which it stands.
        name: what is at fault.
        how: how the test brings it about.
        folder: above the test's own folders, which messages are to leave out.
    """

    def __init__(self, section: str, name: str, how: str, folder: Path) -> None:
        self.section, self.name, self.how = section, name, how
        self._folder = re.compile(rf"{re.escape(str(folder))}/[^/\s]+/")
        self._seen: dict[str, str] = {}
        self._lost = ""

    def seen(self, text: str) -> None:
        """Add what was seen; texts that differ in numbers alone are added once."""
        text = self.plain(text)
        self._seen.setdefault(re.sub(r"\d+", "0", text), text)

    def lost(self, text: str) -> None:
        """Say what was lost."""
        self._lost = self.plain(text)

    @contextlib.contextmanager
    def refused(self, error: type[Exception] = InputError, match: str = "") -> Iterator[None]:
        """Expect an error, whose message is what is seen; a library's words in it are left out."""
        with pytest.raises(error, match=match or None) as caught:
            yield
        self.error(caught.value)

    def error(self, error: BaseException) -> None:
        """Take down an error that was seen."""
        words, cause = str(error), error.__cause__
        if str(cause or "") and not isinstance(cause, InputError):
            words = words.replace(str(cause), "...")
        self.seen(f"error: {quoted(words)}")

    def either(
        self, damages: Iterable[object], read: Callable[[], Any], *, same: Callable[[Any], bool]
    ) -> None:
        """Read after each damage, which is to give an error or what was there before it.

        Args:
            damages: does the damage, one after the other.
            read: what reads the file.
            same: whether what was read is as it was without the damage.
        """
        for damage in damages:
            try:
                found = read()
            except InputError as error:
                self.error(error)
            else:
                assert same(found), f"other content passes as good: {damage}"
                self.seen("nothing where the content is as before")

    def plain(self, text: str) -> str:
        """Return a text in one line, without the test's folders."""
        return " ".join(self._folder.sub("", text).split())

    @property
    def cells(self) -> Cells:
        """What the row has of it."""
        assert self._seen, f"{self.name}: the test does not say what was seen"
        assert self._lost, f"{self.name}: the test does not say what was lost"
        cells = (self.how, "; ".join(self._seen.values()), self._lost)
        return tuple(cell.replace("|", "/") for cell in cells)


def lines(faults: dict[str, Cells]) -> Iterator[str]:
    """Yield the rows of some faults by name, in order."""
    alike: dict[str, dict[str, Cells]] = defaultdict(dict)
    for name, cells in sorted(faults.items()):
        shared, colon, own = name.partition(": ")
        assert ", " not in own, f"{name}: a row lists what is behind the colon, with commas"
        alike[shared + colon][own] = cells
    for shared, found in alike.items():
        columns = zip(*found.values(), strict=True)
        told = [_told(dict(zip(found, column, strict=True))) for column in columns]
        yield f"| {shared}{', '.join(found)} | {' | '.join(told)} |"


def _told(texts: dict[str, str]) -> str:
    """Return a cell: what it says of all faults of its row, or of which of them it says what."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        assert BREAK not in text
        names[text].append(name)
    if len(names) == 1:
        return next(iter(names))
    return BREAK.join(f"*{', '.join(own)}*: {text}" for text, own in names.items())


def faults_of(line: str) -> dict[str, Cells]:
    """Return the faults of a row by name."""
    first, *cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
    shared, colon, own = first.partition(": ")
    columns = [_untold(cell, own.split(", ")) for cell in cells]
    return {
        f"{shared}{colon}{name}": tuple(column[name] for column in columns)
        for name in own.split(", ")
    }


def _untold(cell: str, names: list[str]) -> dict[str, str]:
    """Return what a cell says of each fault of its row."""
    if BREAK not in cell:
        return dict.fromkeys(names, cell)
    parts = (part.removeprefix("*").split("*: ", 1) for part in cell.split(BREAK))
    return {name: text for own, text in parts for name in own.split(", ")}


def quoted(text: str) -> str:
    """Return a text as code, in which nothing is markup."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def read_page() -> tuple[str, Sections]:
    """Return what is above the sections, and the faults by section and name."""
    top, *parts = re.split(rf"^{HEADING}", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    sections: Sections = {}
    for part in parts:
        heading, rows = part.split("\n", 1)
        sections[heading] = {}
        for line in [line for line in rows.splitlines() if line.startswith("| ")][2:]:
            sections[heading] |= faults_of(line)
    return top, sections


def write_page(top: str, sections: Sections) -> None:
    """Write the page, sections and rows in order of their names."""
    tables = (
        f"{HEADING}{heading}\n\n{TOP}" + "\n".join(lines(faults)) + "\n"
        for heading, faults in sorted(sections.items())
        if faults
    )
    PAGE.write_text(f"{top.rstrip()}\n\n" + "\n".join(tables), "utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note which tests there are, also those that this session leaves out."""
    config.stash[COLLECTED] = list(items)


def row_of(item: pytest.Item) -> tuple[str, str, str] | None:
    """Return section, name and how of a test's row; None where it has no marker."""
    mark = item.get_closest_marker("fault")
    if mark is None:
        return None
    params = item.callspec.params if hasattr(item, "callspec") else {}
    section, name, how = (text.format(**params) for text in (*mark.args, mark.kwargs["how"]))
    return section, name, how


@pytest.fixture(scope="session")
def found_faults() -> Iterator[Sections]:
    """Collect the faults of this session, and write them to the page if asked for."""
    found: Sections = defaultdict(dict)
    yield found
    if WRITE:
        assert "PYTEST_XDIST_WORKER" not in os.environ, "write the page in one process, without -n"
        top, sections = read_page()
        for heading, faults in found.items():
            sections[heading] = sections.get(heading, {}) | faults
        write_page(top, sections)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test passed: a row is compared only then."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def fault(
    request: pytest.FixtureRequest,
    found_faults: Sections,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fault]:
    """Take down what a test of a fault sees, and compare it with the page."""
    row = row_of(request.node)
    assert row, "a test with the fixture `fault` has the marker, too"
    fault = Fault(*row, folder=tmp_path_factory.getbasetemp())
    yield fault
    if not request.node.stash.get(PASSED, False):
        return
    found_faults[fault.section][fault.name] = fault.cells
    if not WRITE:
        stored = read_page()[1].get(fault.section, {}).get(fault.name)
        assert fault.cells == stored, f"{PAGE}: write it anew with FAULTS=write and read the change"
