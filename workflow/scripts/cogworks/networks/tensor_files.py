"""Safetensors files with a digest of what they hold: the format itself has none."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from cogworks.core.errors import InputError
from cogworks.core.files import atomic
from cogworks.core.spec import canonical

# The one entry of the metadata: safetensors writes several in any order.
ENTRY = "cogworks"
# Of classifiers that were written before there was a digest: what is now `about`.
OLD_ENTRY = "classifier"
REMEDY = "copy or download it again, or delete it where the workflow made it"
State = dict[str, torch.Tensor]


def write_tensors(tensors: State, path: str | Path, *, about: dict[str, Any] | None = None) -> None:
    """Write tensors, atomically; the same ones give the same bytes.

    Args:
        tensors: by name.
        path: the file to write.
        about: JSON-serialisable facts to keep with them, see `read_facts`.
    """
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    facts = about or {}
    text = canonical({"about": facts, "sha256": _digest(whole, facts)})
    with atomic(path) as partial:
        # Bytes, not save_file, which makes files that only their owner can read.
        partial.write_bytes(save(whole, {ENTRY: text}))


def read_tensors(path: str | Path) -> State:
    """Return the tensors of a safetensors file, whoever wrote it; errors as for `read_facts`."""
    return read_facts(path)[0]


def read_facts(path: str | Path) -> tuple[State, dict[str, Any]]:
    """Return the tensors of a safetensors file, and what it was written with as `about`.

    Raises:
        InputError: it is missing, cut off or damaged, or holds other bytes than were written. In
            files that `write_tensors` has not written, changed bytes cannot be seen.
    """
    try:
        with safe_open(path, framework="pt") as handle:
            metadata = handle.metadata() or {}
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except Exception as error:  # the header may say anything
        raise InputError(
            f"{path}: a safetensors file that is cut off or damaged ({error}); {REMEDY}"
        ) from error
    try:
        if ENTRY not in metadata:
            return tensors, dict(json.loads(metadata.get(OLD_ENTRY, "{}")))
        written = json.loads(metadata[ENTRY])
        about = dict(written["about"])
        whole = written["sha256"] == _digest(tensors, about)
    except (ValueError, TypeError, LookupError):
        whole = False
    if not whole:
        raise InputError(f"{path}: its bytes are not those that were written; {REMEDY}")
    return tensors, about


def _digest(tensors: State, about: dict[str, Any]) -> str:
    digest = hashlib.sha256(canonical(about).encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
