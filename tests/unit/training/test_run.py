"""Whole runs on small data: results, resumption, refusals."""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, read_parquet
from cogworks.images.manifest import read_manifest
from cogworks.images.reader import ImageReader
from cogworks.networks.backbones import build_backbone
from cogworks.networks.pixels import make_decoder, normalise
from cogworks.networks.specs import BackboneSpec
from cogworks.training import checkpoint, identity, marks
from cogworks.training.classifier import load_classifier
from cogworks.training.losses import LOSSES
from cogworks.training.run import Files, Options, train
from cogworks.training.specs import TrainSpec
from cogworks.training.trainer import Trainer

OPTIONS = Options(device="cpu", threads=1, workers=0, cache_mb=10, checkpoint_minutes=60)
MakeSpec = Callable[..., TrainSpec]
Results = Callable[[Path], dict[str, Any]]
Check = Callable[..., None]


def files_in(folder: Path, data: Path, *, validate: bool = True) -> Files:
    validation = data / "test.parquet" if validate else None
    return Files(data / "train.parquet", validation, folder / "run", folder / "run.state")


def interrupt_after(monkeypatch: pytest.MonkeyPatch, steps: int, number: signal.Signals) -> None:
    """Send this process a signal after this many steps."""
    original = Trainer._record

    def record(self: Trainer, progress: Any) -> None:
        original(self, progress)
        if self.step == steps:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Trainer, "_record", record)


@pytest.mark.parametrize(
    "changes",
    [
        {"loss__kind": "softmax", "projector__enabled": False},
        {"loss__kind": "cosine"},
        {"loss__kind": "ocm"},
        {"loss__kind": "look", "loss__k": 5},
        {"augmentation__implementation": "pil", "augmentation__local_crops": 0},
    ],
)
def test_it_learns_and_leaves_its_results(
    changes: dict[str, Any], data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    spec = make_spec(optimizer__epochs=12, **changes)
    assert train(spec, files_in(tmp_path, data), OPTIONS)
    run = tmp_path / "run"
    assert sorted(path.name for path in run.iterdir()) == [
        "classifier.safetensors",
        "encoder.safetensors",
        "metrics.parquet",
        "spec.json",
    ]
    metrics = read_parquet(run / "metrics.parquet")
    values = {name: part["value"].to_numpy() for name, part in metrics.groupby("metric")}
    # The loss of one step of twelve images is noisy: three epochs against the first one.
    assert values["loss"][-9:].mean() < 0.8 * values["loss"][:3].mean()
    assert values["val_top1"][-1] >= 60
    assert len(values["val_top1"]) == 12
    assert len(values["loss"]) == 36
    assert metrics["epoch"].max() == 12
    change = LOSSES.load(spec.loss.kind).change
    assert (values[change] > 0).all()
    description = read_json(run / "spec.json")
    assert description["classes"] == ["n01", "n02", "n03"]
    assert (description["feature_dim"], description["image_size"]) == (16, 12)
    assert description["training"] == spec.model_dump(exclude={"start"})


def test_encoder_and_classifier_give_the_validations_accuracy(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    for kind in LOSSES:
        folder = tmp_path / kind
        assert train(make_spec(loss__kind=kind), files_in(folder, data), OPTIONS)
        description = read_json(folder / "run" / "spec.json")
        encoder, dim = build_backbone(BackboneSpec.model_validate(description["backbone"]))
        encoder.load_state_dict(load_file(folder / "run" / "encoder.safetensors"), strict=True)
        manifest = read_manifest(data / "test.parquet")
        reader = ImageReader(manifest)
        decode = make_decoder(decoder="fast", size=12, resize=14, interpolation="bicubic")
        pixels = np.stack([decode(reader.read_bytes(i), "image") for i in range(len(reader))])
        mean, std = torch.tensor(description["mean"]), torch.tensor(description["std"])
        with torch.no_grad():
            features = encoder.eval()(normalise(torch.from_numpy(pixels), mean, std))
        assert features.shape[1] == dim == description["feature_dim"]
        logits = load_classifier(folder / "run")(features)
        labels = torch.tensor(manifest.frame["label"].to_numpy(dtype=np.int64))
        top1 = 100 * float((logits.argmax(1) == labels).float().mean())
        metrics = read_parquet(folder / "run" / "metrics.parquet").set_index("metric")["value"]
        assert top1 == pytest.approx(metrics["val_top1"].iloc[-1])
        loss = float(torch.nn.functional.cross_entropy(logits, labels))
        assert loss == pytest.approx(metrics["val_loss"].iloc[-1], rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "steps", "number"),
    [
        ({"loss__kind": "ocm"}, 5, signal.SIGTERM),
        ({"loss__kind": "look", "loss__k": 5}, 5, signal.SIGTERM),
        ({"loss__kind": "cosine", "optimizer__accumulation": 2}, 3, signal.SIGUSR1),
        ({"loss__kind": "softmax", "precision": "bfloat16"}, 1, signal.SIGTERM),
        ({"loss__kind": "cosine", "precision": "float16"}, 4, signal.SIGTERM),
    ],
)
def test_a_resumed_run_is_bit_exact(
    changes: dict[str, Any],
    steps: int,
    number: signal.Signals,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    results: Results,
    assert_same: Check,
) -> None:
    spec = make_spec(**changes)
    assert train(spec, files_in(tmp_path / "whole", data), OPTIONS)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, steps, number)
        assert not train(spec, files_in(tmp_path / "cut", data), OPTIONS)
    assert not (tmp_path / "cut" / "run").exists()
    saved = torch.load(tmp_path / "cut" / "run.state" / "last.pt", weights_only=True)
    assert saved["step"] == steps
    torch.randn(1000)
    assert train(spec, files_in(tmp_path / "cut", data), OPTIONS)
    assert_same(results(tmp_path / "whole"), results(tmp_path / "cut"))


def test_workers_cache_and_a_copy_of_the_images_change_nothing(
    data: Path, tmp_path: Path, make_spec: MakeSpec, results: Results, assert_same: Check
) -> None:
    spec = make_spec()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name, options in (
        ("alone", OPTIONS),
        (
            "workers",
            Options("cpu", 1, 2, cache_mb=0, checkpoint_minutes=1e-4, scratch=str(scratch)),
        ),
    ):
        assert train(spec, files_in(tmp_path / name, data), options)
    assert [path.suffix for path in scratch.iterdir()] == [".lock"] * 2, "training, validation"
    assert_same(results(tmp_path / "alone"), results(tmp_path / "workers"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_results_of_a_finished_run_are_written_again_and_those_of_another_trained_anew(
    data: Path, tmp_path: Path, make_spec: MakeSpec, results: Results
) -> None:
    """As where Snakemake was killed before it knew of them: it deletes them and runs the job."""
    files = files_in(tmp_path, data)
    assert train(make_spec(), files, OPTIONS)
    first = contents(files.folder)
    shutil.rmtree(files.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_train_step", None)
        assert train(make_spec(), files, OPTIONS)
    assert contents(files.folder) == first, "the times of the steps, too"
    assert train(make_spec(optimizer__lr_per_256=0.5), files, OPTIONS)
    assert results(tmp_path)["spec"]["training"]["optimizer"]["lr_per_256"] == 0.5


def test_a_finished_state_that_cannot_be_read_is_no_obstacle(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    files = files_in(tmp_path, data)
    assert train(make_spec(), files, OPTIONS)
    (files.state / "last.pt").write_bytes(b"torn")
    assert train(make_spec(), files, OPTIONS)


class Killed(BaseException):
    """Stands for a signal that cannot be caught."""


def killed_before_its_first_step(spec: TrainSpec, files: Files) -> None:
    def run(*args: Any, **kwargs: Any) -> bool:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "run", run)
        with pytest.raises(Killed):
            train(spec, files, OPTIONS)


@pytest.mark.parametrize("change", ["code", "versions", "recipe"])
def test_a_run_after_another_finished_one_begins_anew_even_when_killed_at_once(
    change: str,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    results: Results,
    assert_same: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files, spec = files_in(tmp_path, data), make_spec()
    assert train(spec, files, OPTIONS)
    weights = load_file(files.folder / "encoder.safetensors")
    if change == "code":
        monkeypatch.setattr(identity, "run_code", lambda spec: "other")
    elif change == "versions":
        monkeypatch.setattr(identity, "version", lambda name: "0.1")
    else:
        spec = make_spec(optimizer__lr_per_256=0.5)
    for _ in range(2):
        killed_before_its_first_step(spec, files)
    steps: list[int] = []
    original = Trainer._train_step

    def counted(self: Trainer, *args: Any) -> None:
        steps.append(self.step)
        original(self, *args)

    monkeypatch.setattr(Trainer, "_train_step", counted)
    assert train(spec, files, OPTIONS)
    assert steps == list(range(9))
    again = load_file(files.folder / "encoder.safetensors")
    same = all(torch.equal(value, again[key]) for key, value in weights.items())
    assert same == (change != "recipe")


def test_a_kill_while_a_finished_state_is_taken_away_leaves_nothing_to_go_on_from(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    files = files_in(tmp_path, data)
    assert train(make_spec(), files, OPTIONS)

    def killed(folder: Path) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "unfinish", killed)
        with pytest.raises(Killed):
            train(make_spec(optimizer__lr_per_256=0.5), files, OPTIONS)
    assert not (files.state / "last.pt").exists()
    assert train(make_spec(), files, OPTIONS)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("run_code", "0123", "code: .* there, '0123' here"),
        ("version", "0.1", r"versions\.torch: .* there, '0\.1' here"),
    ],
)
def test_the_state_of_other_code_is_refused(
    name: str,
    value: str,
    line: str,
    data: Path,
    tmp_path: Path,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = files_in(tmp_path, data)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, 2, signal.SIGTERM)
        assert not train(make_spec(), files, OPTIONS)
    monkeypatch.setattr(identity, name, lambda *_: value)
    with pytest.raises(InputError, match=line):
        train(make_spec(), files, OPTIONS)
    assert (files.state / "last.pt").is_file()


def test_what_a_killed_process_left_half_written_is_cleared_away(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    files = files_in(tmp_path, data)
    files.state.mkdir()
    (files.state / ".last.123.partial.pt").write_bytes(b"half")
    assert train(make_spec(), files, OPTIONS)
    assert not list(files.state.glob(".*"))


def test_a_full_disk_is_named_and_the_older_state_stays(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    files = files_in(tmp_path, data)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, 2, signal.SIGTERM)
        assert not train(make_spec(), files, OPTIONS)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint.torch, "save", full)
        with pytest.raises(InputError, match=r"last\.pt: cannot be written .*No space left"):
            train(make_spec(), files, OPTIONS)
    assert torch.load(files.state / "last.pt", weights_only=True)["step"] == 2
    assert train(make_spec(), files, OPTIONS)


def test_the_state_of_another_recipe_is_refused(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    files = files_in(tmp_path, data)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, 2, signal.SIGTERM)
        assert not train(make_spec(), files, OPTIONS)
    other = make_spec(optimizer__lr_per_256=0.5, loss__kind="ocm")
    with pytest.raises(InputError) as caught:
        train(other, files, OPTIONS)
    message = str(caught.value)
    assert "last.pt" in message
    assert "recipe.optimizer.lr_per_256: 1.0 there, 0.5 here" in message
    assert "recipe.loss.kind: 'cosine' there, 'ocm' here" in message
    assert "projector" not in message
    assert train(make_spec(), files, OPTIONS)


def test_the_state_of_other_images_is_refused(
    data: Path, tmp_path: Path, make_spec: MakeSpec, make_images: Callable[..., Any]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, 2, signal.SIGTERM)
        assert not train(make_spec(), files_in(tmp_path, data), OPTIONS)
    make_images(tmp_path, "train", 15)
    other = Files(tmp_path / "train.parquet", None, tmp_path / "run", tmp_path / "run.state")
    with pytest.raises(InputError, match="manifest: "):
        train(make_spec(), other, OPTIONS)


def test_crops_too_small_for_bfloat16_on_a_cpu_are_refused_before_a_step(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    small = {"augmentation__local_size": 8, "precision": "bfloat16"}
    with pytest.raises(InputError, match=r"augmentation\.local_size: .*8 px.*layer4.*float32"):
        train(make_spec(**small), files_in(tmp_path, data), OPTIONS)
    assert not (tmp_path / "run" / "encoder.safetensors").exists()
    assert train(make_spec(augmentation__local_size=8), files_in(tmp_path, data), OPTIONS)


def test_a_damaged_state_is_named(data: Path, tmp_path: Path, make_spec: MakeSpec) -> None:
    files = files_in(tmp_path, data)
    files.state.mkdir()
    (files.state / "last.pt").write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"last\.pt: not a readable state .* delete it"):
        train(make_spec(), files, OPTIONS)


@pytest.mark.fault(
    "Numbers that are none", "a loss that is NaN", how="a pixel that is NaN at step 5"
)
def test_nan_stops_and_keeps_the_last_good_state(
    data: Path, tmp_path: Path, make_spec: MakeSpec, fault: Any
) -> None:
    files = files_in(tmp_path, data)
    spec = make_spec(augmentation__local_crops=0)
    often = Options("cpu", 1, 0, 10, checkpoint_minutes=1e-9)
    original = Trainer._backward

    def poison(self: Trainer, images: Any, labels: Any) -> None:
        if self.step == 4:
            images[0][0] = float("nan")
        original(self, images, labels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_backward", poison)
        with fault.refused(match=r"step 5 of 9 \(epoch 2\): the loss is not a finite"):
            train(spec, files, often)
    state = torch.load(files.state / "last.pt", weights_only=True)
    assert state["step"] == 4
    assert all(value.isfinite().all() for value in state["model"].values())
    assert not files.folder.exists()
    fault.lost(f"nothing: the state of step {state['step']} is kept")


def test_an_encoder_begins_with_the_weights_of_another_run(
    data: Path, tmp_path: Path, make_spec: MakeSpec
) -> None:
    first, then = files_in(tmp_path / "first", data), files_in(tmp_path / "then", data)
    assert train(make_spec(), first, OPTIONS)
    weights = load_file(first.folder / "encoder.safetensors")
    start = {"container": ".", "prefix": "encoder.", "drop": ["head."]}
    given = {f"encoder.{key}": value for key, value in weights.items()}
    save_file(given | {"head.weight": torch.zeros(3)}, tmp_path / "given.safetensors")
    # At a tiny learning rate the weights stay where they began.
    still = {"optimizer__lr_per_256": 1e-12, "optimizer__final_lr": 0.0, "seed": 1}
    spec = make_spec(**still, start=start)
    assert train(spec, replace(then, start=tmp_path / "given.safetensors"), OPTIONS)
    found = load_file(then.folder / "encoder.safetensors")
    for key in ("conv1.weight", "layer4.0.branch.0.weight"):
        torch.testing.assert_close(found[key], weights[key])
    other = make_spec(**still, start=start | {"drop": []})
    files = replace(files_in(tmp_path / "bad", data), start=tmp_path / "given.safetensors")
    with pytest.raises(
        InputError, match=r"start .*given.safetensors into .*unexpected .*head.weight"
    ):
        train(other, files, OPTIONS)


def test_too_few_images(data: Path, tmp_path: Path, make_spec: MakeSpec) -> None:
    with pytest.raises(InputError, match="42 images are fewer than one batch of 43"):
        train(make_spec(optimizer__batch=43), files_in(tmp_path, data), OPTIONS)


def test_other_validation_classes(data: Path, tmp_path: Path, make_spec: MakeSpec) -> None:
    import pandas as pd

    from cogworks.images.manifest import write_manifest

    frame = read_manifest(data / "test.parquet").frame
    frame = pd.DataFrame(frame).assign(wnid=frame["wnid"].replace("n03", "n04"))
    path = tmp_path / "other.parquet"
    write_manifest(frame, path, dataset="other", split="test", classes=["n01", "n02", "n04"])
    files = Files(data / "train.parquet", path, tmp_path / "run", tmp_path / "run.state")
    with pytest.raises(InputError, match="n04 only there, n03 missing there"):
        train(make_spec(), files, OPTIONS)


def test_a_class_without_images(data: Path, tmp_path: Path, make_spec: MakeSpec) -> None:
    from cogworks.images.manifest import write_manifest

    frame = read_manifest(data / "train.parquet").frame
    path = tmp_path / "gap.parquet"
    classes = ["n01", "n02", "n03", "n05"]
    write_manifest(frame, path, dataset="gap", split="train", classes=classes)
    files = Files(path, None, tmp_path / "run", tmp_path / "run.state")
    with pytest.raises(InputError, match="no image of 1 of its 4 classes, first n05"):
        train(make_spec(), files, OPTIONS)


def test_accumulation_adds_up_to_the_whole_batch(
    data: Path, tmp_path: Path, make_spec: MakeSpec, results: Results
) -> None:
    """With a network without batch norm, pieces give the same gradient as the whole."""
    changes: dict[str, Any] = {
        "backbone__library": "timm",
        "backbone__name": "vit_tiny_patch16_224",
        "backbone__options": {"patch_size": 4, "embed_dim": 8, "depth": 1, "num_heads": 2},
        "augmentation__local_crops": 0,
        "projector__layers": 0,
        "optimizer__epochs": 1,
        "optimizer__lr_per_256": 0.1,
    }
    for pieces in (1, 3):
        spec = make_spec(optimizer__accumulation=pieces, **changes)
        files = files_in(tmp_path / str(pieces), data, validate=False)
        assert train(spec, files, OPTIONS)
    one, three = results(tmp_path / "1")["tensors"], results(tmp_path / "3")["tensors"]
    for key, value in one.items():
        torch.testing.assert_close(three[key], value, rtol=1e-4, atol=1e-6, msg=key)


def test_tensorboard_events(data: Path, tmp_path: Path, make_spec: MakeSpec) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    files = files_in(tmp_path, data)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_after(patch, 4, signal.SIGTERM)
        assert not train(make_spec(), files, OPTIONS)
    assert train(make_spec(), files, OPTIONS)
    events = EventAccumulator(str(files.state / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("loss")] == list(range(1, 10))
    assert [event.step for event in events.Scalars("val_top1")] == [3, 6, 9]
