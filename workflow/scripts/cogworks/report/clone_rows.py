"""Encoders by what they were trained on: the rows of chapter 5's tables, in the thesis's order.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cogworks.plan.clones import Clone
from cogworks.plan.encoders import Encoder
from cogworks.plan.jobs import Job
from cogworks.report import chapter_5, comparable
from cogworks.report.reference import DATASETS, SD_TRANSFER
from cogworks.report.specs import (
    ClassifierRow,
    CloneTransferSpec,
    DataRow,
    Paper,
    PublishedRow,
    SetColumn,
)
from cogworks.synthesis import template

if TYPE_CHECKING:
    from cogworks.report.roles import Roles

# Prompt, guidance scale and size of a clone.
Recipe = tuple[str, float, float]
CHAPTER = 5
STEPS = 50
PROMPTS = ("c", "c, h", "c, d", "c, h inside b")
# That of figure 5.2.
BEST: Recipe = ("c, d", 2, 1)
_IN1K: set[Recipe] = {("c, d", 7.5, 1), ("c, h inside b", 7.5, 1), BEST}
# The clones in each of the thesis's tables, by the published name of the real data set.
LISTED: dict[str, dict[str, set[Recipe]]] = {
    "5.2": {
        "in100": {
            *((prompt, guidance, 1) for prompt in PROMPTS for guidance in (7.5, 2)),
            *(("c, d", 2, size) for size in (10, 20, 50)),
        },
        "in1k": _IN1K,
    },
    "5.3": {"in100": {("c, d", 2, 50)}, "in1k": _IN1K},
    "5.4": {"in1k": {BEST}},
}
# The order of the tables' blocks.
BLOCKS = ("in100", "in1k")
# What the tables call models of others, by their names in the registry or in the config.
MODELS = {"ResNet50": "PyTorch", "RSB-A1": "RSB-A1", "s-DINO": "DINO"}
# What the thesis calls the lists of classes that published models learned.
LISTS = {"imagenet1k": "in1k", "imagenet100": "in100"}
# The category of those that were published with chapter 5.
SYNTHETIC = "synthetic-data"
NONE = "–"
# What the tables call an encoder that was trained on the real images of IN-100, and one that was
# not trained at all, which has the same architecture.
BASELINE, RANDOM = "Baseline", "Random Weights"
_ARCHITECTURE = "torchvision:resnet50"
# What table 5.1 calls the recipes of augmentation, in its order.
AUGMENTATIONS = {chapter_5.PYTORCH: "PyTorch", chapter_5.DINO: "DINO"}
MULTI_CROP = " (+ multi-crop)"


@dataclass(frozen=True)
class Trained:
    """An encoder and what it was trained on; it stands for those that differ in the seed alone."""

    roles: "Roles" = field(repr=False)
    name: str

    @property
    def encoder(self) -> Encoder:
        """Return the encoder."""
        return self.roles.plan.encoders[self.name]

    @property
    def clone(self) -> Clone | None:
        """Return the clone on which it was trained, if it was."""
        run = self.encoder.run
        return None if run is None else self.roles.plan.clones.get(run.dataset.name)

    @property
    def model(self) -> str | None:
        """Return what the thesis calls it, if it is one of the models of others in its tables."""
        if self.encoder.run is not None:
            return None
        return MODELS.get(self.encoder.section.registry or self.encoder.declared)

    @property
    def origin(self) -> str:
        """Return the real data set whose classes it learned; empty where that is not known."""
        if self.clone is not None:
            return self.clone.section.like or ""
        if self.encoder.run is not None:
            return self.encoder.run.dataset.name
        published = self.encoder.published_model
        if published is not None:
            return named(self.roles, LISTS[published.classes])
        return in1k(self.roles) if self.model else ""

    @property
    def is_real(self) -> bool:
        """Say whether it was trained on real images."""
        return bool(self.origin) and not self.is_drawn

    @property
    def is_drawn(self) -> bool:
        """Say whether it was trained on synthetic images."""
        return self.clone is not None or self.encoder.category == SYNTHETIC

    @property
    def recipe(self) -> Recipe | None:
        """Return how its clone differs from those of the thesis; None where it does otherwise."""
        if self.clone is None or self.clone.section.steps != STEPS:
            return None
        section = self.clone.section
        return section.prompt, section.guidance, section.multiple

    @property
    def published(self) -> str | None:
        """Return which row of the thesis's tables it is, see `row_name`; None if it is none.

        Runs with PyTorch's augmentation are in table 5.1 alone, which has no such rows.
        """
        encoder, run = self.encoder, self.encoder.run
        known = DATASETS.get(self.roles.published_name(self.origin) or "", ("",))[0]
        if run is not None and chapter_5.is_plain(run):
            return None
        if self.clone is not None:
            if not _is_listed(self, LISTED["5.2"]):  # It has those of the other tables, too.
                return None
            section = self.clone.section
            prompt = quoted(section.prompt)
            return row_name(f"{known}-SD", prompt, section.guidance, section.multiple)
        if run is not None:
            return row_name(known, BASELINE) if known == DATASETS["in100"][0] else None
        if encoder.weights == "random":
            return RANDOM
        if self.model is not None and encoder.section.registry is not None:
            return row_name(DATASETS["in1k"][0], self.model)
        return None

    def differences(
        self, *, own_classifier: bool, augmentation: str = chapter_5.DINO
    ) -> Iterator[str]:
        """Yield the settings by which it is another than the thesis's of its row, as clauses.

        Args:
            own_classifier: whether it is scored with the classifier that it was trained with.
            augmentation: as for `chapter_5.of_run`.
        """
        run, published = self.encoder.run, self.roles.published_name(self.origin)
        if self.clone is not None:
            yield from chapter_5.of_clone(self.clone)
        if run is not None:
            if published in BLOCKS:
                yield from comparable.of_images(self.roles.plan, self.origin, published)
            yield from chapter_5.of_run(run, augmentation)
        elif self.encoder.weights == "random":
            key = f"encoders.{self.encoder.declared}"
            yield from comparable.differing(key, self.encoder.section, {"model": _ARCHITECTURE})
        yield from comparable.of_encoder(self.encoder, own_classifier=own_classifier)

    def compared(self, *, own_classifier: bool) -> dict[str, Any]:
        """Return the fields of a `DataRow` that say with which row of the thesis it is compared."""
        published = self.published if self.roles.section.published else None
        if published is None:
            return {}
        differs = next(self.differences(own_classifier=own_classifier), "")
        return {"published": published, "differs": differs}

    @property
    def crops(self) -> int:
        """Return the crops of an image in its training; none where there was none here."""
        run = self.encoder.run
        if run is None:
            return 0
        return run.spec.augmentation.global_crops + run.spec.augmentation.local_crops

    @property
    def place(self) -> tuple[float, ...]:
        """Return its place in its block: real images first, then by size, guidance and prompt."""
        if self.clone is None:
            return (int(self.is_drawn),)
        section = self.clone.section
        known = section.prompt in PROMPTS
        prompt = PROMPTS.index(section.prompt) if known else len(PROMPTS)
        return 1, section.multiple, -section.guidance, prompt, section.steps

    @property
    def row(self) -> dict[str, Any]:
        """Return what a table shows of it: the fields of a `DataRow` but those of `compared`."""
        origin = called(self.roles, self.origin) if self.origin else ""
        section = None if self.clone is None else self.clone.section
        label = self.roles.label_of(self.name)
        return {
            "name": self.name,
            "label": label,
            "block": self.origin,
            "data": (f"{origin}-SD".lstrip("-") if self.is_drawn else origin) or NONE,
            "real": self.is_real,
            "size": "" if section is None or section.multiple == 1 else f"{section.multiple:g}×",
            "scale": NONE if section is None else f"{section.guidance:.1f}",
            "model": quoted(section.prompt) if section else self.model or label,
        }


def ordered(roles: "Roles", encoders: Iterable[str]) -> list[Trained]:
    """Return encoders block by block, those that were not trained at all first.

    Of those that differ in their seed alone, one stands for all.
    """
    found = [Trained(roles, name) for name in roles.groups(encoders)]
    blocks = list(dict.fromkeys(entry.origin for entry in found))
    blocks.sort(key=lambda origin: (origin != "", _rank(roles, origin)))
    return sorted(found, key=lambda entry: (blocks.index(entry.origin), entry.place))


def of_table(entries: Collection[Trained], number: str) -> list[Trained]:
    """Return those that the thesis's table has: all on real images, and the clones that it lists.

    Of runs on one data set it has the one with most crops, as the others are those of table 5.1. A
    part of the report that is not chapter 5, or that has none of those clones, shows all.
    """
    listed = LISTED[number]
    kept = [entry for entry in entries if entry.clone is None or _is_listed(entry, listed)]
    is_chapter = all(entry.roles.chapter == CHAPTER for entry in entries)
    if not is_chapter or not has_clones(kept):
        return list(entries)
    found: dict[str, Trained] = {}
    for entry in sorted(kept, key=lambda entry: -entry.crops):
        run = entry.encoder.run
        found.setdefault(f"run on {run.dataset.name}" if run else entry.name, entry)
    return [entry for entry in kept if entry in found.values()]


def classifiers(roles: "Roles") -> dict[str, Job]:
    """Return the job that scores each encoder's own classifier on the classes that it learned."""
    found: dict[str, Job] = {}
    for (name, dataset, _), job in roles.jobs.items():
        if job.kind.own and dataset == Trained(roles, name).origin:
            found.setdefault(name, job)
    return found


def jobs_of(entry: Trained, jobs: Mapping[str, Job]) -> list[Job]:
    """Return those of the jobs that score an encoder, or one for which it stands."""
    return [jobs[name] for name in entry.roles.repeats_of(entry.name) if name in jobs]


def classifier_row(
    entry: Trained, jobs: Mapping[str, Job], compared: dict[str, Any]
) -> ClassifierRow:
    """Return what a table shows of an encoder with its own classifier.

    Args:
        entry: the encoder.
        jobs: what scored it, among others.
        compared: as of `Trained.compared`.
    """
    job = jobs_of(entry, jobs)[0]
    return ClassifierRow(
        **entry.row,
        **compared,
        dataset=job.dataset,
        protocol=job.protocol_name,
        learned=entry.roles.published_name(job.dataset),
    )


def differences(roles: "Roles") -> Iterator[str]:
    """Yield every setting by which encoders of chapter 5's tables differ from those of their rows.

    Each is a clause as of `comparable.of_scores`.
    """
    entries = [Trained(roles, name) for name in dict.fromkeys(name for name, *_ in roles.jobs)]
    if roles.chapter not in (None, CHAPTER) or not has_clones(entries):
        return
    for entry in entries:
        if entry.published is not None:
            yield from entry.differences(own_classifier=entry.name not in roles.probed)


def on_all(roles: "Roles", columns: Iterable[SetColumn]) -> list[str]:
    """Return the encoders that have scores on all of some data sets."""
    pairs = {(column.name, column.protocol) for column in columns}
    found: dict[str, set[tuple[str, str]]] = {}
    for name, *pair in roles.jobs:
        found.setdefault(name, set()).add((pair[0], pair[1]))
    return [name for name, own in found.items() if pairs and pairs <= own]


def has_clones(entries: Iterable[Trained]) -> bool:
    """Say whether any of them was trained on a clone."""
    return any(entry.clone is not None for entry in entries)


def absent(
    roles: "Roles", entries: Collection[Trained], models: Iterable[str]
) -> list[PublishedRow]:
    """Return the models of the thesis's table that are not among the encoders."""
    origin = in1k(roles)
    if not roles.section.published or origin not in {entry.origin for entry in entries}:
        return []
    own = {entry.model for entry in entries}
    return [
        PublishedRow(block=origin, data=called(roles, origin), model=model)
        for model in models
        if model not in own
    ]


def by_training_set(
    roles: "Roles", sets: list[SetColumn], *, number: str, baselines: Collection[str], paper: str
) -> CloneTransferSpec | None:
    """Return the spec of a table of encoders on data sets, by what they were trained on.

    None where no encoder that was trained on a clone is scored on all of them.

    Args:
        roles: of the part of the report.
        sets: the columns.
        number: the table's number in the thesis.
        baselines: models of the thesis whose published rows stand for those that are absent.
        paper: the file with these rows.
    """
    names = on_all(roles, sets)
    entries = of_table(ordered(roles, names), number)
    if not has_clones(entries):
        return None
    published = absent(roles, entries, baselines)
    rows = [DataRow(**entry.row, **entry.compared(own_classifier=False)) for entry in entries]
    groups = roles.groups(names)
    shown = [name for entry in entries for name in groups[entry.name]]
    return CloneTransferSpec(
        scores=roles.score_files(roles.cells(shown, sets)),
        paper=paper_of(paper, rows, published),
        published=published,
        rows=rows,
        columns=sets,
    )


def paper_of(name: str, rows: Iterable[DataRow], published: Collection[PublishedRow] = ()) -> Paper:
    """Return the file with the thesis's numbers where a table has rows of the thesis's, else none.

    Args:
        name: of the file.
        rows: the run's own rows.
        published: models of the thesis to add.
    """
    return Paper(names=[name] if published or any(row.published for row in rows) else [])


def transfer_sets(roles: "Roles") -> list[str]:
    """Return those of the thesis's ten transfer sets that are evaluated, in its order.

    Where there is none of them, these are all transfer sets that are neither levels nor learned by
    any encoder.
    """
    published = {roles.published_name(name): name for name in roles.evaluated}
    ten = [published[name] for name in SD_TRANSFER if name in published]
    learned = {Trained(roles, name).origin for name, *_ in roles.jobs}
    return ten or [name for name in roles.transfer if name not in learned | set(roles.axis)]


def called(roles: "Roles", dataset: str) -> str:
    """Return what the tables call a data set: the thesis's name, where the config says that."""
    given = dataset in roles.section.labels
    if given or dataset in roles.levels:
        return roles.label(dataset)
    known = claimed(roles, dataset)
    return DATASETS[known][0] if known else dataset


def claimed(roles: "Roles", dataset: str) -> str | None:
    """Return which of the thesis's data sets one is by its name or by `report.published_as`.

    The seen data set of any benchmark stands for IN-1K in other tables; it is not called so here.
    """
    known = roles.published_name(dataset)
    is_said = dataset in DATASETS or dataset in roles.section.published_as
    return known if known in DATASETS and (is_said or dataset != roles.seen) else None


def columns(roles: "Roles", datasets: Iterable[str]) -> list[SetColumn]:
    """Return data sets as the tables show them."""
    return [
        column.model_copy(update={"label": called(roles, column.name)})
        for column in roles.columns(datasets)
    ]


def in1k(roles: "Roles") -> str:
    """Return the name of IN-1K in the config."""
    return named(roles, "in1k")


def named(roles: "Roles", published: str) -> str:
    """Return the name in the config of one of the thesis's data sets, else the thesis's own."""
    names = roles.plan.datasets
    return next((name for name in names if roles.published_name(name) == published), published)


def row_name(data: str, model: str, scale: float | None = None, size: float = 1) -> str:
    """Return what tells a row of the thesis's tables from others: `IN-100-SD “c, d_c” 2.0 50×`.

    Args:
        data: what the thesis calls the training set.
        model: the prompt in quotes, the model or the augmentation.
        scale: guidance scale of a clone.
        size: images of a clone, as a multiple of the real data set's.
    """
    texts = [data, model]
    if scale is not None:
        texts.append(f"{scale:.1f}")
    if size != 1:
        texts.append(f"{size:g}×")
    return " ".join(texts)


def quoted(prompt: str) -> str:
    """Return a prompt as the thesis writes it: `c, h inside b` is “c, h_c inside b”."""
    return f"“{template.fill(prompt, {'h': 'h_c', 'd': 'd_c'})}”"


def _rank(roles: "Roles", origin: str) -> int:
    published = roles.published_name(origin)
    return BLOCKS.index(published) if published in BLOCKS else 0


def _is_listed(entry: Trained, listed: dict[str, set[Recipe]]) -> bool:
    return entry.recipe in listed.get(entry.roles.published_name(entry.origin) or "", set())
