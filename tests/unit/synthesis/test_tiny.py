"""The tiny generator: its vocabulary, its autoencoder's start, its training and its folder."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.core.files import read_json, sha256_file
from cogworks.images.manifest import read_manifest, write_manifest
from cogworks.synthesis.draw import Artist, Order
from cogworks.synthesis.generator import read_marker
from cogworks.synthesis.pipeline import load_pipeline
from cogworks.synthesis.specs import DrawSpec, TrainedSpec
from cogworks.synthesis.tiny import make, train
from cogworks.synthesis.tiny.autoencoder import make_autoencoder
from cogworks.synthesis.tiny.lessons import read_lessons
from cogworks.synthesis.tiny.make import make_generator
from cogworks.synthesis.tiny.parts import make_parts
from cogworks.synthesis.tiny.state import Stage, State
from cogworks.synthesis.tiny.vocabulary import learn_merges, learn_tokenizer

TEXTS = ["tabby cat, a domestic cat", "tabby", "fire engine that rings", "fire"]


def test_merges_are_the_most_frequent_pairs() -> None:
    words = Counter({("a", "b", "c"): 3, ("a", "b"): 2, ("b", "c"): 3})
    # b c stands six times, then a b twice and a bc three times.
    assert learn_merges(words, count=9) == [("b", "c"), ("a", "bc"), ("a", "b")]
    assert learn_merges(words, count=1) == [("b", "c")]


def test_the_vocabulary_is_a_function_of_the_texts() -> None:
    tokenizer = learn_tokenizer(TEXTS, vocabulary=640, length=12)
    again = learn_tokenizer([*reversed(TEXTS), *TEXTS], vocabulary=640, length=12)
    assert tokenizer.get_vocab() == again.get_vocab()
    assert len(tokenizer) <= 640
    assert tokenizer.tokenize("tabby fire") == ["tabby</w>", "fire</w>"]
    # Any text can be written; the end token doubles as the unknown one and stands last only.
    for text in ("Βeta zebra", "x-ray 42", ""):
        ids = tokenizer(text).input_ids
        assert ids.count(tokenizer.eos_token_id) == 1
        assert ids[-1] == tokenizer.eos_token_id
    padded = tokenizer("tabby", padding="max_length").input_ids
    assert len(padded) == tokenizer.model_max_length == 12


@pytest.mark.parametrize("downscale", [2, 4, 8])
def test_the_autoencoder_starts_as_averaging(spec: TrainedSpec, downscale: int) -> None:
    torch.manual_seed(0)
    change = {"downscale": downscale, "channels": 8, "latent_channels": 4}
    model = make_autoencoder(spec.autoencoder.model_copy(update=change))
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    with torch.no_grad():
        latents = model.encode(images).latents
    means = torch.nn.functional.avg_pool2d(images, downscale)
    assert latents.shape == (2, 4, 32 // downscale, 32 // downscale)
    torch.testing.assert_close(latents[:, :3], means, atol=1e-5, rtol=0)
    plain = torch.full((1, 3, 32, 32), 0.3)
    with torch.no_grad():
        decoded = model.decode(model.encode(plain).latents).sample
    # The decoder squeezes large latents a little, and smoothing sees zeros beyond the border.
    torch.testing.assert_close(decoded[..., 8:-8, 8:-8], plain[..., 8:-8, 8:-8], atol=0.01, rtol=0)


def test_lessons_hold_every_image_and_every_text(
    spec: TrainedSpec, manifest: Path, tmp_path: Path
) -> None:
    (tmp_path / "scenes.txt").write_text("attic\nbeach\n")
    change = {"prompts": ["c", "c inside b"], "scenes": str(tmp_path / "scenes.txt")}
    lessons = read_lessons(spec.model_copy(update=change), manifest)
    assert lessons.images.shape == (18, 3, 16, 16)
    assert lessons.labels.bincount().tolist() == [
        3,
        4,
        5,
        6,
    ]
    assert lessons.prompts[0] == [["papillon"], ["papillon inside attic", "papillon inside beach"]]
    assert len(lessons.texts()) == 12


def test_damaged_images_are_no_lessons_where_they_are_to_be_dropped(
    spec: TrainedSpec, manifest: Path
) -> None:
    data = read_manifest(manifest)
    Path(data.frame["path"][4]).write_bytes(b"none")
    with pytest.raises(InputError, match="cannot be decoded"):
        read_lessons(spec, manifest)
    frame = data.frame.drop(columns="label")
    facts = {"dataset": "real", "split": "train", "classes": data.classes, "on_corrupt": "drop"}
    write_manifest(frame, manifest, **facts)
    lessons = read_lessons(spec, manifest)
    assert lessons.images.shape == (17, 3, 16, 16)
    assert lessons.labels.bincount().tolist() == [3, 3, 5, 6]


def test_texts_are_drawn_from_the_right_class() -> None:
    class Numbers:
        """A tokenizer that numbers its texts."""

        def __call__(self, texts: list[str], **_: Any) -> Any:
            self.texts = texts
            return type("Result", (), {"input_ids": torch.arange(len(texts))[:, None]})

    numbers = Numbers()
    prompts = [[["a"], ["a1", "a2"]], [["b"], ["b1", "b2", "b3"]]]
    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    lessons = train.Lessons(images=images, labels=torch.tensor([0, 1]), prompts=prompts)
    drawn = train._Prompts(numbers, lessons)
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(4000) % 2
    texts = [numbers.texts[row] for row in drawn.draw(labels, 0.25, generator)]
    counts = Counter(texts)
    assert all(text[:1] in ("", "ab"[label]) for text, label in zip(texts, labels, strict=True))
    expected = {"": 1000, "a": 750, "b": 750, "a1": 375, "a2": 375}
    expected |= {"b1": 250, "b2": 250, "b3": 250}
    assert counts.keys() == expected.keys()
    assert all(abs(counts[text] - expected[text]) < 100 for text in expected)


def build(spec: TrainedSpec, manifest: Path, folder: Path) -> bool:
    marker = folder.with_suffix(".json")
    return make_generator(spec, manifest=manifest, folder=folder, marker=marker)


def weights(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_file(path) for path in folder.rglob("*.safetensors")
    }


def test_a_trained_generator_is_a_pipeline_folder(
    spec: TrainedSpec, manifest: Path, tmp_path: Path, drawing: DrawSpec
) -> None:
    assert build(spec, manifest, tmp_path / "tiny")
    assert read_marker(tmp_path / "tiny.json").folder == tmp_path / "tiny"
    facts = read_json(tmp_path / "tiny.json")
    assert facts["pipeline"] == "StableDiffusionPipeline"
    assert facts["spec"] == spec.model_dump()
    assert {path.name for path in tmp_path.iterdir()} == {"tiny", "tiny.json", "real"}
    pipe = load_pipeline(tmp_path / "tiny", device=torch.device("cpu"))
    assert pipe.vae.config.scaling_factor != 1
    (image,) = Artist(pipe, drawing).draw([Order("papillon", 0)])
    assert image.finite
    assert image.pixels.shape == (16, 16, 3)


def test_training_changes_every_part_and_is_a_function_of_its_inputs(
    spec: TrainedSpec, manifest: Path, tmp_path: Path
) -> None:
    build(spec, manifest, tmp_path / "a")
    build(spec, manifest, tmp_path / "b")
    assert len(weights(tmp_path / "a")) == 3
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    parts = make_parts(spec, read_lessons(spec, manifest).texts())
    pipe = load_pipeline(tmp_path / "a", device=torch.device("cpu"))
    for name in ("unet", "text_encoder", "vae"):
        trained, start = getattr(pipe, name).state_dict(), getattr(parts, name).state_dict()
        assert any(not torch.equal(trained[key], start[key]) for key in start), name


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 6])
def test_a_stop_does_not_show(
    spec: TrainedSpec,
    manifest: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    build(spec, manifest, tmp_path / "a")

    class Flag:
        """A signal that comes after some steps; it is asked twice a step."""

        asked = 0

        def __enter__(self) -> "Flag":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        @property
        def stop(self) -> bool:
            Flag.asked += 1
            return Flag.asked >= 2 * steps - 1

    with monkeypatch.context() as patch:
        patch.setattr(make, "StopFlag", Flag)
        assert not build(spec, manifest, tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "b.json").exists()
    assert build(spec, manifest, tmp_path / "b")
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_a_state_of_other_settings_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "x.state" / "state.pt"
    stage = Stage(step=3, loss=0.5, modules={}, average=[], optimizer={})
    State(path, "one").save({"autoencoder": stage})
    assert State(path, "two").load() == {}
    kept = State(path, "one")
    assert kept.load() == {"autoencoder": stage}
    kept.remove()
    assert not path.parent.exists()
    assert State(path, "one").load() == {}


@pytest.mark.parametrize("stage", ["autoencoder", "denoiser"])
def test_a_training_that_diverges_ends(spec: TrainedSpec, stage: str) -> None:
    section = getattr(spec, stage).model_copy(update={"lr": 1e30, "steps": 50})
    spec = spec.model_copy(update={stage: section})
    images = (torch.arange(4 * 3 * 256) % 251).view(4, 3, 16, 16).to(torch.uint8)
    labels = torch.arange(4) % 2
    lessons = train.Lessons(images=images, labels=labels, prompts=[[["red"]], [["blue"]]])
    state = State(Path("/nonexistent/never-saved"), "x")
    parts = make_parts(spec, lessons.texts())
    trainer = train.Trainer(parts, spec, state=state, stopped=lambda: False)
    trainer._keep = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(InputError, match=rf"{stage}: the loss is nan in step .*smaller lr"):
        trainer.train(lessons)


def test_it_learns(spec: TrainedSpec, drawing: DrawSpec) -> None:
    """Two classes of plain colours: after a few seconds each name brings its own colour."""
    learning = {"steps": 120, "batch_size": 16, "lr": 4e-3, "channels": [16, 16]}
    spec = spec.model_copy(
        update={
            "text_encoder": spec.text_encoder.model_copy(update={"width": 16}),
            "denoiser": spec.denoiser.model_copy(update=learning),
            "autoencoder": spec.autoencoder.model_copy(update={"steps": 20}),
        }
    )
    colours = torch.tensor([[220, 40, 40], [40, 40, 220]], dtype=torch.uint8)
    labels = torch.arange(32) % 2
    images = colours[labels][:, :, None, None].expand(-1, -1, 16, 16).clone()
    lessons = train.Lessons(images=images, labels=labels, prompts=[[["red"]], [["blue"]]])
    parts = make_parts(spec, lessons.texts())
    state = State(Path("/nonexistent/never-saved"), "x")
    trainer = train.Trainer(parts, spec, state=state, stopped=lambda: False)
    trainer._keep = lambda *_: None  # type: ignore[method-assign]
    losses = trainer.train(lessons)
    assert losses["denoiser"] < 0.5
    from cogworks.synthesis.tiny.parts import assemble

    pipe = assemble(parts)
    pipe.set_progress_bar_config(disable=True)
    artist = Artist(pipe, drawing.model_copy(update={"steps": 10, "padded_batch": 8}))
    for text, channel in (("red", 0), ("blue", 2)):
        drawn = artist.draw([Order(text, seed) for seed in range(8)])
        means = [image.pixels.reshape(-1, 3).mean(0) for image in drawn]
        right = sum(int(mean.argmax()) == channel for mean in means)
        assert right >= 7, (text, means)


def test_a_missing_class_is_named(
    spec: TrainedSpec, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="unknown letter x"):
        read_lessons(spec.model_copy(update={"prompts": ["c, x"]}), manifest)
