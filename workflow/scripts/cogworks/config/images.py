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
    one_of,
    unique,
)
from cogworks.images.sources.kinds import SOURCES, kinds_with, layouts_of

Paths = UserPath | Annotated[list[UserPath], Field(min_length=1)]


def _where_read(key: str) -> Applies:
    """Return the mark of a key that the kinds that read it have, and no others."""
    return Applies({"kind": kinds_with(key)})


class Source(Section):
    """Where the images come from."""

    kind: Annotated[str, one_of(SOURCES)]
    """`folder` of image files, `parquet` packs, `tar` files, a data set in `torchvision`'s folders,
    or the procedural `world`.
    """
    path: Paths | None = None
    """A file, a folder, or a list of them, with all images; `*`, `?` and `[0-9]` make a pattern
    (`data/train-*.parquet`), and `{000..146}` stands for these numbers, as in WebDataset. Several
    folders may hold files of one name: the ids of their images then begin with as much of the
    folders' paths as tells them apart. A folder of packs stands for the packs in it; packs of
    several splits in one folder (`train-...`, `test-...`) are an error, unless they are named or
    `split_column` is given. The images are divided by `split_column`, by the torchvision set's own
    split, or else by `test_images`. An image is a file with an image's suffix at any depth below
    its class; hidden files are passed over, and others are counted in the log. Names are compared
    in Unicode's composed form, so that class folders from a Mac are found.
    """
    train_path: Paths | None = None
    """Instead of `path`, where the training images are (an official split)."""
    test_path: Paths | None = None
    """Instead of `path`, where the test images are. With `test_path` alone the data set has test
    images only.
    """
    layout: Annotated[
        Annotated[str, OneOf(layouts_of(kinds_with("layout")))],
        _where_read("layout"),
    ] = "wnid"
    """folder: `wnid` (a folder a class), `index` (folders 0 to 999, read as whole numbers: line n
    of `mapping`, counted from 0) or `flat` (all in one folder, class by `mapping`). tar: `wnid` (a
    tar file a class, named by it) or `samples` (WebDataset: files that share a stem are one sample;
    with `mapping`, their classes are numbers from 0).
    """
    test_layout: Annotated[
        Annotated[str, OneOf(layouts_of(kinds_with("test_layout")))] | None,
        Applies({"kind": kinds_with("test_layout"), "test_path": "given"}),
    ] = None
    """folder: layout of `test_path` where it is another than that of `train_path`, such as `flat`
    for ImageNet's validation images; null for the same.
    """
    mapping: Annotated[
        UserPath | Annotated[list[UserPath], Field(min_length=2, max_length=2)] | None,
        Applies(
            {"kind": ["folder"], "layout": ["index", "flat"]},
            {"kind": ["folder"], "test_layout": ["index", "flat"]},
            {"kind": ["tar"], "layout": ["samples"]},
            {"kind": ["parquet"]},
        ),
    ] = None
    """What numbers in place of class ids mean (layout index, tar samples, the class column of
    packs): a file with a class id a line (also LOC_synset_mapping.txt or
    imagenet_class_index.json), counted from 0, or `imagenet1k` for the sorted 1000. Packs that
    Hugging Face's datasets wrote need none: the names in their metadata are the class ids, unless
    this is given. layout flat: a file with lines `file-name class-id`, in spaces, tabs or commas
    (also Kaggle's LOC_val_solution.csv and Tiny-ImageNet's val_annotations.txt); where it has
    numbers (caffe's val.txt), a list of that file and one of what they mean: `[val.txt,
    imagenet1k]`.
    """
    image_column: Annotated[str, _where_read("image_column")] = "image"
    """Parquet column with the encoded images; `image.bytes` for a field of a struct. Of a struct
    with a field `bytes`, as Hugging Face's datasets write it, that field is taken.
    """
    class_column: Annotated[
        str, Applies({"kind": ["parquet"]}, {"kind": ["tar"], "layout": ["samples"]})
    ] = "wnid"
    """Parquet column with the class id (a wnid or any other text) or its number (`mapping`); for
    tar samples the key in their JSON (a sample without it has a `.cls` or `.target.cls` file). A
    label that is empty, true, a fraction or below 0 is an error.
    """
    id_column: Annotated[str | None, _where_read("id_column")] = None
    """Parquet column with a unique text for each image; null takes the pack's name and the row."""
    split_column: Annotated[str | None, _where_read("split_column")] = None
    """Parquet column that names the official split of each image."""
    train_splits: Annotated[
        Annotated[list[str], Field(min_length=1)], Applies({"split_column": "given"})
    ] = ["train"]
    """Values of `split_column` that are training images."""
    test_splits: Annotated[
        Annotated[list[str], Field(min_length=1)], Applies({"split_column": "given"})
    ] = ["test"]
    """Values of `split_column` that are test images."""
    dataset: Annotated[
        Literal[
            "Aircraft",
            "Cars196",
            "DTD",
            "EuroSAT",
            "Flowers",
            "Pets",
            "Food101",
            "SUN397",
            "iNat2018",
            "iNat2019",
        ]
        | None,
        _where_read("dataset"),
    ] = None
    """Which torchvision data set lies under `path`, split as in the thesis (train and val make the
    training images; DTD and SUN397 with their first partition).
    """
    size: Annotated[Annotated[int, Field(ge=16, le=512)], _where_read("size")] = 64
    """world: width and height of the images in pixels."""
    format: Annotated[Literal["png", "jpeg"], _where_read("format")] = "png"
    """world: how images are encoded; png is exact, jpeg smaller at large sizes."""
    world_seed: Annotated[Whole, _where_read("world_seed")] = 0
    """world: seed of the looks and of the images. An image is a function of this seed, its wnid,
    its number and its size alone.
    """
    distinctness: Annotated[Annotated[float, Field(gt=0, le=1)], _where_read("distinctness")] = 0.2
    """world: share of an image's look that is its concept's own; the rest is the instance's. Lower
    is harder.
    """
    nuisance: Annotated[Annotated[float, Field(ge=0, le=2)], _where_read("nuisance")] = 0.2
    """world: strength of pose, light, clutter, occlusion and noise; 0 is none."""


class Classes(Section):
    """Which classes the data set has: exactly one of `part`, `file` and `wnids`. Labels are the
    positions in the sorted list, never the order of folders.
    """

    benchmark: Annotated[str | None, Applies({"part": ["seen", "level", "levels", "all"]})] = None
    """Benchmark of `concepts` from which the classes come."""
    part: Literal["seen", "level", "levels", "all", "source"] | None = None
    """`seen` concepts, one `level`, all `levels` as a family of data sets, `all` (the seen concepts
    and every level) as one data set, or `source`: all classes that packs, tar files or a
    torchvision data set name.
    """
    level: Annotated[Positive | None, Applies({"part": ["level"]})] = None
    """Number of the level, from 1, with `part` level."""
    file: UserPath | None = None
    """A text file with a class id a line (names may follow wnids, as in LOC_synset_mapping.txt), a
    JSON list, or `imagenet1k` for the 1000 of ILSVRC-2012.
    """
    wnids: Annotated[list[str], Field(min_length=1), unique] | None = None
    """The class ids themselves."""
    limit: Positive | None = None
    """Keep this many of the classes, drawn by a hash of `seed` and class id; null keeps all."""
    seed: Annotated[Whole, Applies({"limit": "given"})] = 0
    """Seed of that draw."""
    count: Positive | None = None
    """How many classes there must be before `limit`; another number is an error."""


class Dataset(Section):
    """One data set, or one family of them."""

    source: Source
    """Where the images come from."""
    classes: Classes
    """Which classes the data set has: exactly one of `part`, `file` and `wnids`. Labels are the
    positions in the sorted list, never the order of folders.
    """
    max_images: Positive | None = None
    """At most this many images of a class, training and test together (the thesis: 1350); null
    takes all. The procedural world draws exactly as many.
    """
    test_images: Annotated[
        Positive | None, Applies({"source.train_path": [None]}, {"source.test_path": "given"})
    ] = None
    """Test images of each class (the thesis: 50), drawn by seed. Where the source has its own test
    split, at most this many of it; null then takes all.
    """
    test_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of `test_images`, the share of each class's images that becomes test images (EuroSAT:
    0.3).
    """
    val_share: Annotated[
        Annotated[float, Field(ge=0, lt=1)],
        Applies({"source.test_path": [None]}, {"source.train_path": "given"}),
    ] = 0
    """Share of each class's training images that is set apart as a split `val`. The probes make
    their own validation splits and do not need it.
    """
    min_images: Positive = 1
    """A class with fewer images in the source is an error that names it. A class that has not one
    image left for a split that the data set has is an error in any case.
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
    """Seed of the choice of images. The choice goes by a hash of seed and image id: it stays the
    same when other images or classes come or go.
    """
    verify: bool = False
    """Decode every chosen image once, in parallel, while the manifest is made, so that a damaged
    image is found before hours of work. Off, it is found when it is first read. Images of a class
    that training and test share byte for byte get a warning; without `verify` the first 10,000
    files of equal size are compared, with it all, and those in packs.
    """
    on_corrupt: Literal["error", "drop"] = "error"
    """What becomes of an image that cannot be decoded, also of one whose JPEG data ends early,
    which other programs show half grey: `error` stops and names it, `drop` leaves it out and counts
    it. Extraction goes on to its end and then names all of them; after a change to `drop`, or once
    the files are mended, it goes on with what is finished.
    """
