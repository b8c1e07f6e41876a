"""The Makefile in folders whose names a shell would take apart."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("Makefile", "requirements.lock", "requirements-encoders.lock"):
        shutil.copy(REPOSITORY / name, folder / name)
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["my work", 'a "b"', "it's", "$HOME", "#1 & co", "été"])
def test_no_command_names_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    targets = [
        "setup",
        "demo",
        "lite",
        "rank",
        "lint",
        "check",
        "audit",
        "test-slurm",
        "bench",
        "docs",
        "lock",
        "clean",
    ]
    done = make(folder, "-n", *targets)
    assert done.returncode == 0, done.stderr
    assert "uv pip sync" in done.stdout
    assert name not in done.stdout
    assert str(tmp_path) not in done.stdout


def test_the_demo_needs_no_further_encoder_and_photographs_take_one_more(tmp_path: Path) -> None:
    assert "requirements-encoders" not in make(tmp_path, "-n", "demo").stdout
    plain, more = (make(tmp_path, "-n", "lite", *given) for given in ([], ["MODEL=timm:resnet50"]))
    command = "--configfile config/cog-lite-online.yaml"
    assert "--require-hashes" in plain.stdout
    assert f"{command} \n" in plain.stdout
    assert f"{command} --config model='timm:resnet50'\n" in more.stdout


def test_the_command_is_in_the_environment_and_takes_model_and_data(tmp_path: Path) -> None:
    setup = make(tmp_path, "-n", "setup").stdout
    assert "ln -sf ../../workflow/scripts/cogworks.sh .venv/bin/cogworks" in setup
    done = make(tmp_path, "-n", "rank", "MODEL=timm:resnet50", "DATA=my photos", "ARGS=--online")
    assert "--require-hashes" in done.stdout
    assert "cogworks rank 'timm:resnet50' --data 'my photos' --online" in done.stdout


@pytest.mark.parametrize("name", ["it's", "$HOME `id` $(id)", 'a "b"; id', "#1 \\ & |"])
def test_a_name_with_anything_in_it_is_one_word(tmp_path: Path, name: str) -> None:
    done = make(tmp_path, "-n", "rank", "lite", f"MODEL=timm:{name}", f"DATA={name}")
    rank = next(line for line in done.stdout.splitlines() if line.startswith("cogworks rank"))
    assert shlex.split(rank) == ["cogworks", "rank", f"timm:{name}", "--data", name]
    assert shlex.split(done.stdout.rpartition(" --config ")[2])[0] == f"model=timm:{name}"
    missing = make(tmp_path, "setup", f"PYTHON=/no such/{name}")
    assert missing.returncode != 0
    assert f"needed, /no such/{name} is" in missing.stderr


def test_a_colon_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    done = make(folder, "setup")
    assert done.returncode != 0
    assert "colon" in done.stderr
    assert not (folder / ".venv").exists()


def test_a_python_that_is_not_there_is_named_even_with_a_space(tmp_path: Path) -> None:
    done = make(tmp_path, "setup", "PYTHON=/no such/python3")
    assert done.returncode != 0
    assert "set PYTHON=" in done.stderr
    assert "/no such/python3" in done.stderr
