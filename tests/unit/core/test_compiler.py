import pytest
import torch

from cogworks.core.compiler import require_compiler
from cogworks.core.errors import InputError


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", "CXX"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("device", "language"), [("cuda", r"a C compiler \(gcc\)"), ("cpu", r"a C\+\+ compiler")]
)
def test_a_missing_compiler_is_told_before_anything_is_compiled(
    device: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match=f"{language}.*set compile to false"):
        require_compiler(torch.device(device))


@pytest.mark.parametrize(("device", "name"), [("cuda", "clang"), ("cpu", "c++")])
def test_any_known_compiler_will_do(
    device: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "shutil.which", lambda asked: f"/usr/bin/{asked}" if asked == name else None
    )
    require_compiler(torch.device(device))


def test_one_that_the_environment_names_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("CC", "/opt/cc")
    require_compiler(torch.device("cuda"))
