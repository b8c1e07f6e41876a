import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.synthesis import estimate as module
from cogworks.synthesis.draw import Artist
from cogworks.synthesis.estimate import estimate
from cogworks.synthesis.estimates import Estimate, summary
from cogworks.synthesis.pipeline import load_pipeline
from cogworks.synthesis.produce import Producer, Slot
from cogworks.synthesis.shard import PartialShard
from cogworks.synthesis.sizes import shard_of, whole_batches
from cogworks.synthesis.specs import PartSpec

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pipe(pipeline_folder: Path) -> Any:
    return load_pipeline(pipeline_folder, device=CPU)


def cost(pipe: Any, spec: PartSpec, *, images: int, **change: Any) -> Estimate:
    given: dict[str, Any] = {"counts": [images], "n_shards": 1, "prompts": ["a", "b"]}
    return estimate(**(given | change), spec=spec, pipe=pipe, device=CPU)


def test_the_cost_of_a_clone(pipe: Any, drawing: PartSpec) -> None:
    found = cost(pipe, drawing, images=1001)
    assert found.denoiser_calls_per_batch == 3
    assert found.denoiser_calls == 251 * 3
    assert found.rows_per_call == 8
    assert found.measured == "one whole batch"
    assert found.device_days * 86400 * found.images_per_second == pytest.approx(1001)
    assert found.disk_bytes == pytest.approx(1001 * found.bytes_per_image, rel=1e-3)
    assert found.bytes_per_image > 16 * 16 * 3


def test_the_estimate_counts_the_batches_that_a_run_draws(
    pipe: Any, drawing: PartSpec, tmp_path: Path
) -> None:
    settings = drawing.model_copy(
        update={"padded_batch": 12, "steps": 3, "duplicate_distance": None}
    )
    counts, n_shards = [7, 9, 2, 8, 5], 2
    calls = []
    handle = pipe.unet.register_forward_pre_hook(lambda *_: calls.append(1))
    owners = shard_of(counts, n_shards=n_shards)
    for shard in range(n_shards):
        slots = [
            Slot(label, f"n{label}", index, f"animal {label}", None)
            for label, count in enumerate(counts)
            if owners[label] == shard
            for index in range(count)
        ]
        with PartialShard(tmp_path / f"{shard}.tar", kind="png") as partial:
            producer = Producer(slots, Artist(pipe, settings).draw, settings, partial)
            # Eight images a round are not even one batch.
            assert producer.run(round_size=whole_batches(8, 12), stopped=lambda: False)
    handle.remove()
    found = cost(pipe, settings, images=0, counts=counts, n_shards=n_shards)
    assert found.denoiser_calls == len(calls)


def test_a_generator_of_nan_has_no_cost(pipe: Any, drawing: PartSpec) -> None:
    handle = pipe.vae.decoder.register_forward_hook(lambda _, __, out: out * torch.nan)
    with pytest.raises(InputError, match=r"nothing of use.*float32"):
        cost(pipe, drawing, images=5)
    handle.remove()


def test_a_long_batch_is_extrapolated(
    pipe: Any, drawing: PartSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that counts two seconds for a call of the denoiser and five for a decoding."""
    now = [0.0]

    def takes(seconds: float) -> Callable[..., None]:
        def pass_time(*_: object) -> None:
            now[0] += seconds

        return pass_time

    hooks = [
        pipe.unet.register_forward_hook(takes(2.0)),
        pipe.vae.decoder.register_forward_hook(takes(5.0)),
    ]
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    settings = drawing.model_copy(update={"steps": 40, "guidance": 1.0})
    for limit, how in ((0, "extrapolated from 2 and 6 steps"), (1000, "one whole batch")):
        monkeypatch.setattr(module, "WHOLE_BATCH_SECONDS", limit)
        found = cost(pipe, settings, images=100)
        assert found.measured == how
        assert found.rows_per_call == 4
        batch = 2.0 * found.denoiser_calls_per_batch + 5.0
        assert found.images_per_second == pytest.approx(4 / batch)
    for hook in hooks:
        hook.remove()


def test_the_table_has_a_sum(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        found = Estimate(
            clone=name,
            images=1_281_167,
            denoiser_calls=8_167_446,
            denoiser_calls_per_batch=51,
            rows_per_call=16,
            device="CPU",
            measured="one whole batch",
            images_per_second=0.986,
            device_days=15.04,
            bytes_per_image=60_101,
            disk_bytes=77_000_000_000,
        )
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(json.dumps(asdict(found)))
    lines = summary(paths).splitlines()
    assert "1,281,167" in lines[1]
    assert "15 days 1 h" in lines[1]
    assert "77 GB" in lines[1]
    assert lines[3].startswith("all")
    assert "2,562,334" in lines[3]
    assert "30 days 2 h" in lines[3]
    assert "free on this disk" in lines[4]
    assert "no clone" in summary([])
