"""Fetching WordNet at set-up: sources in order, the reasons where all fail."""

import pytest

from cogworks.concepts import fetch
from cogworks.core.errors import InputError


def fail(scratch):
    raise InputError("no network")


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """A machine without WordNet."""
    search = fetch.find_wordnet

    def find(folder=None):
        if folder is None:
            raise InputError("not found")
        return search(folder)

    monkeypatch.setattr(fetch, "find_wordnet", find)
    return tmp_path / "resources" / "wordnet"


def test_takes_the_next_source_where_one_fails(
    monkeypatch, nothing_here, write_ontology, toy_entries
):
    source = write_ontology("debian/usr/share/wordnet", toy_entries)

    def unpack(scratch):
        (scratch / "usr" / "share").mkdir(parents=True)
        source.rename(scratch / "usr" / "share" / "wordnet")

    monkeypatch.setattr(fetch, "SOURCES", {"first": fail, "second": unpack})
    found, how = fetch.ensure_wordnet(None, nothing_here)
    assert found == nothing_here
    assert how == "fetched from second"
    assert sorted(path.name for path in found.iterdir()) == ["data.noun", "index.noun"]


def test_says_why_each_source_failed_and_what_to_do(monkeypatch, nothing_here):
    monkeypatch.setattr(fetch, "SOURCES", {"first": fail, "second": lambda scratch: None})
    with pytest.raises(
        InputError, match=r"first: no network; second: .*no WordNet here.*wordnet-base"
    ):
        fetch.ensure_wordnet(None, nothing_here)
    assert not nothing_here.exists()


def test_a_named_folder_is_never_fetched_into(monkeypatch, tmp_path, toy_folder):
    monkeypatch.setattr(fetch, "SOURCES", {"first": lambda scratch: pytest.fail("fetched")})
    assert fetch.ensure_wordnet(str(toy_folder), tmp_path)[0] == toy_folder
    with pytest.raises(InputError, match="no WordNet here"):
        fetch.ensure_wordnet(str(tmp_path), tmp_path)


def test_what_the_machine_has_is_taken(wordnet_dir, tmp_path):
    assert fetch.ensure_wordnet(None, tmp_path / "unused") == (
        wordnet_dir,
        "already on this machine",
    )
