"""Fetching transfer data sets through torchvision, where the config allows going online."""

from pathlib import Path

from cogworks.core.errors import InputError
from cogworks.images.sources.by_hand import missing_by_hand


def download_transfer(name: str, root: Path) -> None:
    """Let torchvision fetch data set `name` into `root`; what is there already is left alone.

    Raises:
        InputError: files that torchvision does not fetch are missing, which is said before
            anything is fetched, or the download failed.
    """
    problems = list(missing_by_hand(name, root))
    if problems:
        raise InputError("\n".join(problems))
    if name == "Cars196":  # all of it is put there by hand
        return
    # Not at the top: importing torchvision takes seconds, and only downloads need it.
    from torchvision import datasets

    makers = {
        "Aircraft": lambda: datasets.FGVCAircraft(root, split="trainval", download=True),
        "DTD": lambda: datasets.DTD(root, download=True),
        "EuroSAT": lambda: datasets.EuroSAT(root, download=True),
        "Flowers": lambda: datasets.Flowers102(root, download=True),
        "Pets": lambda: datasets.OxfordIIITPet(root, download=True),
        "Food101": lambda: datasets.Food101(root, download=True),
        "SUN397": lambda: datasets.SUN397(root, download=True),
        "iNat2018": lambda: datasets.INaturalist(root, version="2018", download=True),
        "iNat2019": lambda: datasets.INaturalist(root, version="2019", download=True),
    }
    root.mkdir(parents=True, exist_ok=True)
    try:
        makers[name]()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{name}: the download into {root} failed ({error})") from error
