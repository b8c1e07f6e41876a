"""What the tables and figures of the report depend on: files, specs of the rules, and errors.

Imported while the DAG is planned: no numpy, no pandas.
"""

from typing import Any

from cogworks.core import derived, paths
from cogworks.plan import measures
from cogworks.plan.plan import Plan
from cogworks.probes import plan as probes
from cogworks.report import checks, recipes, roles
from cogworks.report.reference import TEST_SETS
from cogworks.synthesis import names as clone_names
from cogworks.training import plan as training

Config = dict[str, Any]

VALIDATION = "val"


def score_files(config: Config) -> list[str]:
    """Return the probe tables from which the scores are collected."""
    return [paths.scores(*job) for job in probes.jobs(config)]


def collect_spec(config: Config) -> dict[str, Any]:
    """Return which probe tables to collect: names, and a triple of positions for each table.

    Thousands of paths would not fit on a command line; positions do.
    """
    jobs = probes.jobs(config)
    names = [list(dict.fromkeys(job[part] for job in jobs)) for part in range(3)]
    return {
        "names": names,
        "jobs": [[names[part].index(job[part]) for part in range(3)] for job in jobs],
    }


def summary_spec(config: Config) -> dict[str, Any]:
    """Return what the summary depends on, besides the scores."""
    return {"baseline": roles.baseline(config)}


def scores_spec(config: Config) -> dict[str, Any]:
    """Return what the table of all scores depends on, besides the summary."""
    names = {name for job in probes.jobs(config) for name in job[:2]}
    return {"labels": {name: roles.label(config, name) for name in sorted(names)}}


def levels_spec(config: Config) -> dict[str, Any]:
    """Return what tables and figures by level depend on, besides the scores."""
    return {
        "baseline": roles.baseline(config),
        "encoders": roles.encoders(config, roles.scored(config, roles.axis(config))),
        "columns": roles.columns(config, roles.axis(config)),
    }


def image_counts_spec(config: Config) -> dict[str, Any]:
    """Return what the figure of images per concept depends on, besides the manifests."""
    return {"labels": [roles.label(config, name) for name in roles.pictured(config)]}


def few_shot_spec(config: Config) -> dict[str, Any]:
    """Return what the few-shot figure depends on, besides the scores."""
    return levels_spec(config) | {"columns": roles.columns(config, roles.few_shot_sets(config))}


def published_sets(config: Config) -> list[str]:
    """Return the published names of the axis: one table of the layout of B.1 to B.6 for each."""
    if not config["report"]["published"]:
        return []
    return [name for name in _published_axis(config) if name is not None]


def transfer_spec(config: Config) -> dict[str, Any]:
    """Return what the training-versus-transfer tables and figure depend on, besides scores."""
    first = roles.seen(config)
    sets = roles.transfer(config)
    return {
        "baseline": roles.baseline(config),
        "encoders": roles.encoders(config, roles.compared(config)),
        "seen": roles.columns(config, [first])[0] if first else None,
        "transfer": roles.columns(config, sets),
        "published": config["report"]["published"],
    }


def ablations(config: Config) -> list[str]:
    """Return the properties of training runs along which a figure can be drawn."""
    if not roles.has_transfer(config):
        return []
    return list(recipes.ablations(config, roles.compared(config)))


def ablation_spec(config: Config, name: str) -> dict[str, Any]:
    """Return what the figure along one property depends on, besides the scores."""
    series = recipes.ablations(config, roles.compared(config))[name.replace("_", " ")]
    return transfer_spec(config) | {"property": name.replace("_", " "), "series": series}


def rankings(config: Config) -> dict[str, list[str]]:
    """Return the families that regroup the levels' concepts by another ranking, by pool."""
    return roles.pools(config, drawn=False)


def rankings_spec(config: Config) -> dict[str, Any]:
    """Return what the figure of other rankings depends on, besides the scores."""
    first, others = roles.seen(config), rankings(config)
    names = [name for members in others.values() for name in members]
    families = {"as ranked": roles.levels(config)} | others
    drawn = [name for members in roles.pools(config, drawn=True).values() for name in members]
    return {
        "encoders": roles.encoders(config, roles.scored(config, names)),
        "seen": roles.columns(config, [first])[0] if first else None,
        "rankings": [
            {"label": roles.label(config, name), "columns": roles.columns(config, members)}
            for name, members in families.items()
            if members
        ],
        "random": roles.columns(config, drawn),
    }


def clones_spec(config: Config, what: str) -> dict[str, Any]:
    """Return what the tables of clones depend on; `what` is `quality` or `similarity`."""
    return {
        "clones": [
            {
                "name": name,
                "label": roles.label(config, name),
                "recipe": recipes.clone_recipe(config, name),
            }
            for name in clones(config, what)
        ]
    }


def clones(config: Config, what: str) -> list[str]:
    """Return the clones that have a table `quality` or `similarity` (by a CLIP model)."""
    found = config["synthesis"]["clones"]
    return [name for name in found if what == "quality" or found[name]["clip"] is not None]


def clone_files(config: Config, what: str) -> list[str]:
    """Return the tables `quality` or `similarity` of the clones."""
    return [clone_names.table(name, what) for name in clones(config, what)]


def runs(config: Config, kind: str) -> list[str]:
    """Return the training runs of evaluated encoders: all (`curves`), or those with `traces`."""
    found = training.runs(config)
    names = roles.scored(config, roles.evaluated(config))
    used = [config["encoders"][name]["run"] for name in names]
    return [
        run
        for run in dict.fromkeys(used)
        if run is not None and (kind == "curves" or found[run]["traces"]["every_steps"] > 0)
    ]


def metric_files(config: Config, kind: str) -> list[str]:
    """Return the metrics of those runs."""
    return [f"{paths.run_dir(run)}/metrics.parquet" for run in runs(config, kind)]


def training_spec(config: Config, kind: str) -> dict[str, Any]:
    """Return what the figure of training runs depends on, besides their metrics."""
    return {"runs": [{"name": n, "label": roles.label(config, n)} for n in runs(config, kind)]}


def crossed_files(config: Config) -> list[str]:
    """Return the predictions of one data set's classifiers on another's images."""
    return [
        f"results/crossed/{encoder}/{dataset}/{other}/{protocol}.parquet"
        for encoder, dataset, other, protocol in probes.crossings(config)
    ]


def crossed_classes(config: Config) -> list[str]:
    """Return the class tables of the data sets in those crossings."""
    members = [name for _, *pair, _ in probes.crossings(config) for name in pair]
    return [paths.classes(config, name) for name in dict.fromkeys(members)]


def crossed_spec(config: Config) -> dict[str, Any]:
    """Return what the tables of label noise depend on, besides the predictions."""
    return {
        "crossings": [
            {
                "encoder": roles.label(config, encoder),
                "dataset": roles.label(config, dataset),
                "other": roles.label(config, other),
            }
            for encoder, dataset, other, _ in probes.crossings(config)
        ]
    }


def feature_files(config: Config) -> list[str]:
    """Return the tables of measures that the analysis room makes."""
    return [measure.table for measure in _plan(config).measures.values()]


def features_spec(config: Config) -> dict[str, Any]:
    """Return what tables and figures of feature measures depend on, besides the measures."""
    names = list(dict.fromkeys(encoder for encoder, _, _ in _plan(config).measures))
    given = config["analysis"]["groups"]
    return {
        "baseline": config["report"]["baseline"],
        "encoders": roles.encoders(config, names),
        "groups": [
            {"name": name if given else roles.label(config, name), "datasets": members}
            for name, members in measures.groups(_plan(config)).items()
        ],
    }


def test_tables(config: Config) -> dict[str, tuple[str, str]]:
    """Return the data set and the protocol of each table of test sets, by the table's name.

    There is one where a data set is tested on several test sets, or under a protocol of kind
    classifier: the encoder and its classifier as one model. The levels have tables of their own.
    """
    first, levels = roles.seen(config), roles.levels(config)
    pairs = dict.fromkeys((d, p) for _, d, p in probes.jobs(config) if d not in levels)
    return {
        p if d == first else f"{p}_{d}": (d, p)
        for d, p in sorted(pairs, key=lambda pair: pair[0] != first)
        if probes.kind(config, p).own or len(_test_sets(config, d, p)) > 1
    }


def published_test_tables(config: Config) -> list[str]:
    """Return the names of those tables that have a counterpart in the thesis."""
    first = roles.seen(config)
    found = test_tables(config).items()
    return [name for name, (d, _) in found if d == first and config["report"]["published"]]


def test_sets_spec(config: Config, name: str) -> dict[str, Any]:
    """Return what the table of test sets called `name` depends on, besides the scores."""
    dataset, protocol = test_tables(config)[name]
    jobs = [job for job in probes.jobs(config) if job[1:] == (dataset, protocol)]
    return {
        "protocol": protocol,
        "dataset": roles.label(config, dataset),
        "encoders": roles.encoders(config, list(dict.fromkeys(encoder for encoder, _, _ in jobs))),
        "test_sets": _test_sets(config, dataset, protocol),
    }


def _plan(config: Config) -> Plan:
    found: Plan = config.plan  # type: ignore[attr-defined]
    return found


def _published_axis(config: Config) -> list[str | None]:
    return [roles.published_name(config, name) for name in roles.axis(config)]


def _test_sets(config: Config, dataset: str, protocol: str) -> list[dict[str, Any]]:
    """Return the columns of a table of test sets: the data set's own first, groups merged."""
    members: dict[str, list[list[str]]] = {}
    for encoder, name, p in probes.jobs(config):
        if (name, p) == (dataset, protocol):
            for test_set in [dataset, *probes.test_sets(config, encoder, dataset, p)]:
                pairs = members.setdefault(_group(config, test_set), [])
                if [dataset, test_set] not in pairs:
                    pairs.append([dataset, test_set])
    return [
        {
            "label": roles.label(config, key),
            "published": VALIDATION if key == dataset else _published_test(config, key),
            "members": pairs,
        }
        for key, pairs in members.items()
    ]


def _published_test(config: Config, name: str) -> str | None:
    published = roles.published_name(config, name)
    return published if published in TEST_SETS else None


def _group(config: Config, test_set: str) -> str:
    groups = config["report"]["test_set_groups"]
    return next((name for name, members in groups.items() if test_set in members), test_set)


def check(config: derived.Config) -> list[str]:
    """Return the errors of the report section that a schema cannot see."""
    return checks.check(config)
