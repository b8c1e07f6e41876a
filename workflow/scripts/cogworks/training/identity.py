"""What the result of a run depends on, which a state must agree with to be taken up again."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from cogworks.core.files import sha256_file
from cogworks.images.manifest import Manifest
from cogworks.training.code import run_code

# Those that decode images, cut them and compute with them; timm where the backbone is its.
LIBRARIES = ("torch", "torchvision", "numpy", "pillow", "simplejpeg")


def identify(
    spec: dict[str, Any], manifest: Manifest, validation: Manifest | None, start: Path | None
) -> dict[str, Any]:
    """Return the identity of a run, as JSON: its numbers, its inputs' content, code and libraries.

    How it is computed (processes, workers, checkpoints) is no part of it.

    Args:
        spec: the run's spec.
        manifest: of the training images.
        validation: of the validation images, if any.
        start: the weights with which the encoder begins, if any.
    """
    libraries = [*LIBRARIES, *(["timm"] if spec["backbone"]["library"] == "timm" else [])]
    return {
        "recipe": spec,
        "classes": manifest.classes,
        "manifest": manifest.digest,
        "images": {"column": manifest.image_column, "on_corrupt": manifest.on_corrupt},
        "validation": validation.digest if validation is not None else None,
        "start": sha256_file(start) if start is not None else None,
        "code": run_code(spec),
        "versions": {name: version(name) for name in libraries},
    }
