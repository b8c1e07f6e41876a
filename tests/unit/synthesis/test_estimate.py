import json
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import pytest
import torch

from cogworks.synthesis import estimate as module
from cogworks.synthesis.estimate import denoiser_calls, estimate
from cogworks.synthesis.estimates import summary
from cogworks.synthesis.pipeline import load_pipeline

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pipe(pipeline_folder: Path) -> Any:
    return load_pipeline(pipeline_folder, device=CPU)


@pytest.mark.parametrize(
    ("kind", "calls"), [("PNDMScheduler", 51), ("DDIMScheduler", 50), ("HeunDiscreteScheduler", 99)]
)
def test_calls_of_the_denoiser(kind: str, calls: int) -> None:
    options = {"skip_prk_steps": True, "steps_offset": 1} if kind == "PNDMScheduler" else {}
    assert denoiser_calls(getattr(diffusers, kind)(**options), 50) == calls


def test_the_cost_of_a_clone(pipe: Any, drawing: dict[str, Any]) -> None:
    found = estimate(images=1001, prompts=["a", "b"], settings=drawing, pipe=pipe, device=CPU)
    assert found["denoiser_calls_per_batch"] == 3
    assert found["denoiser_calls"] == 251 * 3
    assert found["rows_per_call"] == 8
    assert found["measured"] == "one whole batch"
    assert found["device_days"] * 86400 * found["images_per_second"] == pytest.approx(1001)
    assert found["disk_bytes"] == pytest.approx(1001 * found["bytes_per_image"], rel=1e-3)
    assert found["bytes_per_image"] > 16 * 16 * 3


def test_a_long_batch_is_extrapolated(pipe: Any, drawing: dict[str, Any]) -> None:
    settings = drawing | {"steps": 40, "guidance": 1.0}
    with mock.patch.object(module, "WHOLE_BATCH_SECONDS", 0.0):
        guessed = estimate(images=100, prompts=["a"], settings=settings, pipe=pipe, device=CPU)
    measured = estimate(images=100, prompts=["a"], settings=settings, pipe=pipe, device=CPU)
    assert guessed["measured"] == "extrapolated from 2 and 6 steps"
    assert guessed["rows_per_call"] == 4
    assert 1 / 4 < guessed["images_per_second"] / measured["images_per_second"] < 4


def test_the_table_has_a_sum(tmp_path: Path) -> None:
    values = {"images": 1_281_167, "denoiser_calls": 8_167_446, "device_days": 15.04}
    values |= {"disk_bytes": 7.7e10, "images_per_second": 0.986}
    paths = []
    for name in ("a", "b"):
        paths.append(tmp_path / f"{name}.json")
        facts = {"clone": name, "measured": "one whole batch", "device": "CPU"}
        paths[-1].write_text(json.dumps(values | facts))
    lines = summary(paths).splitlines()
    assert "1,281,167" in lines[1]
    assert "15" in lines[1]
    assert "77 GB" in lines[1]
    assert lines[3].startswith("all")
    assert "2,562,334" in lines[3]
    assert "30.1" in lines[3]
    assert "free on this disk" in lines[4]
    assert "no clone" in summary([])
