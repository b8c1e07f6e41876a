"""Lists of wnids: those with a name, and files of the user's own."""

import importlib.util
from pathlib import Path

from cogworks.concepts.synset_tables import WNID, read_table
from cogworks.core.errors import InputError
from cogworks.core.files import read_parquet
from cogworks.core.inputs import check_genuine, numbered_lines
from cogworks.core.place import ROOT
from cogworks.core.seeds import shuffle_by_hash

# Name in the config -> file with one wnid a line: those in timm's package, and those that come with
# the workflow.
_TIMM = {
    "imagenet21k_fall2011": "imagenet22k_synsets.txt",
    "imagenet1k": "imagenet_synsets.txt",
    "imagenet_r": "imagenet_r_synsets.txt",
    "imagenet_a": "imagenet_a_synsets.txt",
}
_BUNDLED = {"imagenet100": "imagenet100.txt"}
NAMED = (*_TIMM, *_BUNDLED)


def read_wnids(source: str, *, key: str) -> list[str]:
    """Return a list of wnids, sorted.

    Args:
        source: a name in NAMED; a text file with one wnid a line, blank lines and lines that
            start with `#` apart, and whatever follows the wnid after a space, as the names in
            LOC_synset_mapping.txt; a Parquet file with a column `wnid`, such as a pack of images,
            whose distinct values count; or a table of classes (.csv, see `synset_tables`).
        key: the config key to name in errors.

    Raises:
        InputError: the file is missing, a line is not a wnid, or a wnid occurs twice.
    """
    path = _named(source) if source in NAMED else Path(source)
    if not path.is_file():
        names = ", ".join(NAMED)
        raise InputError(f"{key}: no file {path}; expected {names} or a file of wnids")
    if path.suffix.lower() == ".parquet":
        check_genuine(path)
        wnids = [str(wnid) for wnid in read_parquet(path, columns=["wnid"])["wnid"].unique()]
        numbered = dict.fromkeys(wnids, "column wnid")
    elif path.suffix.lower() == ".csv":
        numbered = dict.fromkeys(filter(None, read_table(path).values()), "column wnid")
    else:
        numbered = _read_lines(path, key)
    for wnid, place in numbered.items():
        if not WNID.fullmatch(wnid):
            raise InputError(
                f"{key}: {path}, {place}: {wnid!r} is not a wnid; expected one such as n02124075 "
                "on each line"
            )
    if not numbered:
        raise InputError(f"{key}: {path} holds no wnids")
    return sorted(numbered)


def sample(wnids: list[str], limit: int | None, *, seed: int, key: str) -> list[str]:
    """Return `limit` of `wnids`, drawn by seed and name, sorted; all of them without a limit.

    Raises:
        InputError: there are fewer than `limit`.
    """
    if limit is None:
        return wnids
    if limit > len(wnids):
        raise InputError(f"{key}: {limit} concepts were asked for, the list has {len(wnids)}")
    return sorted(shuffle_by_hash(wnids, "concepts", key.rsplit(".", 1)[-1], seed)[:limit])


def _read_lines(path: Path, key: str) -> dict[str, str]:
    try:
        lines = list(numbered_lines(path))
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    numbered: dict[str, str] = {}
    for number, line in lines:
        wnid = line.split()[0]
        if wnid in numbered:
            raise InputError(f"{key}: {path}: {wnid} twice, on {numbered[wnid]} and line {number}")
        numbered[wnid] = f"line {number}"
    return numbered


def _named(name: str) -> Path:
    if name in _BUNDLED:
        return ROOT / "resources" / _BUNDLED[name]
    return _timm_lists() / _TIMM[name]


def _timm_lists() -> Path:
    """Return timm's folder of class lists; timm is not imported, since that loads torch."""
    spec = importlib.util.find_spec("timm")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "the named lists of wnids are part of timm, which is not installed here: "
            "install timm, or name a file of wnids instead"
        )
    return Path(spec.submodule_search_locations[0], "data", "_info")
