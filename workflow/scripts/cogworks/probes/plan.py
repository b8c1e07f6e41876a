"""What the sections `probes` and `evaluations` stand for: jobs, their inputs and specs, errors.

Imported while the DAG is planned: standard library only.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cogworks.core import paths
from cogworks.core.derived import derived
from cogworks.core.errors import InputError
from cogworks.images import plan as images
from cogworks.probes.kinds import KINDS, Kind
from cogworks.training import plan as training


@dataclass
class Job:
    """One (encoder, data set, protocol): a row source of the score table.

    Attributes:
        encoder: name of the encoder.
        dataset: name of the data set, or of a group of a pool.
        protocol: name of the protocol.
        parts: the data sets whose features it reads; more than one for a pool.
        group: how a pool chooses its classes, null for a plain data set.
        test_sets: further data sets to score on.
    """

    encoder: str
    dataset: str
    protocol: str
    parts: list[str]
    group: dict[str, Any] | None = None
    test_sets: list[str] = field(default_factory=list)


def jobs(config: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return every (encoder, data set, protocol) that the evaluations ask for, each once."""
    return list(_jobs(config))


def job(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> Job:
    """Return one job of `jobs`.

    Raises:
        InputError: no evaluation asks for it.
    """
    found = _jobs(config).get((encoder, dataset, protocol))
    if found is None:
        raise InputError(
            f"evaluations: none applies {protocol!r} to {encoder!r} on {dataset!r}; add one"
        )
    return found


def test_sets(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> list[str]:
    """Return the further data sets on whose test images a job is scored."""
    return job(config, encoder, dataset, protocol).test_sets


def tuned(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> list[str]:
    """Return the table of trials that a fit takes its configuration from; none for some kinds."""
    if kind(config, protocol).tuned:
        return [f"results/tuning/{encoder}/{dataset}/{protocol}.parquet"]
    return []


def training_features(
    config: dict[str, Any], encoder: str, dataset: str, protocol: str, part: int
) -> list[str]:
    """Return the feature arrays (part 0) or their indices (part 1) that a job trains on."""
    if kind(config, protocol).own:
        return []
    return _features(config, encoder, dataset, protocol, "train", part)


def test_features(
    config: dict[str, Any], encoder: str, dataset: str, protocol: str, part: int
) -> list[str]:
    """Return the feature arrays (part 0) or indices (part 1) of a job's own test images."""
    return _features(config, encoder, dataset, protocol, "test", part)


def other_features(
    config: dict[str, Any], encoder: str, dataset: str, protocol: str, part: int
) -> list[str]:
    """Return the feature arrays (part 0) or indices (part 1) of a job's further test sets."""
    names = test_sets(config, encoder, dataset, protocol)
    return [paths.features(encoder, name, "test")[part] for name in names]


def manifests(
    config: dict[str, Any], encoder: str, dataset: str, protocol: str, split: str
) -> list[str]:
    """Return the manifests that the features of a job must have been made from."""
    parts = job(config, encoder, dataset, protocol).parts
    return [paths.manifest(config, name, split) for name in parts]


def other_manifests(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> list[str]:
    """Return the manifests of a job's further test sets."""
    names = test_sets(config, encoder, dataset, protocol)
    return [paths.manifest(config, name, "test") for name in names]


def group_levels(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> list[str]:
    """Return the level table by which a pool regroups its classes; none for other jobs."""
    group = job(config, encoder, dataset, protocol).group
    if group is None or group["benchmark"] is None:
        return []
    return [paths.concepts(group["benchmark"], "levels")]


def run_classifier(config: dict[str, Any], encoder: str, protocol: str) -> list[str]:
    """Return the files of the training run whose classifier is scored; none for other kinds."""
    if not kind(config, protocol).own:
        return []
    folder = paths.run_dir(config["encoders"][encoder]["run"])
    return [f"{folder}/spec.json", f"{folder}/classifier.safetensors"]


def protocols(config: dict[str, Any], *, own: bool) -> list[str]:
    """Return the protocols that score a run's own classifier, or all others."""
    return [name for name in config["probes"] if kind(config, name).own is own]


def kind(config: dict[str, Any], protocol: str) -> Kind:
    """Return the kind of a protocol."""
    return KINDS.load(config["probes"][protocol]["kind"])


def kind_module(config: dict[str, Any], protocol: str) -> str:
    """Return the module of a protocol's kind, on whose code its results depend."""
    return KINDS.module(config["probes"][protocol]["kind"])


def threads(config: dict[str, Any]) -> int:
    """Return the threads of a job: on a GPU the processor only draws orders and reads files."""
    return 2 if config["compute"]["gpus"] == 0 else 4


def memory(features: list[str]) -> int:
    """Return the memory of a job in MB: its features once as float32, 20%, and torch itself."""
    total = sum(os.path.getsize(path) for path in features if os.path.exists(path))
    return int(2500 + 1.2 * total / 2**20)


def tune_spec(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> dict[str, Any]:
    """Return what the search of a job depends on, besides the training features."""
    section = config["probes"][protocol]
    return _spec(config, encoder, dataset, protocol) | {
        key: section[key] for key in kind(config, protocol).tune_keys
    }


def fit_spec(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> dict[str, Any]:
    """Return what the fit and the scores of a job depend on, besides features and trials."""
    section = config["probes"][protocol]
    return _spec(config, encoder, dataset, protocol) | {
        "test_sets": test_sets(config, encoder, dataset, protocol),
        **{key: section[key] for key in kind(config, protocol).fit_keys},
    }


def crossings(config: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return every (encoder, data set, other, protocol) whose classifiers are applied crosswise."""
    return list(_crossings(config))


def cross_spec(
    config: dict[str, Any], encoder: str, dataset: str, other: str, protocol: str
) -> dict[str, Any]:
    """Return what one cross-application depends on, besides classifiers and features."""
    section = config["probes"][protocol]
    return {
        "confidence": _crossings(config)[encoder, dataset, other, protocol],
        **{key: section[key] for key in ("kind", "normalize", "seeds")},
    }


def targets(config: dict[str, Any]) -> list[str]:
    """Return every file that the evaluations ask for."""
    crossed = [
        f"results/crossed/{encoder}/{dataset}/{other}/{protocol}.parquet"
        for encoder, dataset, other, protocol in crossings(config)
    ]
    return [paths.scores(*key) for key in jobs(config)] + crossed


def check(config: dict[str, Any]) -> list[str]:
    """Return the errors of both sections that a schema cannot see."""
    problems = [
        problem
        for name, section in config["probes"].items()
        for problem in _check_protocol(f"probes.{name}", section)
    ]
    for name, entry in config["evaluations"].items():
        problems += _check_entry(config, f"evaluations.{name}", entry)
    if problems or training.check(config):
        return problems
    for name, entry in config["evaluations"].items():
        problems += _check_classifiers(config, f"evaluations.{name}", entry)
    return [*problems, *_check_groups(config)]


@derived
def _jobs(config: dict[str, Any]) -> dict[tuple[str, str, str], Job]:
    result: dict[tuple[str, str, str], Job] = {}
    for entry in config["evaluations"].values():
        for name, parts, group in _groups(config, entry):
            for encoder, protocol in _pairs(config, entry):
                if not _applies(config, encoder, parts, protocol):
                    continue
                new = Job(encoder, name, protocol, parts, group)
                found = result.setdefault((encoder, name, protocol), new)
                found.test_sets += [
                    member
                    for other in entry["test_sets"]
                    for member in images.expand(config, other)
                    if member not in found.test_sets
                ]
    return result


def _pairs(config: dict[str, Any], entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the (encoder, protocol) pairs of an evaluation."""
    everyone = entry["encoders"] == "all"
    for encoder in config["encoders"] if everyone else entry["encoders"]:
        for protocol in entry["protocols"]:
            own = kind(config, protocol).own
            if not own or config["encoders"][encoder]["run"] or not everyone:
                yield encoder, protocol


def _applies(config: dict[str, Any], encoder: str, parts: list[str], protocol: str) -> bool:
    """Say whether a protocol can score an encoder on a data set.

    A run's own classifier knows the classes of its training set alone.
    """
    if not kind(config, protocol).own:
        return True
    trained = training.runs(config)[config["encoders"][encoder]["run"]]["dataset"]
    return len(parts) == 1 and images.same_classes(config, trained, parts[0])


def _groups(
    config: dict[str, Any], entry: dict[str, Any]
) -> Iterator[tuple[str, list[str], dict[str, Any] | None]]:
    """Yield the name, the parts and the class choice of each data set of an evaluation."""
    members = [member for name in entry["datasets"] for member in images.expand(config, name)]
    pool = entry["pool"]
    if pool is None:
        yield from ((member, [member], None) for member in members)
        return
    drawn = pool["benchmark"] is None
    count = pool["draws"] if drawn else config["concepts"][pool["benchmark"]]["levels"]["count"]
    for number in range(1, count + 1):
        name = f"{pool['name']}_{number}" if drawn else f"{pool['name']}_l{number}"
        keys = ("classes", "seed", "benchmark")
        yield name, members, {"number": number} | {key: pool[key] for key in keys}


def _features(
    config: dict[str, Any], encoder: str, dataset: str, protocol: str, split: str, part: int
) -> list[str]:
    parts = job(config, encoder, dataset, protocol).parts
    return [paths.features(encoder, name, split)[part] for name in parts]


def _spec(config: dict[str, Any], encoder: str, dataset: str, protocol: str) -> dict[str, Any]:
    return {
        "encoder": encoder,
        "dataset": dataset,
        "protocol": protocol,
        "kind": config["probes"][protocol]["kind"],
        "group": job(config, encoder, dataset, protocol).group,
    }


@derived
def _crossings(config: dict[str, Any]) -> dict[tuple[str, str, str, str], float]:
    """Return the confidence of each cross-application; the lowest where two entries ask."""
    result: dict[tuple[str, str, str, str], float] = {}
    for entry in config["evaluations"].values():
        if entry["confidence"] is None:
            continue
        names = [name for name, _, _ in _groups(config, entry)]
        for encoder, protocol in _pairs(config, entry):
            for dataset in names:
                for other in names:
                    key = (encoder, dataset, other, protocol)
                    if dataset != other:
                        result[key] = min(entry["confidence"], result.get(key, 1.0))
    return result


def _check_protocol(key: str, section: dict[str, Any]) -> Iterator[str]:
    for name in KINDS.load(section["kind"]).space:
        interval = section[name]
        if interval["low"] > interval["high"]:
            yield f"{key}.{name}: low ({interval['low']}) is above high ({interval['high']})"
    pruning = section["pruning"]
    if pruning is not None and pruning["epoch"] >= section["epochs"]:
        yield (
            f"{key}.pruning.epoch: {pruning['epoch']} leaves nothing to save of "
            f"{section['epochs']} epochs; choose an earlier one"
        )


def _check_entry(config: dict[str, Any], key: str, entry: dict[str, Any]) -> Iterator[str]:
    yield from _unknown(f"{key}.protocols", entry["protocols"], config["probes"], "protocol")
    if entry["encoders"] != "all":
        yield from _unknown(f"{key}.encoders", entry["encoders"], config["encoders"], "encoder")
        yield from _check_runs(config, key, entry)
    for section in ("datasets", "test_sets"):
        known = images.known(config)
        yield from _unknown(f"{key}.{section}", entry[section], known, "data set")
    if entry["pool"] is not None:
        yield from _check_pool(config, key, entry)
    if entry["confidence"] is not None:
        yield from _check_crossing(config, key, entry)


def _unknown(key: str, names: list[str], known: Any, what: str) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{key}: {name!r} is no {what}; known: {', '.join(known) or 'none'}"


def _check_runs(config: dict[str, Any], key: str, entry: dict[str, Any]) -> Iterator[str]:
    known = [name for name in entry["protocols"] if name in config["probes"]]
    for name in [name for name in known if kind(config, name).own]:
        for encoder in entry["encoders"]:
            if encoder in config["encoders"] and not config["encoders"][encoder]["run"]:
                yield (
                    f"{key}.encoders: {encoder} comes from no training run, so it has no "
                    f"classifier of its own for the protocol {name}; leave out one of the two"
                )


def _check_classifiers(config: dict[str, Any], key: str, entry: dict[str, Any]) -> Iterator[str]:
    """Yield the encoders whose own classifier fits none of an entry's data sets."""
    parts = [parts for _, parts, _ in _groups(config, entry)]
    for encoder, protocol in _pairs(config, entry):
        if not any(_applies(config, encoder, part, protocol) for part in parts):
            yield (
                f"{key}.datasets: none of them has the classes that the run of {encoder} was "
                f"trained on, so {protocol} cannot score it; add one, or leave out one of the two"
            )


def _check_pool(config: dict[str, Any], key: str, entry: dict[str, Any]) -> Iterator[str]:
    pool = entry["pool"]
    if (pool["classes"] is None) == (pool["benchmark"] is None):
        yield f"{key}.pool: give exactly one of classes and benchmark"
    if pool["benchmark"] is not None and pool["benchmark"] not in config["concepts"]:
        known = ", ".join(config["concepts"]) or "none"
        yield f"{key}.pool.benchmark: {pool['benchmark']!r} is no benchmark; known: {known}"
    if entry["test_sets"]:
        yield f"{key}.test_sets: not with a pool, whose classes are regrouped; remove one of them"
    if entry["confidence"] is not None:
        yield f"{key}.confidence: not with a pool; remove one of them"


def _check_crossing(config: dict[str, Any], key: str, entry: dict[str, Any]) -> Iterator[str]:
    for name in entry["protocols"]:
        section = config["probes"].get(name)
        if section is None:
            continue
        if not kind(config, name).tuned or "all" not in section["shots"]:
            yield f"{key}.confidence: protocol {name} trains no classifier on shots all"
        elif section["classifiers"] == "none":
            yield f"{key}.confidence: probes.{name}.classifiers is none; set it to full"


def _check_groups(config: dict[str, Any]) -> Iterator[str]:
    """Yield an error for a name that stands for two different things."""
    owners: dict[str, tuple[list[str], dict[str, Any] | None]] = {}
    taken = images.known(config)
    for key, entry in config["evaluations"].items():
        for name, parts, group in _groups(config, entry):
            if group is not None and name in taken:
                yield f"evaluations.{key}.pool.name: {name} is the name of a data set already"
            elif owners.setdefault(name, (parts, group)) != (parts, group):
                yield f"evaluations.{key}.pool.name: {name} is another pool's group already"
