"""IN-1K-blurred: ILSVRC-2012 with the faces of people blurred (thesis, table A.1)."""

from typing import ClassVar

from cogworks.images.sources.kinds.imagenet import ImageNet
from cogworks.images.sources.listing import TEST, TRAIN


class ImageNetBlurred(ImageNet):
    """It lacks 101 training and 3 validation images."""

    title = "IN-1K-blurred"
    train = 1281066
    test = 49997
    of_each = None
    folders: ClassVar[dict[str, tuple[str, ...]]] = {
        TRAIN: ("train_blurred", "train"),
        TEST: ("val_blurred", "val"),
    }
    validation = None


SOURCE = ImageNetBlurred
