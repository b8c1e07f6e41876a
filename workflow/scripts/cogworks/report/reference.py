"""Names of the thesis's data sets, test sets and categories, and how they are shown.

Imported while the DAG is planned: no dependencies.
"""

# Published name of a data set: what to show, and how many classes it has. A score on another
# number of classes is one of another task.
DATASETS = {
    "in1k": ("IN-1K", 1000),
    "in100": ("IN-100", 100),
    **{f"cog_l{level}": (f"L{level}", 1000) for level in range(1, 6)},
    "aircraft": ("Aircraft", 100),
    "cars196": ("Cars196", 196),
    "dtd": ("DTD", 47),
    "eurosat": ("EuroSAT", 10),
    "flowers": ("Flowers", 102),
    "pets": ("Pets", 37),
    "food101": ("Food101", 101),
    "sun397": ("SUN397", 397),
    "inat2018": ("iNat18", 8142),
    "inat2019": ("iNat19", 1010),
}
# IN-1K with blurred faces (appendix A), which has no table of scores.
BLURRED = "in1k_blurred"
# The data sets of table 4.3.
LONG_TAIL = ("inat2018", "inat2019")
# The ten of table 5.3, in its order.
SD_TRANSFER = tuple(name for name in DATASETS if not name.startswith(("in1", "cog_")))
# The 13 over which chapter 4 averages log odds.
TRANSFER = tuple(n for n in DATASETS if n not in ("in1k", "in100", *LONG_TAIL))
# Those of tables B.1 to B.6.
LEVELS = ("in1k", *(name for name in DATASETS if name.startswith("cog_")))
TEST_SETS = {
    "val": "IN-Val",
    "v2": "IN-v2",
    "sketch": "IN-Sketch",
    "r": "IN-R",
    "a": "IN-A",
}
# What the tables of chapters 4 and 5 call models of chapter 3.
ALIASES = {"ResNet50": "PyTorch", "s-DINO": "DINO"}
# Headings of the categories of table 3.2, in its order.
CATEGORIES = {
    "reference": "Reference",
    "architecture": "Architecture",
    "self-supervision": "Self-supervision",
    "regularization": "Regularization",
    "web-data": "Use of web data",
}
# The models of category architecture that have about as many parameters as ResNet50 (table 3.2).
AS_LARGE_AS_RESNET50 = frozenset(
    ("a-T2T-ViT-t-14", "a-DeiT-S", "a-DeiT-S-distilled", "a-Inception-v3")
)
# Up to so many encoders are drawn in one panel.
MAX_TOGETHER = 12
# Figure 3.5 shows a selection that the text does not list: the models that section 3.4.2.2 names by
# it, and the best self-supervised one.
FEW_SHOT = frozenset(
    (
        "ResNet50",
        "a-T2T-ViT-t-14",
        "a-DeiT-S",
        "a-DeiT-S-distilled",
        "a-EfficientNet-B4",
        "s-DINO",
        "r-MEAL-v2",
    )
)
# What the thesis calls the similarities by which concepts are ranked.
SIMILARITIES = {
    "lin": "Lin",
    "resnik": "Resnik",
    "jiang_conrath": "Jiang-Conrath",
    "wu_palmer": "Wu-Palmer",
    "path": "path",
    "word_vectors": "word2vec",
}
