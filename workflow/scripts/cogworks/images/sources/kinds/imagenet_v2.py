"""ImageNet-v2: one of its three variants."""

from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.images.sources.imagenet import PublishedSet
from cogworks.images.sources.listing import TEST

if TYPE_CHECKING:
    import pandas as pd


class ImageNetV2(PublishedSet):
    """Ten images of each of the 1000 classes, in folders 0 to 999."""

    title = "each variant of ImageNet-v2"
    test = 10000
    of_each = 10

    def listed(
        self, roots: list[Path], wnids: list[str], split: str, threads: int
    ) -> "pd.DataFrame":
        """See `PublishedSet.listed`."""
        from cogworks.images.sources.folder import scan_classes
        from cogworks.images.sources.listing import joined

        return joined(scan_classes(roots, wnids, numbered=wnids, split=TEST, threads=threads))


SOURCE = ImageNetV2
