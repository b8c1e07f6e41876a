"""How well a clone's images fit the meaning of their classes, as a CLIP model sees it.

Where a name has several meanings the generator may draw another one (thesis, section 5.4.2 and
appendix E.1: "papillon", "wing"). The prompt "c" fits such images very well; name and definition
together do not. So each image is compared with "c, d" of every class.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers

from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.core.inputs import check_genuine
from cogworks.core.products import layers_by_onednn
from cogworks.core.progress import track
from cogworks.images.decode import decode_pil
from cogworks.images.manifest import read_manifest
from cogworks.images.reader import ImageReader
from cogworks.synthesis import content, tokens

BATCH = 32


class Judge:
    """A CLIP model from a folder."""

    def __init__(self, folder: str | Path, *, device: torch.device) -> None:
        """Load model and processor.

        Raises:
            InputError: the folder holds no CLIP model, or keys are missing or left over.
        """
        folder = Path(folder)
        for path in [*content.texts(folder), *content.weights(folder, None)]:
            check_genuine(path)
        try:
            model, info = transformers.CLIPModel.from_pretrained(
                folder,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # so that they are named below
            )
            self._processor = transformers.CLIPProcessor.from_pretrained(
                folder, local_files_only=True
            )
        except Exception as error:
            raise InputError(f"{folder}: no CLIP model that can be loaded ({error})") from error
        kinds = ("missing_keys", "unexpected_keys", "mismatched_keys")
        wrong = sorted(str(key) for kind in kinds for key in info[kind])
        if wrong:
            raise InputError(f"{folder}: missing, unexpected or misshapen keys: {', '.join(wrong)}")
        tokens.check_tokenizer(self._processor.tokenizer, where=str(folder))
        self._model = model.to(device).eval()
        self._device = device

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Return unit embeddings (N, D) of texts; those that are too long are cut."""
        inputs = self._processor(
            text=list(texts), padding=True, truncation=True, return_tensors="pt"
        )
        return self._unit(self._model.get_text_features, inputs)

    @torch.inference_mode()
    def images(self, images: Sequence[Any]) -> torch.Tensor:
        """Return unit embeddings (N, D) of RGB images."""
        inputs = self._processor(images=list(images), return_tensors="pt")
        return self._unit(self._model.get_image_features, inputs)

    def _unit(self, embed: Any, inputs: Any) -> torch.Tensor:
        with layers_by_onednn(self._device, self._model.dtype):
            found = embed(**inputs.to(self._device))
        # transformers 5 wraps the embedding; earlier versions return it.
        features: torch.Tensor = getattr(found, "pooler_output", found)
        return torch.nn.functional.normalize(features, dim=-1).cpu()


def meanings(prompts: Path) -> list[str]:
    """Return name and definition of each class of a clone, by label, from its prompts."""
    table = read_parquet(prompts, columns=["label", "lemmas", "definition"])
    table = table.drop_duplicates("label").sort_values("label")
    pairs = zip(table["lemmas"], table["definition"], strict=True)
    return [f"{', '.join(lemmas)}, {definition}" for lemmas, definition in pairs]


def class_similarity(judge: Judge, path: Path, texts: Sequence[str], *, limit: int) -> pd.DataFrame:
    """Return one row per class: how its first `limit` images fit its own text and the others'.

    Columns: label, wnid, images (looked at), similarity (mean cosine to its own text), margin
    (that less the largest mean cosine to another class's text), recognised (share of images
    nearest to their own text), nearest (the class whose text is nearest on average).

    Args:
        judge: the CLIP model.
        path: the clone's manifest.
        texts: name and definition of each class, by label.
        limit: images of each class to look at.

    Raises:
        InputError: the model gives no numbers.
    """
    manifest = read_manifest(path)
    reader, words = ImageReader(manifest), judge.texts(texts)
    rows = []
    there = np.unique(manifest.labels).tolist()
    for label in track(there, label="classes", unit="classes"):
        chosen = manifest.of_class(manifest.classes[label])[:limit]
        cosines = (
            torch.cat(
                [
                    judge.images(
                        [decode_pil(reader.read_bytes(i), name=reader.name(i)) for i in part]
                    )
                    for part in (chosen[at : at + BATCH] for at in range(0, len(chosen), BATCH))
                ]
            )
            @ words.T
        )
        if not torch.isfinite(cosines).all():
            raise InputError(f"{path}: the CLIP model gives NaN for {manifest.classes[label]}")
        means = cosines.mean(0)
        others = means.clone()
        others[label] = -torch.inf
        rows.append(
            {
                "label": label,
                "wnid": manifest.classes[label],
                "images": len(chosen),
                "similarity": float(means[label]),
                "margin": float(means[label] - others.max()),
                "recognised": float((cosines.argmax(1) == label).float().mean()),
                "nearest": manifest.classes[int(means.argmax())],
            }
        )
    return pd.DataFrame(rows)
