"""Several encoders from one decoding: the bytes of each alone, whatever stops or fails."""

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cogworks.core import lock
from cogworks.core.codehash import rule_code
from cogworks.core.errors import InputError
from cogworks.encoders import extract as extraction
from cogworks.encoders.extract import extract
from cogworks.encoders.handover import take
from cogworks.encoders.loader import BatchLoader
from cogworks.encoders.shards import SCRIPT, made_of
from cogworks.encoders.specs import EncoderSpec
from cogworks.encoders.together import Member, Members, handover, members_path
from cogworks.images.decode import CorruptImageError
from cogworks.images.manifest import Manifest

from .conftest import SMALL

CPU = torch.device("cpu")
# The last one takes other pixels, and the second one only other colours.
ENCODERS = {
    "a": {},
    "b": {"seed": 1, "mean": [0.4, 0.4, 0.4], "std": [0.2, 0.2, 0.2], "dtype": "float16"},
    "c": {"seed": 2, "interpolation": "bilinear"},
}
Specs = dict[str, EncoderSpec]


class KilledError(BaseException):
    """A death at a moment of our choice."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with chunks of two batches of two images: five of twenty-one images."""
    monkeypatch.setattr(extraction, "CHUNK_BATCHES", 2)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def specs(plan_of: Callable[..., Any]) -> Specs:
    plan = plan_of(**{name: SMALL | section for name, section in ENCODERS.items()})
    return {name: encoder.spec for name, encoder in plan.encoders.items()}


@pytest.fixture
def together(
    load_module: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Return what runs the rule's script, and gives its exit status."""
    script = load_module("workflow/scripts/extract_together.py")

    def run(specs: Specs, at_once: int = 2) -> int:
        members = [Member(encoder=spec, features=f"{name}.npy") for name, spec in specs.items()]
        members_path("record.json").write_text(Members(members=members).text)
        given = ["--manifest", "manifest.parquet", "--record", "record.json", "--device", "cpu"]
        monkeypatch.setattr(sys, "argv", ["x", *given, "--at-once", str(at_once)])
        return int(script.main())

    return run


def alone(manifest: Manifest, specs: Specs) -> dict[str, tuple[bytes, bytes]]:
    """Return the files of each encoder when it is encoded by itself."""
    for name, spec in specs.items():
        npy = Path(f"alone-{name}.npy")
        extract(manifest, spec, npy=npy, index=npy.with_suffix(".parquet"), device=CPU)
    return {name: contents(f"alone-{name}") for name in specs}


def contents(stem: str) -> tuple[bytes, bytes]:
    return Path(f"{stem}.npy").read_bytes(), Path(f"{stem}.parquet").read_bytes()


def taken(manifest: Manifest, spec: EncoderSpec, name: str) -> tuple[bytes, bytes]:
    of = made_of(spec, rule_code(SCRIPT))
    take(Path(f"{name}.npy"), Path(f"{name}.parquet"), of=of, manifest=manifest.digest)
    assert not handover(f"{name}.npy").exists()
    return contents(name)


def test_all_get_their_own_bytes_from_one_decoding(
    manifest_of: Callable[..., Manifest],
    specs: Specs,
    together: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = manifest_of(21, on_corrupt="drop", corrupt=(3,))
    expected = alone(manifest, specs)
    submit, decoded = BatchLoader._submit, []

    def counting(self: Any, decoders: Any, start: int, stop: int) -> Any:
        decoded.append(start)
        return submit(self, decoders, start, stop)

    monkeypatch.setattr(BatchLoader, "_submit", counting)
    assert together(specs, at_once=3) == 0
    assert sorted(decoded) == sorted(2 * list(range(0, 21, 2)))
    record = json.loads(Path("record.json").read_text())
    assert record == {n: made_of(spec, rule_code(SCRIPT)) for n, spec in specs.items()}
    assert {name: taken(manifest, spec, name) for name, spec in specs.items()} == expected
    assert not list(Path().glob("?.work"))


def test_a_kill_and_a_signal_cost_a_chunk_each_and_what_is_stale_is_made_again(
    manifest_of: Callable[..., Manifest],
    plan_of: Callable[..., Any],
    specs: Specs,
    together: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest = manifest_of(21)
    expected = alone(manifest, specs)
    write = extraction.PartialFeatures.write
    written: list[Any] = []

    def stopping(at: int, stop: Callable[[], None]) -> Callable[..., None]:
        def writing(self: Any, *args: Any) -> None:
            if len(written) == at:
                stop()
            written.append(self)
            write(self, *args)

        return writing

    def die() -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(extraction.PartialFeatures, "write", stopping(2, die))
        other = plan_of(a=SMALL | {"seed": 9}).encoders["a"].spec
        with pytest.raises(KilledError):
            extract(manifest, other, npy=Path("a.npy"), index=Path("a.parquet"), device=CPU)
        patch.setattr(extraction.PartialFeatures, "write", stopping(6, die))
        with pytest.raises(KilledError):
            together(specs)
        terminate = lambda: os.kill(os.getpid(), signal.SIGTERM)  # noqa: E731
        patch.setattr(extraction.PartialFeatures, "write", stopping(8, terminate))
        assert together(specs) == 1
    assert not Path("record.json").exists()
    assert together(specs) == 0
    # Another one finds all of it done.
    monkeypatch.setattr(extraction, "load_encoder", lambda *args, **options: die())
    assert together(specs) == 0
    assert {name: taken(manifest, spec, name) for name, spec in specs.items()} == expected


class NotANumber(nn.Module):
    """Features of which some are no numbers."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.module(images)
        return features / 0 * 0


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("features", r"the features of encoder b for image image-0000 are NaN"),
        ("lock", r"process .* is still writing these features"),
    ],
)
def test_one_that_fails_is_named_and_costs_no_other_one_anything(
    manifest_of: Callable[..., Manifest],
    specs: Specs,
    together: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    failure: str,
    words: str,
) -> None:
    manifest = manifest_of(21)
    expected = alone(manifest, specs)
    load = extraction.load_encoder

    def loading(spec: EncoderSpec, **options: Any) -> Any:
        encoder = load(spec, **options)
        if spec.name == "b" and failure == "features":
            encoder = dataclasses.replace(encoder, module=NotANumber(encoder.module))
        return encoder

    with monkeypatch.context() as patch:
        patch.setattr(extraction, "load_encoder", loading)
        held = Path("b.work/lock" if failure == "lock" else "other/lock")
        with lock.hold(held, what="these features"):
            assert together(specs) == 0
            Path("record.json").unlink()
            with pytest.raises(InputError, match=words):
                together({"b": specs["b"]})
    told = capfd.readouterr().err
    assert "encoder b failed and is left to its own job: " in told
    assert not Path("record.json").exists(), "where all fail, the job does"
    for name in ("a", "c"):
        assert taken(manifest, specs[name], name) == expected[name]
    with pytest.raises(InputError, match="run again"):
        taken(manifest, specs["b"], "b")
    assert extract(manifest, specs["b"], npy=Path("b.npy"), index=Path("b.parquet"), device=CPU)
    assert contents("b") == expected["b"]


def test_a_damaged_image_stops_all_of_them_once_all_else_is_done(
    manifest_of: Callable[..., Manifest], specs: Specs, together: Callable[..., int]
) -> None:
    manifest_of(21, corrupt=(11,))
    with pytest.raises(CorruptImageError, match=r"1 images cannot be decoded(.|\n)*0011\.png"):
        together({name: specs[name] for name in ("a", "b")})
    done = {name: len(list(Path(f"{name}.work").glob("chunk-*"))) for name in ("a", "b")}
    assert done == {"a": 6, "b": 6}
    assert not Path("record.json").exists()


@pytest.mark.parametrize("change", ["encoder", "images", "bytes"])
def test_what_is_of_something_else_is_not_taken(
    manifest_of: Callable[..., Manifest], specs: Specs, together: Callable[..., int], change: str
) -> None:
    manifest = manifest_of(9)
    assert together({"a": specs["a"]}) == 0
    given = specs["b"] if change == "encoder" else specs["a"]
    if change == "images":
        manifest = dataclasses.replace(manifest, digest="other")
    elif change == "bytes":
        path = handover("a.npy") / "features.npy"
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(InputError, match="What was handed over is deleted; run again"):
        taken(manifest, given, "a")
    assert not Path("a.npy").exists()
    assert not handover("a.npy").exists(), "the next run encodes"
