"""From a model on the command line to an encoder, and what is said of other texts."""

from pathlib import Path

import pytest

from cogworks.core.errors import InputError
from cogworks.plan.load import load
from cogworks.rank import models


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.safetensors").write_bytes(b"x")
    Path("my_model.py").write_text("def build(): ...\n")
    Path("folder").mkdir()


def test_each_text_that_the_config_knows(tmp_path: Path) -> None:
    given = ["timm:resnet18.a1_in1k", "hf:folder", "my_model.py:build", "torchvision:resnet18"]
    found = models.sections(given, None, ["resnet18"])
    assert found == {
        "resnet18.a1_in1k": {"model": given[0], "weights": "pretrained"},
        "folder": {"model": f"hf:{tmp_path}/folder", "weights": "pretrained"},
        "my_model": {"entry_point": f"{tmp_path}/my_model.py:build"},
        "torchvision-resnet18": {"model": given[3], "weights": "pretrained"},
    }
    assert load({"encoders": found}).encoders.keys() == found.keys()
    random = models.sections(["cogworks:small_resnet"], "random", [])
    assert random == {"small_resnet": {"model": "cogworks:small_resnet", "weights": "random"}}
    weights = models.sections(["timm:resnet18"], "mine.safetensors", [])
    assert weights["resnet18"]["checkpoint"] == f"{tmp_path}/mine.safetensors"


@pytest.mark.parametrize(
    ("given", "weights", "message"),
    [
        (["resnet18"], None, "says no library; write timm:resnet18 or torchvision:resnet18"),
        (["tim:resnet18"], None, "'tim' is not a library of models; known: timm:NAME, torchvis"),
        (["mine.safetensors"], None, "is a file; .* timm:NAME --weights mine.safetensors"),
        (["none.py:build"], None, "none.py:build: no file none.py"),
        (["my_model.py:build"], "random", "a function of your own, which loads its own weights"),
        (["timm:resnet18"], "none.pth", "--weights none.pth: no such file; name one, or say `ran"),
        (["timm:a", "timm:b"], "mine.safetensors", "one file for 2 models"),
        (["timm:a", "timm:a"], None, "names a model twice"),
        (["cogworks:small_resnet"], None, "has no published weights; give --weights FILE, or --w"),
    ],
)
def test_what_cannot_be_a_model(given: list[str], weights: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        models.sections(given, weights, [])


@pytest.mark.parametrize(
    ("given", "weights", "online", "message"),
    [
        ("my_model.py:nope", None, False, r"entry point .*my_model.py has no function nope"),
        ("my_model.py:build", None, False, r"returned NoneType, expected a tuple"),
        ("timm:resnt18", "random", False, "timm has no such model; it has .*resnet18"),
        ("timm:resnt18", None, True, "timm has no such model; it has .*resnet18"),
        ("timm:resnet18.a1_in2k", None, True, "no weights a1_in2k; it has .*a1_in1k"),
        ("torchvision:resnt18", None, False, "no such classification model; it has .*resnet18"),
        ("timm:resnet18.a1_in1k", None, False, "not in the hub's cache; allow .* --online, or giv"),
        ("torchvision:resnet18", None, False, r"no file .*; allow the download with --online"),
        ("hf:owner/x", None, False, r"hf:owner/x: config.json of owner/x is not in .* --online"),
    ],
)
def test_a_name_that_its_library_does_not_know_and_weights_that_are_not_there(
    given: str,
    weights: str | None,
    online: bool,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path))
    found = models.sections([given], weights, [])
    (encoder,) = load({"encoders": found}).encoders.values()
    with pytest.raises(InputError, match=message) as error:
        models.check(encoder, online=online)
    assert "\n" not in str(error.value)
