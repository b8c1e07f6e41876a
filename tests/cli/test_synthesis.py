"""The command lines of the synthesis room: what a signal does, and what errors look like.

Kills at random, which need many processes, are in tests/unit/synthesis/test_kill.py.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cogworks.core.spec import Spec
from cogworks.synthesis.specs import (
    Autoencoder,
    Denoiser,
    GivenSpec,
    MergeSpec,
    PartSpec,
    TextEncoder,
    TrainedSpec,
)

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow" / "scripts"
WNIDS = ["n00000001", "n00000002"]
TINY = TrainedSpec(
    name="tiny",
    dataset="seen",
    wordnet=None,
    image_size=16,
    prompts=["c"],
    scenes=None,
    seed=0,
    autoencoder=Autoencoder(
        downscale=4, channels=6, latent_channels=4, steps=1, batch_size=4, lr=1.0e-3
    ),
    text_encoder=TextEncoder(vocabulary=560, length=20, width=8, layers=1),
    denoiser=Denoiser(channels=[8, 16], steps=1, batch_size=4, lr=1.0e-3, drop_prompt=0.1, ema=0.9),
)
DRAWING = PartSpec(
    name="clone",
    generator="tiny",
    negative_prompt="",
    width=16,
    height=16,
    steps=10,
    guidance=2.0,
    scheduler=None,
    precision="float32",
    channels_last=True,
    compile=False,
    vae_slicing=False,
    safety_checker=False,
    seed=0,
    padded_batch=2,
    format="png",
    quality=95,
    max_attempts=3,
    duplicate_distance=0,
    start=0.0,
    end=1.0,
)


@pytest.fixture
def run(tmp_path: Path) -> list[str]:
    """The command that draws a shard of 2 classes, 40 images each."""
    import pandas as pd

    from cogworks.core.files import write_parquet
    from cogworks.synthesis.generator import write_marker
    from cogworks.synthesis.tiny.parts import assemble, make_parts

    model = tmp_path / "model"
    assemble(make_parts(TINY, ["a cat"])).save_pretrained(model)
    write_marker(tmp_path / "m.json", name="tiny", folder=model)
    classes = pd.DataFrame({"label": range(2), "wnid": WNIDS, "images": 40})
    prompts = pd.DataFrame({"label": range(2), "turn": 0, "prompt": WNIDS, "scene": None})
    write_parquet(classes, tmp_path / "classes.parquet")
    write_parquet(prompts, tmp_path / "prompts.parquet")
    options = {
        "--spec": DRAWING.text,
        "--device": "cpu",
        "--generator": tmp_path / "m.json",
        "--prompts": tmp_path / "prompts.parquet",
        "--classes": tmp_path / "classes.parquet",
        "--number": 0,
        "--n-shards": 1,
        "--batch-size": 2,
        "--output": tmp_path / "shard-00000.tar",
        "--index": tmp_path / "shard-00000.parquet",
    }
    parts = [str(part) for pair in options.items() for part in pair]
    return [sys.executable, str(SCRIPTS / "generate_shard.py"), *parts]


def test_a_signal_hands_over(run: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(run, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not any(
            path.stat().st_size for path in tmp_path.glob(".*.partial")
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=600)
    assert process.returncode == 143
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("shard-*"))
    assert not list(tmp_path.glob(".*.lock"))
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    lines = [line for line in done.stderr.splitlines() if "of 80 images" in line]
    assert "0 of 80" not in lines[0].split(": ")[1][:4]
    assert lines[-1].endswith("80 of 80 images")
    assert {path.name for path in tmp_path.glob("*shard*")} == {
        "shard-00000.tar",
        "shard-00000.parquet",
    }


def test_an_estimate_knows_the_shards(run: list[str], tmp_path: Path) -> None:
    options = dict(zip(run[2::2], run[3::2], strict=True))
    kept = ("--spec", "--device", "--generator", "--prompts", "--classes", "--n-shards")
    options = {key: options[key] for key in kept} | {"--output": str(tmp_path / "e.json")}
    spec = DRAWING.model_copy(update={"padded_batch": 32})
    options |= {"--spec": spec.text, "--n-shards": "2", "--threads": "1"}
    parts = [part for pair in options.items() for part in pair]
    subprocess.run([sys.executable, str(SCRIPTS / "estimate_clone.py"), *parts], check=True)
    found = json.loads((tmp_path / "e.json").read_text())
    # Two shards of 40 images take two batches of 32 each, of 11 calls.
    assert found["images"] == 80
    assert found["denoiser_calls"] == 2 * 2 * 11


@pytest.mark.parametrize(
    ("script", "spec", "options", "named"),
    [
        (
            "check_generator",
            GivenSpec(name="x", path="absent", revision=None, variant=None),
            {"output": "m.json"},
            "compute.online",
        ),
        (
            "merge_clone",
            MergeSpec(name="x", drawing="x", multiple=1, shortfall="drop"),
            {"n-shards": "1", "classes": "none.parquet", "manifest": "m", "quality": "q"},
            "none.parquet: no such file",
        ),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, script: str, spec: Spec, options: dict[str, str], named: str
) -> None:
    parts = [part for key, value in options.items() for part in (f"--{key}", value)]
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{script}.py"), "--spec", spec.text, *parts],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert named in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("error: ")
    assert "Traceback" not in done.stderr
