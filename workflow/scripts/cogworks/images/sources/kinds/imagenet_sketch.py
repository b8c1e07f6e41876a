"""ImageNet-Sketch."""

from cogworks.images.sources.imagenet import ClassFolders


class ImageNetSketch(ClassFolders):
    """Drawings of the 1000 classes."""

    title = "ImageNet-Sketch"
    test = 50889


SOURCE = ImageNetSketch
