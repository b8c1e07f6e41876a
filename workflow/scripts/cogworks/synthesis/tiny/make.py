"""A tiny generator from a training manifest to a pipeline folder and its marker."""

import shutil
from pathlib import Path

from cogworks.core import lock
from cogworks.core.codehash import rule_code
from cogworks.core.files import sha256_file
from cogworks.core.interrupt import StopFlag
from cogworks.core.spec import digest
from cogworks.synthesis.generator import write_marker
from cogworks.synthesis.specs import TrainedSpec
from cogworks.synthesis.template import letter_modules
from cogworks.synthesis.tiny.lessons import read_lessons
from cogworks.synthesis.tiny.parts import assemble, make_parts
from cogworks.synthesis.tiny.state import State
from cogworks.synthesis.tiny.train import StoppedError, Trainer


def make_generator(
    spec: TrainedSpec,
    *,
    manifest: Path,
    folder: Path,
    marker: Path,
) -> bool:
    """Train a generator, save it to `folder` and write its marker; False if a signal stopped it.

    Args:
        spec: the generator.
        manifest: the training manifest of its data set.
        folder: the pipeline folder to write; one that is there is replaced at the end.
        marker: the marker to write, last.

    Raises:
        InputError: bad images or texts, a loss that is not finite, another process at work on it.
    """
    lessons = read_lessons(spec, manifest)
    parts = make_parts(spec, lessons.texts())
    inputs = [sha256_file(path) for path in (manifest, spec.scenes) if path is not None]
    state = State(
        folder.with_name(f"{folder.name}.state") / "state.pt",
        digest([spec.text, inputs, rule_code("train_generator", *letter_modules(spec.prompts))]),
    )
    locked = folder.with_name(f".{folder.name}.lock")
    with lock.hold(locked, what="this generator"), StopFlag() as flag:
        try:
            losses = Trainer(parts, spec, state=state, stopped=lambda: flag.stop).train(lessons)
        except StoppedError:
            return False
        partial = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        assemble(parts).save_pretrained(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        details = {"losses": losses, "spec": spec.model_dump(mode="json")}
        write_marker(marker, name=spec.name, folder=folder, details=details)
        state.remove()
    return True
