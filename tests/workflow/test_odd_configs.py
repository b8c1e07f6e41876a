"""Any config gives a plan or an error in the project's own words: shipped ones, changed at random.

What is a plan is asked for its jobs with the rules' own functions (see `asking`). After a fault,
Hypothesis prints the smallest config that shows it.
"""

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, seed, settings

from cogworks.config.errors import HEADING
from cogworks.config.examples import EXAMPLES
from cogworks.config.include import whole
from cogworks.core.errors import InputError
from cogworks.plan.load import load
from cogworks.preflight import quick

from .asking import ask_rules, quicken, read_rules
from .mutations import Values, mutated

REPOSITORY = Path(__file__).resolve().parents[2]
# CPU seconds that the planning of one config may take.
LIMIT = 5
# Configs made of each one: more of those that are planned quickly.
BASES = {
    "config/README.md": 500,
    "config/test.yaml": 800,
    "tests/workflow/stale_keys.yaml": 400,
    "config/cog-lite.yaml": 150,
    "config/config.yaml": 100,
    "config/thesis/chapter-3.yaml": 50,
}


class TooLongError(Exception):
    """The planning takes more than `LIMIT` seconds."""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise TooLongError where the block takes more than `LIMIT` seconds of the CPU."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, wordnet_dir: Path) -> Iterator[None]:
    """Work in a folder with nothing but WordNet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("odd"))
        Path("resources").mkdir()
        for name in ("resources/wordnet", "wordnet"):
            Path(name).symlink_to(wordnet_dir)
        Path("empty.yaml").write_text("{}\n")
        quicken(patch)
        yield


class Plain(yaml.CSafeDumper):
    """Writes no anchors, so that nothing is the same object twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def read(name: str) -> Values:
    """Return a shipped config with what it includes, or the examples of config/README.md as one."""
    texts = [text for key, text in EXAMPLES.items() if key != "include"]
    found = yaml.safe_load("".join(texts)) if name.endswith(".md") else whole(REPOSITORY / name)
    return yaml.load(yaml.dump(found, Dumper=Plain), Loader=yaml.CSafeLoader)


def outcome(config: Values, *, asked: bool = True) -> str:
    """Plan a config, and return what came of it: `plan`, `error` or, of a plan, `missing` files.

    Args:
        config: the config.
        asked: whether to plan its page and ask rules for their jobs; else it is only loaded.
    """
    try:
        with limited():
            plan = load(config)
            if not asked:
                return "plan"
            workflow = read_rules(config)
            ask_rules(workflow)
            "".join(quick.problems(plan, quick.Needed())).encode()
    except InputError as error:
        check_words(str(error))
        return "error"
    try:
        workflow.globals["needs"].check()
    except InputError as error:
        check_words(str(error))
        return "missing"
    return "plan"


def check_words(text: str) -> None:
    """Check that an error names a key or file in each line, and says something of it."""
    text.encode()
    heading, *lines = text.splitlines()
    for line in lines if lines else [heading]:
        key, _, words = line.partition(": ")
        assert key, line
        assert len(words.split()) > 2, line
    assert not lines or heading.endswith(":") or heading == HEADING


def try_mutations(name: str, number: int, *, seed_: int, every: int) -> Counter[str]:
    """Plan changed configs, of every so manieth plan also its jobs; return what came of them."""
    found: Counter[str] = Counter()

    @seed(seed_)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(read(name)))
    def run(config: Values) -> None:
        found[outcome(config, asked=not found.total() % every)] += 1

    run()
    return found


@pytest.mark.parametrize("name", BASES)
def test_a_changed_config_gives_a_plan_or_an_error_in_words(name: str) -> None:
    assert outcome(read(name)) != "error"
    found = try_mutations(name, BASES[name], seed_=0, every=4)
    assert found.total() >= BASES[name]
    assert found["error"] < found.total()


@pytest.mark.slow
@pytest.mark.parametrize("name", [*BASES, "config/thesis/chapter-5.yaml"])
def test_other_changes_on_other_days(name: str) -> None:
    day = int(time.time() // 86400)
    print(f"{name}, seed {day}: {try_mutations(name, 1000, seed_=day, every=1)}")
