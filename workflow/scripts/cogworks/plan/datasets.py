"""Real data sets: where their images and classes come from.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cogworks.concepts.wnid_lists import NAMED, WNID
from cogworks.concepts.wordnet import database_files
from cogworks.config import images as config
from cogworks.core.fingerprint import is_made
from cogworks.core.inputs import is_hidden, list_of
from cogworks.core.needs import is_missing, lacking
from cogworks.core.patterns import expand as expand_paths
from cogworks.core.patterns import numbered
from cogworks.core.spec import canonical
from cogworks.images.sources.kinds import SOURCES, Source
from cogworks.images.specs import ChoiceSpec, ClassesSpec, ManifestSpec, WorldSpec
from cogworks.plan.folders import real

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan

# Bytes of class ids in the config: Linux takes an argument of at most 131,072.
LONGEST_LIST = 100_000
# Files for which the ranges in a path may stand.
MOST_NUMBERED = 1_000_000
# Class folders that an error names.
SHOWN = 10
# The tables of a benchmark from which the classes of each part come.
TABLES = {"seen": ["seen"], "level": ["levels"], "all": ["seen", "levels"]}


@dataclass(frozen=True, eq=False)
class Dataset:
    """One data set, or one level of a family of them.

    Attributes:
        name: its expanded name, such as `cog_l1`.
        section: its section of the config, of a family with its own level.
        classes: which classes it has: `part: levels` is `level` here, with its number.
        family: the name in the config where it is one level of a family, else None.
    """

    plan: Plan = field(repr=False)
    name: str
    section: config.Dataset
    classes: config.Classes
    family: str | None = None

    @property
    def key(self) -> str:
        """Return the dotted key of its section of the config."""
        return f"images.{self.family or self.name}"

    def manifest(self, split: str) -> str:
        """Return the manifest of a split: `train`, `val` or `test`."""
        return f"results/images/{self.name}/{split}.parquet"

    @property
    def class_choice(self) -> config.Classes | str:
        """Return what its classes are: equal where two data sets are declared to have the same.

        Classes that come with the images themselves (`part: source`) are those of one source only.
        """
        return self.name if self.classes.part == "source" else self.classes

    @property
    def class_list(self) -> str | None:
        """Return the name of the list that its classes are all of, such as imagenet1k."""
        classes, source = self.classes, self.classes.file
        if classes.part == "seen":
            benchmark = self.plan.benchmarks[classes.benchmark or ""].section
            source = benchmark.seen if benchmark.seen_limit is None else None
        return source if source in NAMED and classes.limit is None else None

    @property
    def class_table(self) -> str:
        """Return the table of its classes (label, wnid, name)."""
        return f"results/images/{self.name}/classes.parquet"

    @property
    def pack(self) -> str:
        """Return the pack into which a data set of the procedural world is drawn."""
        return f"results/images/{self.name}/pack.parquet"

    @cached_property
    def given(self) -> Source:
        """Return its source as the config has it."""
        return _of_its_kind(self.section.source)

    @cached_property
    def source(self) -> Source:
        """Return its source as it is read: what is drawn is a Parquet pack by then."""
        if not self.given.drawn:
            return self.given
        read = {"kind": "parquet", "path": self.pack, "id_column": "id"}
        return _of_its_kind(self.section.source.model_copy(update=read))

    @property
    def source_modules(self) -> tuple[str, ...]:
        """Return the modules of the registries' entries that its source, as it is read, loads."""
        return self.source.modules

    @property
    def source_files(self) -> list[str]:
        """Return the files among its sources whose change makes its manifests stale.

        These are packs, named one by one, by a pattern or as the folder that they lie in, and lists
        of classes or splits. Folders of images and of class tars are not tracked: there are too
        many files to look at them in every plan, so after a change there the user forces the rules
        that read them (see docs/your-data.md).
        """
        places = expand_paths(self.source.places)
        packs = [file for path in places for file in self.source.packs(path)]
        return packs + [file for files in self.source.lists.values() for file in files]

    @property
    def indices(self) -> list[str]:
        """Return the indices that it reads: of its source, or of folders with counted images."""
        if self.given.mixed:
            return [self.plan.sources[self.source.text].index]
        folders = self.plan.folders
        places = map(real, self.source.class_places) if folders else ()
        return [folders[place].index for place in places if place in folders]

    @property
    def class_indices(self) -> list[str]:
        """Return the index that knows which classes its source has, if it is asked for them."""
        return self.indices if self.scanned and self.given.mixed else []

    @property
    def wordnet(self) -> str | None:
        """Return the folder of the WordNet of its classes; None for the one that is found."""
        benchmark = self.plan.benchmarks.get(self.classes.benchmark or "")
        return None if benchmark is None else benchmark.section.wordnet

    @property
    def concept_tables(self) -> list[str]:
        """Return the tables of a benchmark from which its classes come."""
        names = TABLES.get(self.classes.part or "", [])
        return [self.plan.benchmarks[self.classes.benchmark or ""].table(name) for name in names]

    @property
    def class_files(self) -> list[str]:
        """Return the user's own files from which its classes come."""
        own = self.source_files if self.scanned else _files(self.classes.file)
        return own + database_files(self.wordnet)

    @property
    def classes_spec(self) -> ClassesSpec:
        """Return what its class list depends on."""
        chosen = self.classes.model_dump(exclude={"benchmark", "names", "with_images"})
        chosen["wnids"] = self.classes.listed
        if self.classes.limit is None:
            chosen["seed"] = None
        source = self.source if self.scanned else None
        return ClassesSpec(dataset=self.name, wordnet=self.wordnet, source=source, **chosen)

    @property
    def scanned(self) -> bool:
        """Say whether its images have a say in which classes there are."""
        return self.classes.part == "source" or self.classes.with_images

    @property
    def world_spec(self) -> WorldSpec:
        """Return what its drawn pack depends on besides its classes."""
        drawing = self.section.source.model_dump(include=set(WorldSpec.model_fields))
        images = self.section.max_images
        assert images is not None, "`problems` refuses a world without it"
        return WorldSpec(images=images, wordnet=self.wordnet, **drawing)

    @property
    def manifest_spec(self) -> ManifestSpec:
        """Return what its manifests depend on besides its classes."""
        chosen = self.section.model_dump(include={*ChoiceSpec.model_fields, "on_corrupt"})
        return ManifestSpec(dataset=self.name, source=self.source, **chosen)

    @property
    def scan_threads(self) -> int:
        """Return how many threads the making of its manifests can use: packs are read by one."""
        return 4 if self.section.verify or self.given.parallel else 1

    @property
    def missing(self) -> list[str]:
        """Return a line for each path of its section that is missing or of the wrong kind.

        So is the folder of a class that the config itself lists.
        """
        images = {
            "source.path": self.given.path,
            "source.train_path": self.given.train_path,
            "source.test_path": self.given.test_path,
        }
        lists = {f"source.{key}": files for key, files in self.given.lists.items()}
        lists["classes.file"] = _files(self.classes.file)
        return [
            *(line for key, paths in images.items() for line in self._missing_images(key, paths)),
            *(
                line
                for key, paths in lists.items()
                for path in expand_paths(paths)
                for line in lacking(f"{self.key}.{key}", path)
            ),
            *(f"{self.key}.source: {problem}" for problem in self._missing_sets()),
            *self._missing_classes(),
        ]

    def _missing_images(self, key: str, paths: list[str]) -> Iterator[str]:
        for path in expand_paths(paths):
            if is_missing(path):
                yield from () if self.given.fetches else lacking(f"{self.key}.{key}", path)
            elif not is_made(path):
                yield from (f"{self.key}.{key}: {fault}" for fault in self.given.faults(path))

    def _missing_sets(self) -> Iterator[str]:
        return self.given.missing(online=self.plan.config.compute.online)

    def _missing_classes(self) -> Iterator[str]:
        """Yield a line for each listed class without a folder, where all must have one."""
        source, listed = self.section.source, self.classes.listed
        layouts = {source.layout, source.test_layout or source.layout}
        if source.kind != "folder" or layouts != {"wnid"} or self.classes.limit or not listed:
            return
        if not self.given.by_class:
            return
        key = "wnids" if self.classes.wnids else "names"
        for paths in (self.given.path, self.given.train_path, self.given.test_path):
            roots = [Path(path).expanduser() for path in expand_paths(paths)]
            if roots and all(root.is_dir() for root in roots):
                for name, close in _absent(roots, listed):
                    hint = f"; did you mean {close}?" if close else ""
                    yield f"{self.key}.classes.{key}: no folder {name} in {', '.join(paths)}{hint}"

    def problems(self) -> Iterator[str]:
        """Yield the errors of its section that its types cannot show."""
        yield from (f"{self.key}.source{problem}" for problem in self.given.problems())
        yield from self._problems_of_ranges(f"{self.key}.source")
        yield from self._problems_of_classes(f"{self.key}.classes")
        yield from self._problems_of_choice()

    def _problems_of_ranges(self, key: str) -> Iterator[str]:
        files = [path for listed in self.given.lists.values() for path in listed]
        for path in (*self.given.places, *files):
            if (number := numbered(path)) > MOST_NUMBERED:
                yield f"{key}: {path} stands for {number} files; expected at most {MOST_NUMBERED}"

    def _problems_of_classes(self, key: str) -> Iterator[str]:
        classes = self.classes
        parts = ("part", "file", "wnids", "names")
        chosen = [name for name in parts if getattr(classes, name) is not None]
        if len(chosen) != 1:
            found = " and ".join(chosen) or f"none{self._proposed_names()}"
            yield f"{key}: give exactly one of part, file, wnids and names, not {found}"
            return
        yield from self._problems_of_lists(key)
        if classes.part in (*TABLES, "levels"):
            benchmark = self.plan.benchmarks.get(classes.benchmark or "")
            if benchmark is None:
                known = ", ".join(self.plan.benchmarks) or "none"
                yield f"{key}.benchmark: {classes.benchmark!r} is not a benchmark; known: {known}"
                return
            count = benchmark.section.levels.count
            if classes.part == "level" and not 1 <= (classes.level or 0) <= count:
                has = f"{benchmark.name} has 1 to {count}"
                yield f"{key}.level: {classes.level} is not a level; {has}"
        if classes.with_images and (self.given.drawn or not self.given.names_classes):
            yield f"{key}.with_images: kind {self.given.kind} cannot say of which it has images"
        if classes.part == "source" and not self.given.names_classes:
            yield (
                f"{key}.part: kind {self.given.kind} needs an explicit class list (a missing class "
                "folder would relabel all later classes); give file, wnids, names or a benchmark's "
                f"part{self._proposed_names()}"
            )

    def _problems_of_lists(self, key: str) -> Iterator[str]:
        for name in ("wnids", "names"):
            listed = getattr(self.classes, name)
            if len(canonical(listed).encode()) > LONGEST_LIST:
                yield (
                    f"{key}.{name}: {len(listed)} class ids are too many for the config, which "
                    "becomes part of command lines; put them in a text file, one on each line, "
                    "named by `file`"
                )
        others = [text for text in self.classes.wnids or () if not WNID.fullmatch(text)]
        if others:
            yield (
                f"{key}.wnids: {others[0]!r} is not a wnid (n and eight digits); classes that are "
                "not synsets are listed in `names`"
            )

    def _proposed_names(self) -> str:
        """Return the folders of a source of class folders, as a proposal for `names`."""
        folders = self.given.class_folders()
        if not folders:
            return ""
        return f" (its folders: {', '.join(folders[:SHOWN])}{', ...' * (len(folders) > SHOWN)})"

    def _problems_of_choice(self) -> Iterator[str]:
        maximum, test = self.section.max_images, self.section.test_images
        if self.given.is_split:
            if self.section.test_share is not None:
                yield f"{self.key}.test_share: the source has its own test split; remove test_share"
        elif (test is None) == (self.section.test_share is None):
            yield (
                f"{self.key}.test_images: the source has no split of its own; give either "
                "test_images (a number for each class) or test_share"
            )
        if maximum is not None and test is not None and test >= maximum:
            yield (
                f"{self.key}.test_images: {test} leaves no training image of max_images: {maximum}"
            )
        if self.given.drawn and maximum is None:
            yield (
                f"{self.key}.max_images: needed for kind {self.given.kind}, which draws that many "
                "images of each class"
            )


def expand(plan: Plan) -> Iterator[Dataset]:
    """Yield every data set of the config: of a family each level, not the family itself."""
    for name, section in plan.config.images.items():
        classes = _classes_of(section)
        if classes.part != "levels":
            yield Dataset(plan, name, section, classes)
            continue
        benchmark = plan.benchmarks.get(classes.benchmark or "")
        for level in range(1, (benchmark.section.levels.count if benchmark else 0) + 1):
            own = classes.model_copy(update={"part": "level", "level": level})
            yield Dataset(plan, f"{name}_l{level}", section, own, family=name)


def declared(plan: Plan) -> Iterator[Dataset]:
    """Yield every entry of the section `images`: a family as one."""
    for name, section in plan.config.images.items():
        yield Dataset(plan, name, section, _classes_of(section))


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of the section `images` that its types cannot show."""
    for dataset in declared(plan):
        yield from dataset.problems()
    owners: dict[str, str] = {}
    for found in expand(plan):
        twice = found.family is not None and found.name in plan.config.images
        if twice or found.name in owners:
            yield f"{found.key}: its data set {found.name} exists twice; rename one"
        owners[found.name] = found.key
        if found.name in plan.clones:
            yield f"{found.key}: {found.name} is the name of a clone in synthesis too"


def _absent(roots: list[Path], names: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield the names of no folder in any root, each with that of the folder it is most like.

    The roots are only listed if one is absent; it may be there in another Unicode form. Of empty
    roots, that they are empty is told elsewhere.
    """
    absent = [name for name in names if not any((root / name).is_dir() for root in roots)]
    entries = [path for root in roots for path in root.iterdir()] if absent else []
    found = [path for path in entries if not is_hidden(path.name)]
    there = {unicodedata.normalize("NFC", path.name) for path in found if path.is_dir()}
    for name in absent if found else ():
        if unicodedata.normalize("NFC", name) not in there:
            yield name, next(iter(get_close_matches(name, there, n=1)), None)


def _of_its_kind(section: config.Source) -> Source:
    kind = SOURCES.load(section.kind)
    return kind.model_validate(section.model_dump(include=set(kind.model_fields)))


def _classes_of(section: config.Dataset) -> config.Classes:
    """Return the classes of a data set; a published set has its own, unless others are given."""
    classes, known = section.classes, SOURCES.load(section.source.kind).class_list
    if known is None or classes.file or classes.listed or classes.part not in (None, "source"):
        return classes
    return classes.model_copy(update={"part": None, "file": known})


def _files(value: str | list[str] | None) -> list[str]:
    """Return those of `value` that are files, not the names of lists such as imagenet1k."""
    return [name for name in list_of(value) if name not in NAMED]
