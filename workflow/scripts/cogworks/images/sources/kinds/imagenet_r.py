"""ImageNet-R."""

from cogworks.images.sources.imagenet import ClassFolders


class ImageNetR(ClassFolders):
    """Renditions of 200 classes."""

    title = "ImageNet-R"
    test = 30000
    class_list = "imagenet_r"


SOURCE = ImageNetR
