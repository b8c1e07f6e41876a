"""The tables of classes that come with the workflow, checked against WordNet 3.0."""

import csv
from pathlib import Path

import pytest

from cogworks.concepts.selection import Rules, select
from cogworks.concepts.synset_tables import read_table
from cogworks.concepts.wnid_lists import read_wnids
from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.place import ROOT

# Classes of each set, the two of Caltech without a class (background, clutter) among them.
CLASSES = {
    "CIFAR100": 100,
    "Caltech101": 102,
    "Caltech256": 257,
    "Flowers": 102,
    "Food101": 101,
    "Pets": 37,
}
PERSON = "n00007846"
FOLDER = ROOT / "resources" / "synsets"


def bundled(name: str) -> dict[str, str]:
    return read_table(FOLDER / f"{name}.csv")


def rows(name: str) -> list[dict[str, str]]:
    with open(FOLDER / f"{name}.csv", newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("name", CLASSES)
def test_a_table_says_what_wordnet_says(name: str) -> None:
    wordnet = open_wordnet()
    found = rows(name)
    assert [row["class"] for row in found] == sorted({row["class"] for row in found})
    assert len(found) == CLASSES[name]
    for row in found:
        if row["wnid"]:
            assert wordnet.exists(row["wnid"]), row
            assert row["lemma"] == wordnet.lemmas(row["wnid"])[0], row
            assert row["definition"] == wordnet.definition(row["wnid"]), row
        else:
            assert row["note"], f"{row['class']}: neither a synset nor a reason"
            assert not row["lemma"]
            assert not row["definition"]


def test_synsets_that_notes_name_exist() -> None:
    wordnet = open_wordnet()
    names = {wordnet.name(wnid) for wnid in wordnet.wnids()}
    named = [
        word.strip("();,")
        for table in CLASSES
        for row in rows(table)
        for word in row["note"].split()
        if ".n." in word
    ]
    assert len(named) > 10
    assert set(named) <= names


def test_what_the_thesis_s_rules_make_of_them() -> None:
    """The seen ones, and those that stay of the others: neither ancestor, person nor inner node."""
    seen = set(read_wnids("imagenet1k", key="seen"))
    pool = sorted({wnid for name in CLASSES for wnid in bundled(name).values() if wnid})
    rules = Rules(seen=sorted(seen), exclude_subtrees=[PERSON])
    found = select(open_wordnet(), pool, rules)
    assert dict(found.steps) == {
        "pool": 535,
        "seen": 388,
        "seen_ancestor": 320,
        "excluded_subtree": 314,
        "not_leaf": 305,
    }
    # Homonyms, and synsets whose pictures in ImageNet are those of another: each once gone wrong.
    assert bundled("CIFAR100")["mouse"] not in seen
    assert bundled("Caltech256")["047.computer-mouse"] in seen
    assert bundled("Caltech101")["crab"] == "n01976957"
    assert bundled("Caltech101")["bass"] == "n02565573"
    assert bundled("Caltech101")["rooster"] in seen


def test_a_pool_may_be_a_table(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("class,wnid,note\nDogs,n02084071,\nHounds,n02084071,\nNothing,,why\n")
    assert read_wnids(str(table), key="pool") == ["n02084071"]
    assert read_table(table) == {"Dogs": "n02084071", "Hounds": "n02084071", "Nothing": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,synset\ndog,n02084071\n", "columns class,wnid expected, found name, synset"),
        ("class,wnid\ndog,n02084071\ndog,n02084071\n", "line 3: class 'dog' stands there twice"),
        ("class,wnid\ndog,dog.n.01\n", "line 2: 'dog.n.01' is not a wnid"),
        ("class,wnid\ndog,\n", "no class with a wnid"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(table)
