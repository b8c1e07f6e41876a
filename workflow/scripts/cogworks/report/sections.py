"""The sections of the report, from the config alone: which tables and figures, in which order.

Imported while the DAG is planned: no numpy, no pandas.
"""

from typing import Any

from cogworks.core.how import without_how
from cogworks.core.place import LINK
from cogworks.core.spec import digest, packed
from cogworks.images import plan as images
from cogworks.report import fine_tuned, plan, roles
from cogworks.synthesis import plan as synthesis

Config = dict[str, Any]
Part = dict[str, Any]

TABLES = "results/tables"
FIGURES = "results/figures"
SUFFIXES = (".parquet", ".csv", ".md", ".tex")


def report_spec(config: Config) -> dict[str, Any]:
    """Return what the page shows, as `page.build_page` takes it.

    It holds the digest of the keys of the config that may change a result.
    """
    sections = [section for section in _sections(config) if section["parts"]]
    has_levels = bool(roles.scored(config, roles.axis(config)))
    return {
        "title": config["report"]["title"],
        "subtitle": config["report"]["subtitle"] or _subtitle(config),
        "digest": digest(without_how(config)),
        "levels": table_path("levels") if has_levels else None,
        "relative": table_path("levels_relative") if has_levels else None,
        "sections": sections,
    }


def packed_config(config: Config) -> str:
    """Return what the page shows of the config: all that may change a result, packed."""
    return packed(without_how(config))


def inputs(config: Config) -> list[str]:
    """Return the tables and figures that the page holds."""
    paths = []
    for section in report_spec(config)["sections"]:
        for part in section["parts"]:
            entries = part["figures"] if "figures" in part else [part["table"]]
            paths += [entry["path"] for entry in entries]
    return paths


def texts(config: Config) -> list[str]:
    """Return the files of the page itself and of the texts that it holds."""
    names = ["page/report.html.j2", "page/report.css", "page/report.js"]
    for section in report_spec(config)["sections"]:
        names.append(f"sections/{section['id']}.rst")
        for part in section["parts"]:
            names += [f"figures/{figure['caption']}.rst" for figure in part.get("figures", [])]
    return [str(LINK / "workflow" / "report" / name) for name in dict.fromkeys(names)]


def table_path(name: str) -> str:
    """Return the Parquet file of a table; CSV, Markdown and LaTeX lie beside it."""
    return f"{TABLES}/{name}.parquet"


def figure_path(name: str, suffix: str = "svg") -> str:
    """Return the file of a figure; a drawn one is there as SVG and PNG."""
    return f"{FIGURES}/{name}.{suffix}"


def samples(config: Config) -> list[str]:
    """Return the data sets and families of which images are shown."""
    given: list[str] | None = config["report"]["samples"]
    if given is not None:
        return given
    first = roles.seen(config)
    members = set(roles.levels(config))
    families = [
        name
        for name, section in config["images"].items()
        if section["classes"]["part"] == "levels" and members & set(images.expand(config, name))
    ]
    return [name for name in [first, *families] if name is not None and name in config["images"]]


def _subtitle(config: Config) -> str:
    encoders = roles.scored(config, roles.evaluated(config))
    datasets = roles.evaluated(config)
    if not encoders:
        return "Concepts only: no evaluations in the config."
    return f"{len(encoders)} encoders on {len(datasets)} data sets"


def _sections(config: Config) -> list[dict[str, Any]]:
    makers = (
        _levels,
        _few_shot,
        _rankings,
        _fine_tuning,
        _published,
        _transfer,
        _test_sets,
        _label_noise,
        _training,
        _clones,
        _features,
        _concepts,
        _samples,
        _scores,
    )
    return [
        {"id": maker.__name__.removeprefix("_"), "title": title, "parts": maker(config)}
        for maker, title in zip(makers, _TITLES, strict=True)
    ]


_TITLES = (
    "Accuracy by level",
    "Few images a class",
    "Other rankings",
    "Fine-tuning",
    "Among the published models",
    "Training against transfer",
    "Test sets",
    "Label noise",
    "Training",
    "Clones",
    "Features",
    "Concepts and levels",
    "Images",
    "All scores",
)


def _levels(config: Config) -> list[Part]:
    if not roles.scored(config, roles.axis(config)):
        return []
    return [
        _figures("levels_absolute", "levels_relative"),
        _table("levels"),
        _table("levels_relative"),
    ]


def _few_shot(config: Config) -> list[Part]:
    return [_figures("few_shot", wide=True)] if roles.few_shot_sets(config) else []


def _rankings(config: Config) -> list[Part]:
    return [_figures("rankings", wide=True)] if plan.rankings(config) else []


def _fine_tuning(config: Config) -> list[Part]:
    if not fine_tuned.comparisons(config):
        return []
    return [_figures("fine_tuning"), _table("fine_tuning")]


def _label_noise(config: Config) -> list[Part]:
    if not plan.crossed_files(config):
        return []
    return [_table("label_noise"), _table("label_noise_examples", folded=True)]


def _training(config: Config) -> list[Part]:
    kinds = [kind for kind in ("curves", "traces") if plan.runs(config, kind)]
    return [_figures(f"training_{kind}", wide=True) for kind in kinds]


def _clones(config: Config) -> list[Part]:
    if not plan.clones(config, "quality"):
        return []
    parts = [_table("clones_quality")]
    if plan.clones(config, "similarity"):
        parts.append(_table("clones_similarity"))
    sheets = [
        _sheet(f"sheets_{name}", f"results/synthesis/sheets/{name}.png", name)
        for name in synthesis.cloned(config)
    ]
    return [*parts, {"figures": sheets}] if sheets else parts


def _features(config: Config) -> list[Part]:
    if not plan.feature_files(config):
        return []
    metrics = config["analysis"]["metrics"]
    parts = []
    if set(metrics) != {"singular_values"}:
        parts += [_figures("features", wide=True), _table("features", folded=True)]
    if "singular_values" in metrics:
        parts.append(_figures("singular_values", wide=True))
    return parts


def _published(config: Config) -> list[Part]:
    names = plan.published_sets(config)
    if not names:
        return []
    return [_table("standing"), *(_table(f"published_{name}", folded=True) for name in names)]


def _transfer(config: Config) -> list[Part]:
    if not roles.has_transfer(config):
        return []
    parts = [_figures("trade_off"), _table("trade_off"), _table("transfer")]
    names = [name.replace(" ", "_") for name in plan.ablations(config)]
    if names:
        figures = [_figure(f"ablation_{n}", "ablation", wide=True) for n in names]
        parts.append({"figures": figures})
    if config["report"]["published"]:
        parts += [
            _table("trade_off_published", folded=True),
            _table("transfer_published", folded=True),
        ]
    return parts


def _test_sets(config: Config) -> list[Part]:
    parts = []
    for name in plan.test_tables(config):
        parts.append(_table(f"test_sets_{name}"))
        if name in plan.published_test_tables(config):
            parts.append(_table(f"test_sets_published_{name}", folded=True))
    return parts


def _concepts(config: Config) -> list[Part]:
    parts = []
    for name in config["concepts"]:
        parts += [_table(f"filters_{name}"), _table(f"contents_{name}")]
    figures = [_figure(f"ranking_{name}", "ranking", label=name) for name in config["concepts"]]
    if roles.pictured(config):
        figures.append(_figure("images_per_concept", "images_per_concept"))
    return [*parts, {"figures": figures}] if figures else parts


def _samples(config: Config) -> list[Part]:
    names = samples(config)
    if not names:
        return []
    sheets = [_sheet(f"samples_{n}", figure_path(f"samples_{n}", "png"), n) for n in names]
    return [{"figures": sheets}]


def _scores(config: Config) -> list[Part]:
    return [_table("all_scores")] if roles.evaluated(config) else []


def _figures(*names: str, wide: bool = False) -> Part:
    return {"figures": [_figure(name, name, wide=wide) for name in names]}


def _figure(name: str, caption: str, *, label: str = "", wide: bool = False) -> Part:
    path = figure_path(name)
    return {"name": name, "path": path, "caption": caption, "label": label, "wide": wide}


def _sheet(name: str, path: str, label: str) -> Part:
    caption = name.partition("_")[0]
    return {"name": name, "path": path, "caption": caption, "label": label, "wide": True}


def _table(name: str, *, folded: bool = False) -> Part:
    return {"table": {"name": name, "path": table_path(name), "folded": folded}}
