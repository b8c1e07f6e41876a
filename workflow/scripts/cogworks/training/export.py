"""What a finished run leaves: its encoder, its classifier, and what both are."""

from pathlib import Path

from torch import nn

from cogworks.core.records import write_record
from cogworks.networks.tensor_files import write_tensors
from cogworks.training.classifier import classifier_tensors
from cogworks.training.losses import LOSSES
from cogworks.training.model import Classifier
from cogworks.training.specs import Description, TrainSpec


def write_encoder(encoder: nn.Module, path: Path) -> None:
    """Write the encoder's weights and buffers as safetensors."""
    write_tensors(encoder.state_dict(), path)


def write_classifier(model: Classifier, path: Path) -> None:
    """Write what leads from features to logits, see `classifier.load_classifier`."""
    write_tensors(classifier_tensors(model.embedder.projector, model.head), path)


def describe_run(
    spec: TrainSpec, *, classes: list[str], feature_dim: int, dataset: str, digest: str
) -> Description:
    """Return what `spec.json` says of a run.

    Args:
        spec: the run's spec.
        classes: class ids, in the order of the labels.
        feature_dim: width of the encoder's features.
        dataset: name of the training data set.
        digest: of its manifest.
    """
    loss, crops = spec.loss, spec.augmentation
    described = loss.model_dump(include={"kind", *LOSSES.load(loss.kind).described})
    return Description(
        backbone=spec.backbone,
        feature_dim=feature_dim,
        image_size=crops.global_size,
        mean=crops.mean,
        std=crops.std,
        classes=classes,
        classifier=described | {"projector": spec.projector.model_dump()},
        dataset=dataset,
        manifest_digest=digest,
        training=spec,
    )


def write_description(description: Description, path: Path) -> None:
    """Write `spec.json`."""
    write_record(description.model_dump(exclude_none=True), path)
