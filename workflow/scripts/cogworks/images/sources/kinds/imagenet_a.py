"""ImageNet-A."""

from cogworks.images.sources.imagenet import ClassFolders


class ImageNetA(ClassFolders):
    """Photographs of 200 classes that a ResNet50 takes for others."""

    title = "ImageNet-A"
    test = 7500
    class_list = "imagenet_a"


SOURCE = ImageNetA
