"""What the result of a run depends on, which a state must agree with to be taken up again."""

from importlib.metadata import version
from pathlib import Path

from cogworks.core.files import sha256_file
from cogworks.core.spec import Spec
from cogworks.images.manifest import Manifest
from cogworks.training.code import run_code
from cogworks.training.specs import TrainSpec

# Those that decode images, cut them and compute with them; timm where the backbone is its.
LIBRARIES = ("torch", "torchvision", "numpy", "pillow", "simplejpeg")


class Identity(Spec):
    """Its numbers, its inputs' content, code and libraries.

    How it is computed (processes, workers, checkpoints) is not part of it.

    Attributes:
        recipe: every number of the run.
        classes: class ids, in the order of the labels.
        manifest: digest of the manifest of the training images.
        images: how they are read: `column` of a pack, and what is done `on_corrupt` ones.
        validation: digest of the manifest of the validation images.
        start: SHA-256 of the file of weights with which the encoder begins.
        code: digest of the rule's code.
        versions: of the libraries that shape numbers.
    """

    recipe: TrainSpec
    classes: list[str]
    manifest: str
    images: dict[str, str | None]
    validation: str | None
    start: str | None
    code: str
    versions: dict[str, str]


def identify(
    spec: TrainSpec, manifest: Manifest, validation: Manifest | None, start: Path | None
) -> Identity:
    """Return the identity of a run.

    Args:
        spec: the run's spec.
        manifest: of the training images.
        validation: of the validation images, if any.
        start: the weights with which the encoder begins, if any.
    """
    libraries = [*LIBRARIES, *(["timm"] if spec.backbone.library == "timm" else [])]
    return Identity(
        recipe=spec,
        classes=manifest.classes,
        manifest=manifest.digest,
        images={"column": manifest.image_column, "on_corrupt": manifest.on_corrupt},
        validation=validation.digest if validation is not None else None,
        start=sha256_file(start) if start is not None else None,
        code=run_code(spec),
        versions={name: version(name) for name in libraries},
    )
