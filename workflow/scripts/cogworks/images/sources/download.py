"""Fetching transfer data sets through torchvision, where the config allows going online."""

from pathlib import Path

from cogworks.core.errors import InputError


def download_transfer(name: str, root: Path) -> None:
    """Let torchvision fetch data set `name` into `root`; what is there already is left alone.

    Raises:
        InputError: torchvision cannot fetch this set, or the download failed.
    """
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
    if name not in makers:
        raise InputError(f"{name}: torchvision cannot download it; put it under {root} by hand")
    root.mkdir(parents=True, exist_ok=True)
    try:
        makers[name]()
    except (OSError, RuntimeError) as error:
        raise InputError(f"{name}: the download into {root} failed ({error})") from error
