"""The section `images` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import (
    Applies,
    OneOf,
    Positive,
    Section,
    UserPath,
    Whole,
    Words,
    one_of,
    unique,
)
from cogworks.images.sources.kinds import SOURCES, kinds_with, layouts_of
from cogworks.images.sources.transfer_sets import TRANSFER_SETS

Paths = UserPath | Annotated[list[UserPath], Field(min_length=1)]


def _where_read(key: str) -> Applies:
    """Return the mark of a key that the kinds that read it have, and no others."""
    return Applies({"kind": kinds_with(key)})


class Source(Section):
    """Where the images come from."""

    kind: Annotated[str, one_of(SOURCES)]
    """`folder` for image files, `parquet` for packs, `tar` for tar files, `torchvision` for a data
    set in torchvision's folders, `synsets` for several of these with synsets as classes, or `world`
    for the procedural world. For the published sets of ImageNet's classes, `imagenet`
    (ILSVRC-2012), `imagenet_blurred` (with faces blurred), `imagenet_v2` (one variant),
    `imagenet_sketch`, `imagenet_r` or `imagenet_a`: these need `path` alone, and a copy with other
    numbers of images is refused.
    """
    path: Paths | None = None
    """A file, a folder, or a list of them, that holds all images; of `imagenet` that with `train`
    and `val`. `*`, `?` and `[0-9]` make a pattern (`data/train-*.parquet`), and `{000..146}` stands
    for a range of numbers, as in WebDataset. A folder of packs stands for the packs in it. Images
    are divided by `split_column`, by `split_file`, by a published set's own split, or else by
    `test_images`.
    """
    train_path: Paths | None = None
    """Where the training images are, instead of `path`, if the source has an official split."""
    test_path: Paths | None = None
    """Where the test images are, instead of `path`. With `test_path` alone, the data set has test
    images only. The validation images of `imagenet` may be in class folders or all in one.
    """
    layout: Annotated[
        Annotated[str, OneOf(layouts_of(kinds_with("layout")))],
        _where_read("layout"),
    ] = "wnid"
    """How files are arranged. Of a folder: `wnid` (one folder per class), `index` (folders 0 to
    999, standing for the lines of `mapping`) or `flat` (one folder, classes from `mapping`). Of tar
    files: `wnid` (one tar per class, named by it) or `samples` (WebDataset: files that share a stem
    form a sample; with `mapping`, their classes are numbers from 0).
    """
    test_layout: Annotated[
        Annotated[str, OneOf(layouts_of(kinds_with("test_layout")))] | None,
        Applies({"kind": kinds_with("test_layout"), "test_path": "given"}),
    ] = None
    """Layout of a folder's `test_path` if it differs from that of `train_path`, such as `flat` for
    ImageNet's validation images (with `mapping: resources/imagenet1k_val.txt`). Null means the
    same.
    """
    mapping: Annotated[
        UserPath | Annotated[list[UserPath], Field(min_length=2, max_length=2)] | None,
        Applies(
            {"kind": ["folder"]},
            {"kind": ["tar"], "layout": ["samples"]},
            {"kind": ["parquet"]},
        ),
    ] = None
    """What class numbers mean: a file with one class id per line, counted from 0 (also
    LOC_synset_mapping.txt or imagenet_class_index.json), or `imagenet1k`. With layout `flat`, a
    file of lines `file-name class-id` (also Kaggle's and Tiny-ImageNet's); if that has numbers, a
    list of it and of what they mean: `[val.txt, imagenet1k]`. Of packs and class folders,
    also a table from names to synsets (`class,wnid`; `.csv`), and then `part: source` are those.
    """
    image_column: Annotated[str, _where_read("image_column")] = "image"
    """Parquet column with the encoded images; `image.bytes` is a field of a struct. Of a struct
    with a field `bytes`, as Hugging Face's datasets write, that field is used.
    """
    class_column: Annotated[
        str, Applies({"kind": ["parquet"]}, {"kind": ["tar"], "layout": ["samples"]})
    ] = "wnid"
    """Parquet column with the class id (a wnid or any other text) or its number (see `mapping`).
    For tar samples, the key in their JSON; a sample without JSON has a `.cls` or `.target.cls`
    file. A label that is empty, boolean, fractional or negative is an error.
    """
    id_column: Annotated[str | None, _where_read("id_column")] = None
    """Parquet column with a unique text for each image. Null uses the pack's name and the row
    number.
    """
    split_column: Annotated[str | None, _where_read("split_column")] = None
    """Parquet column that names each image's official split."""
    train_splits: Annotated[
        Annotated[list[str], Field(min_length=1)], Applies({"split_column": "given"})
    ] = ["train"]
    """Values of `split_column` that mark training images."""
    test_splits: Annotated[
        Annotated[list[str], Field(min_length=1)], Applies({"split_column": "given"})
    ] = ["test"]
    """Values of `split_column` that mark test images."""
    split_file: Annotated[
        UserPath | None, Applies({"kind": kinds_with("split_file"), "path": "given"})
    ] = None
    """File with the names of the training and test images of each class, to use these and no
    others: ImageNet-CoG's `cog_concepts_split_file.pkl`, or JSON of the form
    `{"n00015388": {"train": ["n00015388_157.JPEG"], "test": ["n00015388_18.JPEG"]}}`. Folders in
    front of the names do not count. A listed image that is missing is an error. Pickles are read
    without running what is in them.
    """
    dataset: Annotated[Annotated[str, one_of(TRANSFER_SETS)] | None, _where_read("dataset")] = None
    """Which torchvision data set is in `path`. It is split as in the thesis: train and val together
    are the training images; DTD and SUN397 use their first partition.
    """
    datasets: Annotated[
        Annotated[list[Annotated[str, one_of(TRANSFER_SETS)]], unique], _where_read("datasets")
    ] = []
    """Which torchvision data sets are in `path`, each with a table of its classes' synsets in
    `resources/synsets`. The images of a synset that several have are those of the first. Their own
    splits do not count: `test_images` divides them.
    """
    size: Annotated[Annotated[int, Field(ge=16, le=512)], _where_read("size")] = 64
    """Width and height of the world's images in pixels."""
    format: Annotated[Literal["png", "jpeg"], _where_read("format")] = "png"
    """How the world's images are encoded: `png` is exact, `jpeg` is smaller at large sizes."""
    world_seed: Annotated[Whole, _where_read("world_seed")] = 0
    """Seed of the world's looks and images. An image depends only on this seed, its wnid, its
    number and its size.
    """
    distinctness: Annotated[Annotated[float, Field(gt=0, le=1)], _where_read("distinctness")] = 0.35
    """Share of an image's look that is specific to its concept in the world; the rest is specific
    to the instance. Lower is harder.
    """
    nuisance: Annotated[Annotated[float, Field(ge=0, le=2)], _where_read("nuisance")] = 0.2
    """Strength of pose, light, clutter, occlusion and noise in the world; 0 is none."""


class Classes(Section):
    """Which classes the data set has: give exactly one of `part`, `file`, `wnids` and `names`. A
    published set of ImageNet's classes needs none of these. Labels are positions in the sorted list
    of class ids, never the order of folders.
    """

    benchmark: Annotated[str | None, Applies({"part": ["seen", "level", "levels", "all"]})] = None
    """Benchmark of `concepts` that the classes come from."""
    part: Literal["seen", "level", "levels", "all", "source"] | None = None
    """`seen` for the seen concepts, `level` for one level, `levels` for one data set per level (a
    family), `all` for the seen concepts and every level in one data set, or `source` for all
    classes that packs, tar files or a torchvision data set name.
    """
    level: Annotated[Positive | None, Applies({"part": ["level"]})] = None
    """Number of the level, from 1."""
    file: UserPath | None = None
    """A text file with one class id per line (names may follow wnids, as in
    LOC_synset_mapping.txt), a JSON list, or the name of a list: `imagenet1k` for the 1000 of
    ILSVRC-2012, `imagenet100` for the thesis's 100 of them, `imagenet_r` and `imagenet_a` for the
    200 of these test sets.
    """
    wnids: Annotated[list[str], Field(min_length=1), unique] | None = None
    """The classes themselves, where they are synsets: `[n02123045, n02124075]`."""
    names: Annotated[list[Words], Field(min_length=1), unique] | None = None
    """The classes themselves, where they are not: the names of class folders or tar files, or what
    packs have in `class_column`, such as `[cat, my dog]`.
    """
    with_images: Annotated[bool, Applies({"part": ["seen", "level", "levels", "all"]})] = False
    """Keep the classes of which the source has images; without it, a class without images is an
    error.
    """
    limit: Positive | None = None
    """Keep this many of the classes, drawn by a hash of `seed` and class id. Null keeps all."""
    seed: Annotated[Whole, Applies({"limit": "given"})] = 0
    """Seed of that draw."""
    count: Positive | None = None
    """How many classes are expected before `limit`; any other number is an error."""

    @property
    def listed(self) -> list[str] | None:
        """Return the classes, where they stand in the config itself."""
        return self.wnids or self.names


class Dataset(Section):
    """One data set, or one family of data sets."""

    source: Source
    """Where the images come from."""
    classes: Classes = Classes()
    """Which classes the data set has: give exactly one of `part`, `file`, `wnids` and `names`. A
    published set of ImageNet's classes needs none of these. Labels are positions in the sorted list
    of class ids, never the order of folders.
    """
    max_images: Positive | None = None
    """Maximum number of images per class, training and test together (the thesis: 1350). Null uses
    all. The procedural world draws exactly this many.
    """
    test_images: Annotated[
        Positive | None, Applies({"source.train_path": [None]}, {"source.test_path": "given"})
    ] = None
    """Test images per class (the thesis: 50), drawn by `seed`. If the source has its own test
    split, use at most this many of it; null then uses all.
    """
    test_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Share of each class's images to use for testing, instead of `test_images` (EuroSAT: 0.3)."""
    val_share: Annotated[
        Annotated[float, Field(ge=0, lt=1)],
        Applies({"source.test_path": [None]}, {"source.train_path": "given"}),
    ] = 0
    """Share of each class's training images set apart as a split `val`. Probes make their own
    validation splits and do not need it.
    """
    min_images: Positive = 1
    """Minimum number of images per class in the source; a class with fewer is an error that names
    it. Every split of the data set needs at least one image of each class in any case.
    """
    seed: Annotated[
        Whole,
        Applies(
            {"max_images": "given"},
            {"test_images": "given"},
            {"test_share": "given"},
            {"val_share": {"above": 0}},
        ),
    ] = 0
    """Seed of the choice of images. The choice depends on a hash of seed and image id, so it stays
    the same when other images or classes are added or removed.
    """
    verify: bool = False
    """Decode every chosen image while the manifest is made, in parallel, so that a damaged image is
    found before hours of work; otherwise it is found when it is first read. Images of a class that
    are byte for byte in both training and test are reported: with `verify` always, without it among
    the first 10,000 files of equal size.
    """
    on_corrupt: Literal["error", "drop"] = "error"
    """What to do with an image that cannot be decoded or whose JPEG data ends early: `error` stops
    and names it, `drop` leaves it out and counts it. Extraction first runs to its end and then
    names all of them; after a change to `drop`, or once the files are repaired, it continues from
    what is finished.
    """
