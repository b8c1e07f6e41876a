"""Single images of a data set, to be shown."""

from collections.abc import Sequence

from PIL import Image

from cogworks.core.errors import InputError
from cogworks.images.manifest import Manifest
from cogworks.images.reader import ImageReader, decode_images


def pictures(manifest: Manifest, ids: Sequence[str], *, side: int) -> dict[str, Image.Image]:
    """Return the central squares of some images, `side` pixels wide, by id.

    Args:
        manifest: the data set's split.
        ids: the images; damaged ones that may be left out are left out.
        side: width and height of the squares.

    Raises:
        InputError: an id that the manifest lacks, or a damaged image that is not to be dropped.
    """
    places = manifest.find(ids)
    if lacking := next((name for name in ids if name not in places), None):
        raise InputError(
            f"{manifest.path}: no image {lacking}; the list that names it is of other images"
        )
    names = {place: name for name, place in places.items()}
    found = decode_images(ImageReader(manifest), names, manifest.on_corrupt)
    return {names[place]: central_square(image, side) for place, image in found}


def central_square(image: Image.Image, side: int) -> Image.Image:
    """Return the central square of an image, `side` pixels wide."""
    width = min(image.size)
    left, top = (image.width - width) // 2, (image.height - width) // 2
    box = (left, top, left + width, top + width)
    return image.resize((side, side), Image.Resampling.BICUBIC, box=box)
