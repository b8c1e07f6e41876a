"""What the section `evaluations` asks for: jobs, cross-applications, and what is wrong in it.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cogworks.config.evaluations import Evaluation, Pool
from cogworks.config.probes import Interval
from cogworks.core.errors import InputError
from cogworks.encoders.specs import PublishedClassifier
from cogworks.plan import counts
from cogworks.plan.jobs import Crossing, Job
from cogworks.probes.kinds import KINDS
from cogworks.probes.specs import Draw, Level, held_out

if TYPE_CHECKING:
    from cogworks.plan.plan import ImageSet, Plan

Key = tuple[str, str, str]


class Jobs(dict[Key, Job]):
    """Jobs by (encoder, data set or group, protocol)."""

    def __missing__(self, key: Key) -> Job:
        """Raise an InputError that names what no evaluation asks for."""
        encoder, dataset, protocol = key
        raise InputError(
            f"evaluations: none applies {protocol!r} to {encoder!r} on {dataset!r}; add one"
        )


class Target(NamedTuple):
    """A data set, or a group of a pool, that an evaluation names."""

    name: str
    parts: tuple[ImageSet, ...]
    group: Draw | Level | None


def jobs(plan: Plan) -> Jobs:
    """Return every job that the evaluations ask for, each once with all of its test sets."""
    result = Jobs()
    for section in plan.config.evaluations.values():
        further = tuple(_images(plan, section.test_sets))
        for key, target in asked(plan, section):
            found = result.get(key) or Job(plan, *key, target.parts, target.group)
            together = {known.name: known for known in (*found.test_sets, *further)}
            together.pop(target.name, None)  # Its own test images are scored in any case.
            result[key] = replace(found, test_sets=tuple(together.values()))
    return result


def asked(plan: Plan, section: Evaluation) -> Iterator[tuple[Key, Target]]:
    """Yield the key of each job that an evaluation asks for, and what it is on."""
    pairs = list(_pairs(plan, section))
    for target in _targets(plan, section):
        for encoder, protocol in pairs:
            if _applies(plan, encoder, target, protocol):
                yield (encoder, target.name, protocol), target


def crossings(plan: Plan) -> Iterator[Crossing]:
    """Yield every cross-application; its confidence is the lowest that an evaluation asks for."""
    found: dict[tuple[str, str, str, str], float] = {}
    for section in plan.config.evaluations.values():
        if section.confidence is None:
            continue
        names = [target.name for target in _targets(plan, section)]
        for encoder, protocol in _pairs(plan, section):
            for dataset in names:
                for other in names:
                    key = (encoder, dataset, other, protocol)
                    if dataset != other:
                        found[key] = min(section.confidence, found.get(key, 1.0))
    for key, confidence in found.items():
        yield Crossing(plan, *key, confidence)


def problems(plan: Plan) -> Iterator[str]:
    """Yield the errors of `probes` and `evaluations` that their types cannot show."""
    found = list(_problems_of_sections(plan))
    yield from found
    below = (plan.image_problems, plan.clone_problems, plan.run_problems, plan.encoder_problems)
    if found or any(below):
        return  # Jobs stand on what these describe.
    for name, section in plan.config.evaluations.items():
        yield from _problems_of_classifiers(plan, name, section)
    yield from _problems_of_groups(plan)
    sections = plan.config.evaluations.values()
    yield from dict.fromkeys(p for section in sections for p in _problems_of_shots(plan, section))


def _images(plan: Plan, names: Iterable[str]) -> Iterator[ImageSet]:
    """Yield the data sets that names stand for, each member of a family."""
    for name in names:
        yield from (plan.images(member) for member in plan.members(name))


def _targets(plan: Plan, section: Evaluation) -> Iterator[Target]:
    """Yield each data set of an evaluation, or each group of its pool."""
    members = tuple(_images(plan, section.datasets))
    if section.pool is None:
        yield from (Target(member.name, (member,), None) for member in members)
    elif section.pool.benchmark is None:
        yield from _draws(section.pool, members)
    else:
        benchmark = section.pool.benchmark
        for number in range(1, plan.benchmarks[benchmark].section.levels.count + 1):
            level = Level(number=number, benchmark=benchmark)
            yield Target(f"{section.pool.name}_l{number}", members, level)


def _draws(pool: Pool, members: tuple[ImageSet, ...]) -> Iterator[Target]:
    assert pool.classes is not None, "`problems` refuses a pool without classes"
    for number in range(1, pool.draws + 1):
        draw = Draw(number=number, classes=pool.classes, seed=pool.seed)
        yield Target(f"{pool.name}_{number}", members, draw)


def _is_own(plan: Plan, protocol: str) -> bool:
    return KINDS.load(plan.config.probes[protocol].kind).own


def _pairs(plan: Plan, section: Evaluation) -> Iterator[tuple[str, str]]:
    """Yield the (encoder, protocol) pairs of an evaluation."""
    for encoder in plan.encoder_names(section.encoders):
        for protocol in section.protocols:
            scorable = not _is_own(plan, protocol) or plan.encoders[encoder].classifier is not None
            if scorable or section.encoders != "all":
                yield encoder, protocol


def _applies(plan: Plan, encoder: str, target: Target, protocol: str) -> bool:
    """Say whether a protocol can score an encoder on a data set.

    An encoder's own classifier knows the classes that it was trained on alone.
    """
    if not _is_own(plan, protocol):
        return True
    found = plan.encoders[encoder]
    if found.classifier is None or len(target.parts) != 1:
        return False
    if isinstance(found.classifier, PublishedClassifier):
        return target.parts[0].class_list == found.classifier.classes
    assert found.run is not None
    return found.run.dataset.class_choice == target.parts[0].class_choice


def _problems_of_sections(plan: Plan) -> Iterator[str]:
    for name in plan.config.probes:
        yield from _problems_of_protocol(plan, name)
    for name, section in plan.config.evaluations.items():
        yield from _problems_of_evaluation(plan, name, section)


def _problems_of_protocol(plan: Plan, name: str) -> Iterator[str]:
    section = plan.config.probes[name]
    for key, value in section:
        if isinstance(value, Interval) and value.low > value.high:
            yield f"probes.{name}.{key}: low ({value.low}) is above high ({value.high})"
    if section.pruning is not None and section.pruning.epoch >= section.epochs:
        yield (
            f"probes.{name}.pruning.epoch: {section.pruning.epoch} leaves nothing to save of "
            f"{section.epochs} epochs; choose an earlier one"
        )


def _problems_of_evaluation(plan: Plan, name: str, section: Evaluation) -> Iterator[str]:
    key = f"evaluations.{name}"
    yield from _unknown(f"{key}.protocols", section.protocols, plan.config.probes, "a protocol")
    yield from _unknown(
        f"{key}.encoders", plan.encoder_names(section.encoders), plan.encoders, "an encoder"
    )
    for part in ("datasets", "test_sets"):
        yield from _unknown(f"{key}.{part}", getattr(section, part), plan.image_sets, "a data set")
    if section.pool is not None:
        yield from _problems_of_pool(plan, key, section, section.pool)
    if section.confidence is not None:
        yield from _problems_of_crossing(plan, key, section)


def _unknown(key: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{key}: {name!r} is not {what}; known: {', '.join(known) or 'none'}"


def _problems_of_pool(plan: Plan, key: str, section: Evaluation, pool: Pool) -> Iterator[str]:
    if (pool.classes is None) == (pool.benchmark is None):
        yield f"{key}.pool: give exactly one of classes and benchmark"
    if pool.benchmark is not None:
        place = f"{key}.pool.benchmark"
        yield from _unknown(place, [pool.benchmark], plan.benchmarks, "a benchmark")
    if section.test_sets:
        yield f"{key}.test_sets: not with a pool, whose classes are regrouped; remove one of them"
    if section.confidence is not None:
        yield f"{key}.confidence: not with a pool; remove one of them"


def _problems_of_crossing(plan: Plan, key: str, section: Evaluation) -> Iterator[str]:
    for name in section.protocols:
        protocol = plan.config.probes.get(name)
        if protocol is None:
            continue
        if not KINDS.load(protocol.kind).tuned or "all" not in protocol.shots:
            yield f"{key}.confidence: protocol {name} trains no classifier on shots all"
        elif protocol.classifiers == "none":
            yield f"{key}.confidence: probes.{name}.classifiers is none; set it to full"


def _problems_of_classifiers(plan: Plan, name: str, section: Evaluation) -> Iterator[str]:
    """Yield the encoders that have no own classifier, or one that fits none of the data sets.

    Among all encoders, published ones that fit none are not meant.
    """
    targets = list(_targets(plan, section))
    for encoder, protocol in _pairs(plan, section):
        if any(_applies(plan, encoder, target, protocol) for target in targets):
            continue
        classifier = plan.encoders[encoder].classifier
        if classifier is None:
            yield (
                f"evaluations.{name}.encoders: {encoder} comes from no training run and is no "
                "published model with a `classifier` in resources/encoders.yaml, so it has none of "
                f"its own for the protocol {protocol}; leave out one of the two"
            )
        elif section.encoders != "all" or not isinstance(classifier, PublishedClassifier):
            yield (
                f"evaluations.{name}.datasets: none of them has the classes that {encoder} was "
                f"trained on, so {protocol} cannot score it; add one, or leave out one of the two"
            )


def _problems_of_shots(plan: Plan, section: Evaluation) -> Iterator[str]:
    """Yield the protocols that ask for more images of a class than a data set can have."""
    for name in section.protocols:
        protocol = plan.config.probes[name]
        shots = max((number for number in protocol.shots if number != "all"), default=0)
        if _is_own(plan, name):
            continue
        names = [images.name for images in _images(plan, section.datasets)]
        for images in (plan.datasets[found] for found in names if found in plan.datasets):
            most = counts.at_most(images)
            if most is None:
                continue
            rows = protocol.per_class or most
            validating = held_out(rows, protocol.validation)
            if rows > most:
                yield (
                    f"probes.{name}.per_class: {rows} training images of each class, but "
                    f"{images.key} has at most {most} (max_images)"
                )
            elif shots > rows - validating:
                yield (
                    f"probes.{name}.shots: {shots} training images of each class, but "
                    f"{images.key} has at most {rows}, of which {validating} validate; lower shots "
                    f"or probes.{name}.validation, or raise max_images"
                )


def _problems_of_groups(plan: Plan) -> Iterator[str]:
    """Yield an error for a name that stands for two different things."""
    owners: dict[str, Target] = {}
    for name, section in plan.config.evaluations.items():
        for target in _targets(plan, section):
            if target.group is not None and target.name in plan.image_sets:
                yield (
                    f"evaluations.{name}.pool.name: {target.name} is the name of a data set already"
                )
            elif owners.setdefault(target.name, target) != target:
                yield (
                    f"evaluations.{name}.pool.name: {target.name} is another pool's group already"
                )
