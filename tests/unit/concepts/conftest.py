"""Fixtures of the concepts room: WordNet, NLTK's reader as the oracle, and toy ontologies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogworks.concepts.information import corpus
from cogworks.concepts.wnid_lists import read_wnids
from cogworks.concepts.wordnet import WordNet, open_wordnet
from cogworks.config.parse import parse
from cogworks.plan.plan import Plan

REPOSITORY = Path(__file__).resolve().parents[3]

# A toy ontology: wnid -> (lemmas, gloss, parents). Two roads lead to n00000008.
#   1 entity -> 2 animal -> 4 cat -> 6 tiger_cat, 7 Egyptian_cat
#                        -> 5 pet -> 8 house_dog, and 2 -> 8 directly
#            -> 3 person -> 9 pilot
TOY = {
    "n00000001": ("entity", "all there is", ()),
    "n00000002": ("animal beast", 'a living thing; "an animal ran"', ("n00000001",)),
    "n00000003": ("person", "a human being", ("n00000001",)),
    "n00000004": ("cat", "a feline animal", ("n00000002",)),
    "n00000005": ("pet", "an animal kept at home", ("n00000002",)),
    "n00000006": ("tiger_cat", "a striped cat", ("n00000004",)),
    "n00000007": ("Egyptian_cat", "a cat of Egypt", ("n00000004",)),
    "n00000008": ("house_dog", "a dog kept at home", ("n00000005", "n00000002")),
    "n00000009": ("pilot", "a person who flies", ("n00000003",)),
}


@pytest.fixture(scope="session")
def wordnet(wordnet_dir: Path) -> WordNet:
    return open_wordnet(wordnet_dir)


@pytest.fixture(scope="session")
def pool() -> list[str]:
    return read_wnids("imagenet21k_fall2011", key="pool")


@pytest.fixture(scope="session")
def seen() -> list[str]:
    return read_wnids("imagenet1k", key="seen")


@pytest.fixture(scope="session")
def oracle(load_module: Callable[[str], Any]) -> Any:
    """The module that wraps NLTK, shared with the benchmarks."""
    return load_module("benchmarks/nltk_oracle.py")


@pytest.fixture(scope="session")
def nltk_reader(oracle: Any, wordnet_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return oracle.open_nltk(wordnet_dir, tmp_path_factory.mktemp("nltk"))


@pytest.fixture(scope="session")
def nltk_nodes(oracle: Any, wordnet: WordNet, pool: list[str]) -> Any:
    """NLTK's information content, counted over the pool and its ancestors."""
    return oracle.nltk_information(wordnet, corpus(wordnet, pool, "nodes"))


def write_wordnet(folder: Path, entries: dict[str, Any], *, header: str = "") -> Path:
    """Write an ontology in WordNet's format."""
    folder.mkdir(parents=True, exist_ok=True)
    data, senses = [], {}
    for wnid, (words, gloss, parents) in entries.items():
        lemmas = words.split()
        pointers = [f"@ {parent[1:]} n 0000" for parent in parents] + ["~ 00000001 n 0000"]
        words_text = " ".join(f"{lemma} 0" for lemma in lemmas)
        data.append(
            f"{wnid[1:]} 03 n {len(lemmas):02x} {words_text} {len(pointers):03d} "
            f"{' '.join(pointers)} | {gloss}  \n"
        )
        for lemma in lemmas:
            senses.setdefault(lemma.lower(), []).append(wnid[1:])
    index = [
        f"{lemma} n {len(ids)} 1 @ {len(ids)} 0 {' '.join(ids)}  \n"
        for lemma, ids in sorted(senses.items())
    ]
    licence = f"  1 {header}\n" if header else ""
    (folder / "data.noun").write_text(licence + "".join(data), encoding="utf-8")
    (folder / "index.noun").write_text(licence + "".join(index), encoding="utf-8")
    return folder


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    return write_wordnet(tmp_path / "toy", TOY)


@pytest.fixture
def toy(toy_folder: Path) -> WordNet:
    return open_wordnet(toy_folder)


@pytest.fixture
def write_ontology(tmp_path: Path) -> Callable[..., Path]:
    """Write an ontology of the test's own under a name."""

    def write(name: str, entries: dict[str, Any], **options: str) -> Path:
        return write_wordnet(tmp_path / name, entries, **options)

    return write


@pytest.fixture
def toy_entries() -> dict[str, Any]:
    return dict(TOY)


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """Return a function: benchmarks by name -> the plan of a config that has them alone."""

    def fill(**benchmarks: dict[str, Any]) -> Plan:
        plan: Plan = Plan(parse({"concepts": benchmarks}))
        return plan

    return fill
