"""What a file of weights is, by its first bytes and its table of contents, never by its name alone.

No torch: preflight may ask too.
"""

import tarfile
import zipfile
from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.core.inputs import check_genuine

HEAD = 512
CHUNK = 2**22
SAFETENSORS_HEADER_BYTES = 10**8  # the format's own limit

_ZIP = b"PK\x03\x04"
_UNPACK = "unpack it and name the checkpoint that is in it"
_OTHER_FRAMEWORK = "convert it to PyTorch with its publisher's script"
_SIGNATURES = {
    b"\x89HDF\r\n\x1a\n": f"an HDF5 file (Keras): {_OTHER_FRAMEWORK}",
    b"\x93NUMPY": "one NumPy array, not weights by name",
    b"GGUF": f"a GGUF file: {_OTHER_FRAMEWORK}",
    b"\x1f\x8b": f"compressed with gzip: {_UNPACK}",
    b"BZh": f"compressed with bzip2: {_UNPACK}",
    b"\xfd7zXZ": f"compressed with xz: {_UNPACK}",
    b"(\xb5/\xfd": f"compressed with zstd: {_UNPACK}",
    b"7z\xbc\xaf": f"a 7z archive: {_UNPACK}",
    b"Rar!": f"a RAR archive: {_UNPACK}",
}
_SUFFIXES = {
    ".h5": f"a Keras file: {_OTHER_FRAMEWORK}",
    ".msgpack": f"a Flax file: {_OTHER_FRAMEWORK}",
    ".onnx": f"an ONNX file: {_OTHER_FRAMEWORK}",
    ".tflite": f"a TensorFlow Lite file: {_OTHER_FRAMEWORK}",
    ".pb": f"a TensorFlow graph: {_OTHER_FRAMEWORK}",
    ".index": f"a part of a TensorFlow checkpoint: {_OTHER_FRAMEWORK}",
    ".meta": f"a part of a TensorFlow checkpoint: {_OTHER_FRAMEWORK}",
    ".json": "a JSON file; where it lists the parts of a model, name the model's folder in `model`",
}


def kind_of_weights(path: str | Path) -> str:
    """Return `safetensors`, `torchscript`, `torch` (a zip of torch.save) or `pickle` (the rest).

    Raises:
        InputError: no such file, a folder, an empty file, a Git LFS pointer, a web page, a cut-off
            archive, or a format of other software; the message says what to do.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(
            f"{path} is a folder, expected a file; name the checkpoint in it (it holds "
            f"{_listed(sorted(entry.name for entry in path.iterdir()))})"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_genuine(path)
    with open(path, "rb") as handle:
        head = handle.read(HEAD)
    if head.startswith(_ZIP):
        return _kind_of_zip(path)
    if _is_safetensors(head):
        return "safetensors"
    what = _foreign(path, head)
    if what:
        raise InputError(f"{path} is {what}")
    return "pickle"


def check_archive(path: str | Path, *, remedy: str) -> None:
    """Refuse a damaged zip of torch.save, whose own reader compares no checksums.

    Other files pass, and members that were written without a checksum.

    Raises:
        InputError: naming the file and what to do, which is `remedy`.
    """
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.CRC:
                    with archive.open(member) as stream:
                        while stream.read(CHUNK):
                            pass
    except Exception as error:
        raise InputError(f"{path}: damaged ({error}); {remedy}") from error


def _is_safetensors(head: bytes) -> bool:
    return head[8:9] == b"{" and 0 < int.from_bytes(head[:8], "little") < SAFETENSORS_HEADER_BYTES


def _foreign(path: Path, head: bytes) -> str | None:
    for signature, what in _SIGNATURES.items():
        if head.startswith(signature):
            return what
    if head[257:262] == b"ustar" and not _is_tar_of_torch(path):
        return f"a tar archive: {_UNPACK}"
    if head.startswith((b"<", b"{")) and path.suffix != ".json":
        return f"text that begins with {head[:60].decode(errors='replace')!r}, not weights"
    if path.suffix == ".safetensors":
        return "no safetensors file; give it the suffix of what it is, or download it again"
    if ".data-0" in path.suffix:
        return _SUFFIXES[".index"]
    return _SUFFIXES.get(path.suffix)


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception as error:  # a damaged table of contents may say anything
        raise InputError(
            f"{path} is a zip archive that is cut off or damaged: copy or download it again"
        ) from error
    if any(name.endswith("/constants.pkl") for name in names):
        return "torchscript"
    if any(name.endswith("/data.pkl") for name in names):
        return "torch"
    if any(name.endswith(".npy") for name in names):
        raise InputError(f"{path} is an archive of NumPy arrays (JAX): {_OTHER_FRAMEWORK}")
    raise InputError(f"{path} is a zip archive of {_listed(names)}: {_UNPACK}")


def _is_tar_of_torch(path: Path) -> bool:
    """Whether it is a checkpoint as torch wrote them before version 0.2."""
    with tarfile.open(path) as archive:
        return {"storages", "tensors", "pickle"} <= {
            member.name for member in archive.getmembers()[:HEAD]
        }


def _listed(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") or "nothing"
