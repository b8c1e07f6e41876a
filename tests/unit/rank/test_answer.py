"""How photographs can answer, and the config that follows."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cogworks.concepts.synset_tables import read_table
from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.inputs import read_text
from cogworks.plan.load import load
from cogworks.rank import command, models, sections, synsets
from cogworks.rank.folder import Photographs, look

Make = Callable[..., Path]
TABLES = Path(synsets.BUNDLED)


@pytest.fixture(autouse=True)
def out(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "out"
    folder.mkdir()
    with contextlib.chdir(folder):
        yield folder


def names(table: str, count: int) -> list[str]:
    """Return some class folders of a data set with a synset each."""
    return [name for name, wnid in read_table(TABLES / table).items() if wnid][:count]


def config_of(photographs: Photographs, answer: command.Answer, **given: Any) -> dict[str, Any]:
    """Return the config, read back from its text."""
    encoders, _ = sections.encoders(models.sections(["timm:resnet18"], "random", []))
    defaults = {"images": 100, "on_corrupt": "error", "online": False}
    whole = sections.config(
        photographs,
        answer.levels,
        encoders,
        **defaults | given,
    )
    text = sections.as_text(whole, ["Head"])
    assert text.startswith("# Head\n\n")
    assert all(len(line) <= 120 for line in text.splitlines())
    read: dict[str, Any] = yaml.safe_load(text)
    assert read == whole
    return read


def test_known_classes_are_ranked_as_in_cog_lite(photographs: Make) -> None:
    found = look(photographs(dict.fromkeys(names("Caltech101.csv", 60), 30)), [])
    answer = command._answer(found, None, plain=False)
    assert answer.levels is not None
    assert answer.notes == [
        f"{answer.levels.seen} concepts here are of IN-1K, {answer.levels.unseen} are unseen; "
        f"{answer.levels.count} levels of {answer.levels.size}.",
        "Taken together, since they are one concept: cougar_body and cougar_face, crocodile and "
        "crocodile_head, flamingo and flamingo_head.",
    ]
    plan = load(config_of(found, answer))
    assert plan.members("cog") == [f"cog_l{k + 1}" for k in range(answer.levels.count)]
    assert plan.datasets["seen"].source.names_classes
    assert plan.datasets["seen"].section.test_images == 10
    lite = sections.lite()
    assert plan.config.probes["linear"].trials == lite["probes"]["linear"]["trials"]
    assert plan.config.report.baseline == "random"
    assert plan.config.report.advantage is not None
    assert {"random", "resnet18"} <= plan.encoders.keys()


def test_unknown_classes_are_told_from_one_another(photographs: Make) -> None:
    found = look(photographs({"my dog": 4, "scanner": 9, "sea horse": 5}), [])
    answer = command._answer(found, None, plain=False)
    assert answer.levels is None
    first, second = answer.notes
    assert "Not by distance from IN-1K: most classes have no synset" in first
    assert second.startswith("3 of 3 classes have no synset (my dog, scanner, sea horse). ")
    plan = load(config_of(found, answer, online=True))
    assert list(plan.datasets) == ["photographs"]
    assert plan.config.probes["linear"].shots == [1, "all"]
    assert plan.config.compute.online
    table = read_text("classes.csv")
    assert "; or n01456756: small fish with horse-like heads" in table
    assert "\nmy dog,,,,\n" in table


def test_too_few_unseen_concepts_are_told(photographs: Make) -> None:
    found = look(photographs(dict.fromkeys(names("CIFAR100.csv", 12), 9)), [])
    answer = command._answer(found, None, plain=False)
    assert answer.levels is None
    assert "are unseen, and levels take at least 16 unseen. All classes are told" in answer.notes[0]


def test_a_table_of_the_users_has_every_class(photographs: Make, tmp_path: Path) -> None:
    found = look(photographs({"hund": 9, "katze": 9, "n01440764": 9}), [])
    table = tmp_path / "own.csv"
    table.write_text("class,wnid\nhund,n02084071\n")
    with pytest.raises(InputError, match=r"own.csv: no row for 1 of 3 class folders: katze; give"):
        command._answer(found, table, plain=False)
    table.write_text("class,wnid\nhund,n02084071\nkatze,\n")
    answer = command._answer(found, table, plain=False)
    assert answer.notes[1] == "1 of 3 classes have no synset (katze)."
    assert read_table("classes.csv") == {
        "hund": "n02084071",
        "katze": "",
        "n01440764": "n01440764",
    }


def test_numbers_are_no_names_and_a_wnid_must_be_one() -> None:
    wordnet = open_wordnet()
    assert "001" in names("Flowers.csv", 1)
    assert synsets.synsets_of(["001", "crab"], wordnet, None) == {"001": "", "crab": "n01976957"}
    with pytest.raises(InputError, match=r"class folders: 1 unknown to WordNet .*n99999999"):
        synsets.synsets_of(["n99999999"], wordnet, None)


def test_no_two_tables_contradict_each_other() -> None:
    found: dict[str, str] = {}
    for path in TABLES.glob("*.csv"):
        for name, wnid in read_table(path).items():
            assert found.setdefault(name, wnid) == wnid, name
    assert len(found) > 500


def test_data_sets_of_torchvision_are_cog_lites(tmp_path: Path) -> None:
    found = Photographs(tmp_path, {}, ["Caltech101", "Pets"], "")
    answer = command._answer(found, None, plain=False)
    assert answer.levels is not None
    plan = load(config_of(found, answer))
    lite = load(sections.lite())
    for name in ("seen", "cog_l1"):
        ours, theirs = plan.datasets[name].section, lite.datasets[name].section
        assert (ours.max_images, ours.test_images) == (theirs.max_images, theirs.test_images)
    few = Photographs(tmp_path, {}, ["Pets"], "")
    with pytest.raises(InputError, match=r"at least 16 unseen. Add more of the data sets \("):
        command._answer(few, None, plain=False)


def test_results_of_other_photographs_are_not_overwritten(out: Path, photographs: Make) -> None:
    first, second = (
        look(photographs({"a b": 5, "b c": 5}, name), []) for name in ("first", "second")
    )
    text = sections.as_text(config_of(first, command.Answer(None, [])), [""])
    (out / "config.yaml").write_text(text)
    command._check_out(out, first)
    with pytest.raises(InputError, match=r"out: has the results of .*first; name another folder"):
        command._check_out(out, second)
