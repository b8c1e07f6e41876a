from pathlib import Path
from unittest.mock import Mock

import pytest

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.errors import InputError
from cogworks.synthesis.prompts import ClassText, class_texts, prompt_table, shared_prompts
from cogworks.synthesis.scenes import in_turn, read_scenes

PAPILLON, ROBIN = "n02086910", "n01558993"
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def texts(wordnet_dir: Path) -> list[ClassText]:
    return class_texts(open_wordnet(wordnet_dir), [ROBIN, PAPILLON])


def test_prompts_of_the_thesis(texts: list[ClassText]) -> None:
    # Section 5.4.2 prints these for the papillon, figure E.1 the first for the robin.
    def prompts(template: str) -> list[str]:
        return prompt_table(template, texts)["prompt"].tolist()

    assert prompts("c")[0] == "robin, American robin, Turdus migratorius"
    assert prompts("c, h")[1] == "papillon, toy spaniel"
    assert prompts("c, d")[1] == (
        "papillon, small slender toy spaniel with erect ears and a black-spotted brown to white "
        "coat"
    )


def test_one_row_a_class_and_scene(texts: list[ClassText]) -> None:
    table = prompt_table("c, h inside b", texts, scenes=["attic", "beach"])
    assert table[["label", "turn"]].values.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert table["prompt"].iloc[3] == "papillon, toy spaniel inside beach"
    assert table["scene"].tolist() == ["attic", "beach"] * 2
    assert list(table["parents"].iloc[2]) == ["toy spaniel"]


def test_a_class_without_definition_is_named() -> None:
    wordnet = Mock(definition={"n1": "", "n2": "an x"}.__getitem__)
    wordnet.lemmas = {"n0": ("entity",), "n1": ("thing",), "n2": ("x",)}.__getitem__
    wordnet.parents = {"n1": ("n0",), "n2": ()}.__getitem__
    texts = [ClassText(wordnet, "n1"), ClassText(wordnet, "n2")]
    assert prompt_table("c", texts)["prompt"].tolist() == ["thing", "x"]
    with pytest.raises(InputError, match=r"definition.* lacks for n1;"):
        prompt_table("c, d", texts)
    with pytest.raises(InputError, match=r"parents.* lacks for n2;"):
        prompt_table("c, h", texts)


def test_an_unknown_class_is_named(wordnet_dir: Path) -> None:
    with pytest.raises(InputError, match="n00000000"):
        class_texts(open_wordnet(wordnet_dir), [PAPILLON, "n00000000"])


def test_classes_of_one_name_share_their_prompt(wordnet_dir: Path) -> None:
    bird, machine = "n02012849", "n03126707"
    texts = class_texts(open_wordnet(wordnet_dir), [machine, PAPILLON, bird])
    assert shared_prompts(prompt_table("c", texts)) == {"crane": [bird, machine]}
    assert shared_prompts(prompt_table("c, d", texts)) == {}
    # In scenes of their own: each prompt that is the same counts, and only once.
    scenes = prompt_table("c inside b", texts, scenes=["attic", "beach"])
    assert list(shared_prompts(scenes)) == ["crane inside attic", "crane inside beach"]


def test_names_with_signs_in_them(wordnet_dir: Path) -> None:
    odd = {"n03590841": "jack-o'-lantern", "n02966193": "carousel, carrousel, merry-go-round"}
    texts = class_texts(open_wordnet(wordnet_dir), list(odd))
    start = prompt_table('a "c" & [c]', texts)["prompt"].tolist()
    assert [text.split('"')[1].split(", roundabout")[0] for text in start] == list(odd.values())


def test_the_scenes_of_the_project() -> None:
    scenes = read_scenes(REPOSITORY / "resources" / "scenes.txt")
    assert len(scenes) == 365
    assert {"airfield", "zen garden", "indoor church"} <= {scene.lower() for scene in scenes}
    assert not any("_" in scene or "/" in scene for scene in scenes)


def test_scenes_in_turn_are_the_same_for_all_and_follow_the_seed() -> None:
    scenes = [f"scene {number}" for number in range(30)]
    order = in_turn(scenes, seed=0)
    assert sorted(order) == sorted(scenes)
    assert order != scenes
    assert order == in_turn(scenes, seed=0) != in_turn(scenes, seed=1)


@pytest.mark.parametrize(
    "text", ["\ufeffattic\r\n\r\n  # of a house\r\nbeach \r\n", "attic\n\nbeach"]
)
def test_scenes_as_editors_save_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenes.txt"
    path.write_bytes(text.encode())
    assert read_scenes(path) == ["attic", "beach"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("# none\n", "no scene"), ("a\nb\na\n", "twice: a"), ("<html>", "is a web page")],
)
def test_bad_scene_files(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "scenes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=named):
        read_scenes(path)
    with pytest.raises(InputError, match=r"missing\.txt: cannot be read"):
        read_scenes(tmp_path / "missing.txt")
