"""The WordNet reader against NLTK's, and its search and errors."""

import zipfile

import pytest

from cogworks.concepts import wordnet as module
from cogworks.concepts.wordnet import find_wordnet, open_wordnet, version_of
from cogworks.core.errors import InputError

VERSION_3_1 = "WordNet 3.1 Copyright 2011 by Princeton University.  All rights reserved."
VERSION_3_0 = VERSION_3_1.replace("3.1", "3.0").replace("2011", "2006")


def test_reads_what_nltk_reads(wordnet, nltk_reader, oracle, rng):
    wnids = wordnet.wnids()
    assert len(wnids) == 82115
    for wnid in [wnids[0], wnids[-1], *rng.choice(wnids, 600, replace=False)]:
        theirs = oracle.synset(nltk_reader, str(wnid))
        assert list(wordnet.lemmas(wnid)) == theirs.lemma_names()
        assert wordnet.definition(wnid) == theirs.definition()
        assert wordnet.name(wnid) == theirs.name()
        parents = theirs.hypernyms() + theirs.instance_hypernyms()
        assert sorted(wordnet.parents(wnid)) == sorted(f"n{p.offset():08d}" for p in parents)


def test_ancestors_are_nltks_closure(wordnet, nltk_reader, oracle, pool, rng):
    for wnid in rng.choice(pool, 150, replace=False):
        theirs = oracle.synset(nltk_reader, str(wnid))
        above = {node for level in theirs._iter_hypernym_lists() for node in level} - {theirs}
        assert wordnet.ancestors(wnid) == {f"n{node.offset():08d}" for node in above}


def test_a_synset_with_examples_and_instance_hypernym(wordnet):
    assert wordnet.lemmas("n02124075") == ("Egyptian_cat",)
    assert wordnet.definition("n02124075") == "a domestic cat of Egypt"
    # "dog" has two parents: canine and domestic animal.
    assert wordnet.parents("n02084071") == ("n02083346", "n01317541")
    # Einstein is an instance of a physicist.
    assert "n10428004" in wordnet.ancestors("n10954498")


def test_quoted_examples_leave_the_definition(toy):
    assert toy.definition("n00000002") == "a living thing"
    assert toy.lemmas("n00000002") == ("animal", "beast")


def test_unknown_wnid_is_named(toy):
    assert not toy.exists("n00000099")
    with pytest.raises(InputError, match="'n00000099' is not a noun synset"):
        toy.lemmas("n00000099")
    with pytest.raises(InputError, match=r"concepts\.a\.pool: 2 unknown .*n00000098, n00000099"):
        toy.require(["n00000001", "n00000098", "n00000099"], what="concepts.a.pool")


def test_another_version_is_refused_and_an_own_ontology_is_not(write_ontology, toy_entries):
    with pytest.raises(InputError, match=r"this is WordNet 3\.1.*those of 3\.0"):
        open_wordnet(write_ontology("new", toy_entries, header=VERSION_3_1))
    own = write_ontology("own", toy_entries)
    assert version_of(own) is None
    assert open_wordnet(own).exists("n00000001")


def test_a_folder_without_wordnet_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"data\.noun and index\.noun expected.*make setup"):
        find_wordnet(tmp_path)


def test_search_order_and_zip(tmp_path, monkeypatch, write_ontology, toy_entries):
    project = tmp_path / "resources" / "wordnet"
    monkeypatch.setattr(module, "PROJECT_FOLDER", project)
    monkeypatch.setattr(module, "SYSTEM_FOLDERS", ())
    monkeypatch.setattr(module, "nltk_places", lambda: [tmp_path / "corpora" / "wordnet.zip"])
    with pytest.raises(InputError, match=r"was not found \(looked in .*resources/wordnet, .*zip\)"):
        find_wordnet()
    source = write_ontology("source", toy_entries, header=VERSION_3_0)
    archive = tmp_path / "corpora" / "wordnet.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as handle:
        for name in module.FILES:
            handle.write(source / name, f"wordnet/{name}")
    assert find_wordnet() == archive
    assert open_wordnet().name("n00000007") == "egyptian_cat.n.01"
    write_ontology("resources/wordnet", toy_entries, header=VERSION_3_1)
    assert find_wordnet() == archive
    write_ontology("resources/wordnet", toy_entries, header=VERSION_3_0)
    assert find_wordnet() == project


def test_nltk_data_variable_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    assert module.nltk_places()[0] == tmp_path / "corpora" / "wordnet"


def test_a_circle_and_a_damaged_line_are_errors(write_ontology, toy_entries):
    toy_entries["n00000002"] = ("animal", "a living thing", ("n00000006",))
    with pytest.raises(InputError, match="its own ancestor"):
        open_wordnet(write_ontology("circle", toy_entries)).ancestors("n00000006")
    folder = write_ontology("damaged", {"n00000001": ("entity", "all", ())})
    (folder / "data.noun").write_text("00000001 03 n 01 entity\n")
    with pytest.raises(InputError, match=r"data\.noun: damaged line '00000001 03 n 01 entity'"):
        open_wordnet(folder).lemmas("n00000001")
