"""The tables and figures of data of the thesis, by their numbers.

Imported while the DAG is planned: the standard library only.
"""

from dataclasses import dataclass

from cogworks.report.exhibit import Medium

# The chapter that an appendix belongs to.
APPENDICES = {"A": 3, "B": 3, "C": 4, "D": 4, "E": 5}


@dataclass(frozen=True)
class Numbered:
    """A table or a figure of the thesis.

    Attributes:
        medium: whether it is a table or a figure.
        number: its number, such as "B.6".
        title: what it shows, in a few words.
        wants: the keys of the config that would give it, as a clause.
        cells: how many accuracies a table prints, if own cells are paired with them; see
            `reproduced`.
    """

    medium: Medium
    number: str
    title: str
    wants: str
    cells: int = 0

    @property
    def chapter(self) -> int:
        """Return the chapter that it belongs to; that of its appendix."""
        first = self.number[0]
        return APPENDICES.get(first) or int(first)

    @property
    def name(self) -> str:
        """Return what the thesis calls it, such as "table B.6"."""
        return f"{self.medium} {self.number}"

    @property
    def target(self) -> str:
        """Return the target that makes it, such as "table_B_6"."""
        return self.name.replace(" ", "_").replace(".", "_")


BLURRED = (
    "an evaluation of the seen data set with blurred faces (report.published_as: in1k_blurred)"
)
SHOTS = "a protocol of several shots"
_BENCHMARK = "a benchmark in concepts"
_LEVELS = (
    "an evaluation whose datasets are the seen data set and a family with classes.part: levels"
)
_SHOTS = f"{_LEVELS}, with {SHOTS}"
_TRANSFER = "evaluations of the seen data set and of transfer sets (report.transfer)"
_TEST_SETS = (
    "an evaluation of the seen data set with test_sets, by a protocol that trains classifiers"
)
_RUNS = "runs in training that are evaluated on the seen data set and on transfer sets"
_CLONES = "clones in synthesis.clones, runs on them, and evaluations of these"
_IN_NUMBER = "clones in synthesis.clones that differ in guidance or in steps alone"
_IN_PROMPT = "clones of a data set in synthesis.clones that differ in their prompt alone"
_TWO = "two clones of a data set in synthesis.clones"
_FEATURES = "an entry in analysis"
_COMPONENTS = "runs of recipes base, base_mc, base_pr and base_mc_pr"

EXHIBITS: tuple[Numbered, ...] = (
    Numbered("table", "3.1", "Concepts that were removed by hand", f"{_BENCHMARK} with discard"),
    Numbered("figure", "3.2", "Unseen concepts by similarity, in levels", _BENCHMARK),
    Numbered("table", "3.2", "Evaluated models", _LEVELS),
    Numbered("table", "3.3", "Architectures and their feature dimensions", _LEVELS),
    Numbered("figure", "3.3", "Images of each concept", _LEVELS),
    Numbered("figure", "3.4", "Linear classification by level", _LEVELS),
    Numbered("figure", "3.5", "Few-shot linear classification by level", _SHOTS),
    Numbered(
        "figure",
        "3.6",
        "Features against fine-tuning",
        "a run of recipe fine_tune that starts at an encoder's weights, and its evaluation by a "
        "protocol of kind classifier",
    ),
    Numbered(
        "figure",
        "3.7",
        "Similarity from WordNet and from word vectors",
        "a second benchmark in concepts, and an evaluation with pool.benchmark",
    ),
    Numbered("figure", "3.8", "Label noise", "an evaluation with confidence"),
    Numbered(
        "figure",
        "4.4",
        "Local crops and hidden layers of the projector",
        f"{_RUNS}, with several values of augmentation.local_crops",
    ),
    Numbered(
        "table",
        "4.1",
        "Size of the projector",
        f"{_RUNS}: one with crops, projector and loss of recipe base_mc_pr, and others that vary "
        "its projector",
        cells=10,
    ),
    Numbered(
        "figure",
        "4.5",
        "Distance within classes, and sparsity",
        f"{_FEATURES}: {_COMPONENTS} on the seen data set and on transfer sets",
    ),
    Numbered(
        "figure",
        "4.6",
        "Coding length, singular values, and the course of training",
        f"{_FEATURES} on transfer sets (report.transfer), and runs with traces.every_steps",
    ),
    Numbered("figure", "4.7", "Training task against transfer", _TRANSFER),
    Numbered("table", "4.2", "Test sets of the seen concepts", _TEST_SETS, cells=30),
    Numbered(
        "table",
        "4.3",
        "Transfer to long-tailed data sets",
        "evaluations of iNat2018 and iNat2019 (images with source.kind: torchvision)",
        cells=10,
    ),
    Numbered("figure", "5.2", "Real against synthetic training images", _CLONES),
    Numbered(
        "table",
        "5.1",
        "Data augmentation on real and synthetic images",
        "runs on a data set and on a clone of it, each with two augmentations, and evaluations by "
        "a protocol of kind classifier",
        cells=4,
    ),
    Numbered(
        "table", "5.2", "Test sets of ImageNet for clones", f"{_CLONES} with test_sets", cells=170
    ),
    Numbered("table", "5.3", "Transfer of models trained on clones", _CLONES, cells=80),
    Numbered("table", "5.4", "Levels for models trained on clones", _CLONES, cells=24),
    Numbered("figure", "5.4", "Number of synthetic images", f"{_CLONES}, with several multiples"),
    Numbered(
        "figure",
        "5.5",
        "Guidance and steps",
        f"{_CLONES}, with several values of guidance or steps",
    ),
    Numbered(
        "figure", "5.6", "Features of models trained on clones", f"{_CLONES}, and {_FEATURES}"
    ),
    Numbered("table", "A.1", "Images with and without blurred faces", BLURRED),
    Numbered(
        "figure",
        "A.1",
        "Linear classification by level, with blurred seen images",
        f"{_LEVELS}, and {BLURRED}",
    ),
    Numbered("figure", "B.1", "Few-shot linear classification on each data set", _SHOTS),
    Numbered("figure", "B.2", "The same relative to the baseline", _SHOTS),
    Numbered(
        "table",
        "B.1",
        "Linear classification on the seen concepts",
        "an evaluation of report.seen",
        cells=279,
    ),
    *(
        Numbered(
            "table",
            f"B.{level + 1}",
            f"Linear classification on level {level}",
            f"an evaluation of level {level} (report.levels)",
            cells=279,
        )
        for level in range(1, 6)
    ),
    Numbered(
        "table",
        "C.1",
        "Hyper-parameters of training",
        "an evaluated run of recipe trex or trex_star",
    ),
    Numbered("table", "D.1", "Linear classification on each transfer set", _TRANSFER, cells=168),
    Numbered("figure", "E.1", "Clones by guidance and steps", _IN_NUMBER),
    Numbered("figure", "E.2", "Images of the class Shih-Tzu", _IN_PROMPT),
    Numbered(
        "figure", "E.3", "Images of the class Shih-Tzu, continued", f"more than two {_IN_PROMPT}"
    ),
    Numbered("figure", "E.4", "Images of two classes of crabs", _IN_PROMPT),
    *(
        Numbered("figure", f"E.{n}", f"Images of the 100 classes, {n - 4} of 5", _TWO)
        for n in range(5, 10)
    ),
)
BY_NAME = {found.name: found for found in EXHIBITS}
CHAPTERS = (3, 4, 5)


def numbered(medium: Medium, number: str) -> Numbered:
    """Return the table or figure that an exhibit is, given its number and panel ("3.4 (a)").

    Raises:
        KeyError: the thesis has no such one.
    """
    return BY_NAME[f"{medium} {number.split(' ')[0]}"]
