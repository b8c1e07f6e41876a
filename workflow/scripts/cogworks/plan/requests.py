"""What the job of each rule asks for: memory and time, from the sizes that the plan knows.

A rule looks its requests up here by its name. Where a size is not known while planning, something
is assumed; Snakemake asks again before it starts a job, when the job's inputs are there. Both
requests grow with each attempt, and a profile's `resources` cut them down to what a node has.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cogworks.plan import memory, seconds, work

if TYPE_CHECKING:
    from cogworks.plan.jobs import Job
    from cogworks.plan.plan import Plan

# What is asked for in place of what is expected, since images and machines differ.
MEMORY_MARGIN, TIME_MARGIN = 1.3, 2.0
# On a node, Snakemake itself stands beside the job: once for Slurm's job, once for its step.
SNAKEMAKE_MB = 400
# To ask for less makes no job start earlier: libraries alone take most of this memory, and loading
# them from a busy disk some of these minutes.
LEAST_MB, LEAST_MINUTES = 1000, 15
# Seconds of a job besides its work.
START = 60
# What joins the shards of features, or takes what was encoded together with others, has the rule of
# what encodes, and other needs.
EXTRACTION, SHARD, JOINING = "extract_features", "extract_shard", "join_features"
# Threads with which the time of measures is expected.
MEASURE_THREADS = 2

# A resource of a rule, as Snakemake asks for it.
Resource = Callable[[Any, Any, int], int]


class Need(NamedTuple):
    """What a job is expected to take: MB at most, and seconds."""

    memory: float
    seconds: float = 0.0


class Request(NamedTuple):
    """What a job asks for on its first attempt: MB and minutes."""

    mem_mb: int
    runtime: int


# Seconds of a job by its rule and wildcards, as measured; None where nothing was.
Measured = Callable[[str, Any], float | None]


def unmeasured(rule: str, wildcards: Any) -> None:
    """Return None: nothing was measured."""


@dataclass(frozen=True)
class Requests:
    """The requests of all rules of a plan.

    Attributes:
        measured: tells what was measured on this machine.
    """

    plan: Plan = field(repr=False)
    measured: Measured = unmeasured

    def mem_mb(self, rule: str) -> Resource:
        """Return the memory of a rule's jobs."""

        def resource(wildcards: Any, input: Any, attempt: int) -> int:  # noqa: A002
            return attempt * self.of(rule, wildcards, input).mem_mb

        return resource

    def runtime(self, rule: str) -> Resource:
        """Return the minutes of a rule's jobs."""

        def resource(wildcards: Any, input: Any, attempt: int) -> int:  # noqa: A002
            return attempt * self.of(rule, wildcards, input).runtime

        return resource

    def of(self, rule: str, wildcards: Any, files: Any) -> Request:
        """Return what a job asks for on its first attempt.

        Args:
            rule: its rule.
            wildcards: their values, as attributes.
            files: its input files, as Snakemake has them.
        """
        if (rule == EXTRACTION and files.shards) or (
            rule in (EXTRACTION, SHARD) and self.plan.companies.takes(*features_of(wildcards))
        ):
            rule = JOINING
        need = RULES[rule](self.plan, wildcards, files)
        measured = self.measured(rule, wildcards)
        time = START + (need.seconds if measured is None else measured)
        found = Request(
            max(LEAST_MB, math.ceil(SNAKEMAKE_MB + MEMORY_MARGIN * need.memory)),
            max(LEAST_MINUTES, math.ceil(TIME_MARGIN * time / 60)),
        )
        if rule != "train_encoder":
            return found
        run = self.plan.runs[wildcards.run]
        return Request(run.own_mem_mb or found.mem_mb, run.compute.runtime or found.runtime)


def features_of(w: Any) -> tuple[str, str, str, int, int]:
    """Return encoder, data set, split, shard and their number from a job's wildcards."""
    shard, shards = getattr(w, "shard", 0), getattr(w, "shards", 1)
    return w.encoder, w.dataset, w.split, int(shard), int(shards)


def _extract(plan: Plan, w: Any, shards: int) -> Need:
    images, encoder, threads = (
        plan.images(w.dataset),
        plan.encoders[w.encoder],
        plan.extraction_threads,
    )
    number = work.encoded(images, w.split, shards)
    return Need(
        memory.extraction(encoder, images, w.split, threads=threads),
        seconds.encoding(encoder, images, number, threads),
    )


def _together(plan: Plan, w: Any, files: Any) -> Need:
    images, threads = plan.images(w.dataset), plan.extraction_threads
    encoders = plan.companies.members(w.dataset, w.split, f"{w.pixels}/{w.number}")
    number = work.encoded(images, w.split, int(w.shards))
    return Need(
        memory.together(encoders, images, w.split, threads=threads),
        seconds.encoding_together(encoders, images, number, threads),
    )


def _join(plan: Plan, w: Any, files: Any) -> Need:
    images = plan.images(w.dataset)
    return Need(memory.joining(images, w.split), seconds.rows(images, w.split))


def _job(plan: Plan, w: Any) -> Job:
    return plan.jobs[w.encoder, w.dataset, w.protocol]


def _tune(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.search(_job(plan, w)), seconds.search(_job(plan, w)))


def _fit(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.fit(_job(plan, w)), seconds.fit(_job(plan, w)))


def _own_scores(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.own_scores(_job(plan, w)))


def _cross(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.crossing(plan.crossings[w.encoder, w.dataset, w.other, w.protocol]))


def _measure(plan: Plan, w: Any, files: Any) -> Need:
    measure = plan.measures[w.encoder, w.dataset, w.split]
    return Need(memory.measures(measure), seconds.measures(measure, MEASURE_THREADS))


def _train(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.training(plan.runs[w.run]), seconds.training(plan.runs[w.run]))


def _check_generator(plan: Plan, w: Any, files: Any) -> Need:
    found = plan.generators[w.generator]
    # Its files are read for their digests; one on a hub is fetched.
    return Need(memory.generator(found), memory.weights(found) / seconds.FETCHED)


def _train_generator(plan: Plan, w: Any, files: Any) -> Need:
    found = plan.trained_generators[w.generator]
    return Need(memory.trained_generator(found), seconds.trained_generator(found))


def _prompts(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.prompts(plan.drawings[w.drawing]))


def _shard(plan: Plan, w: Any, files: Any) -> Need:
    drawing, number = plan.drawings[w.drawing], int(w.number)
    return Need(memory.shard(drawing, number), seconds.shard(drawing, number))


def _estimate_clone(plan: Plan, w: Any, files: Any) -> Need:
    # A batch is drawn some times over.
    return Need(memory.drawing(plan.drawings[w.drawing]), 1800)


def _merge(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.merging(plan.clones[w.clone]), seconds.rows(plan.clones[w.clone], "train"))


def _judge(plan: Plan, w: Any, files: Any) -> Need:
    clone = plan.clones[w.clone]
    return Need(memory.similarity(clone), seconds.similarity(clone))


def _sheets(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.sheets(plan.sheets[w.dataset]))


def _samples(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.samples(plan.images(name) for name in plan.members(w.dataset)))


def _list_classes(plan: Plan, w: Any, files: Any) -> Need:
    dataset = plan.datasets[w.dataset]
    return Need(
        memory.class_list(dataset), seconds.manifests(dataset) * memory.reads_images(dataset)
    )


def _index(plan: Plan, w: Any, files: Any) -> Need:
    dataset = plan.source_of[w.source].dataset
    return Need(memory.manifests(dataset), seconds.manifests(dataset))


def _render(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.TABLES, seconds.world(plan.datasets[w.dataset]))


def _manifests(plan: Plan, w: Any, files: Any) -> Need:
    dataset = plan.datasets[w.dataset]
    return Need(memory.manifests(dataset), seconds.manifests(dataset))


def _rank(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.ranking(plan.benchmarks[w.benchmark]), 200)


def _tables(plan: Plan, w: Any, files: Any) -> Need:
    return Need(memory.tables(files))


def _plans(plan: Plan, w: Any, files: Any) -> Need:
    """Return what a plan of everything takes, Snakemake's graph of jobs with it."""
    return Need(memory.GRAPH)


# Images in folders are listed in pieces, however many there are, and wait for the file system.
# WordNet has a fixed size.
RULES: dict[str, Callable[[Plan, Any, Any], Need]] = {
    "index_folder": lambda plan, w, files: Need(memory.TABLES, 7200),
    "index_source": _index,
    "scan_image_counts": lambda plan, w, files: Need(memory.TABLES),
    "select_concepts": lambda plan, w, files: Need(memory.WORDNET),
    "rank_concepts": _rank,
    "split_levels": lambda plan, w, files: Need(memory.TABLES),
    "list_classes": _list_classes,
    "render_world": _render,
    "build_manifest": _manifests,
    "draw_samples": _samples,
    "check_generator": _check_generator,
    "train_generator": _train_generator,
    "write_prompts": _prompts,
    "generate_shard": _shard,
    "merge_clone": _merge,
    "score_clone": _judge,
    "draw_sheets": _sheets,
    "estimate_clone": _estimate_clone,
    "train_encoder": _train,
    EXTRACTION: lambda plan, w, files: _extract(plan, w, 1),
    JOINING: _join,
    SHARD: lambda plan, w, files: _extract(plan, w, int(w.shards)),
    "extract_together": _together,
    "tune_probes": _tune,
    "fit_probes": _fit,
    "score_classifiers": _own_scores,
    "cross_classifiers": _cross,
    "measure_features": _measure,
    "table": _tables,
    "figure": _tables,
    "collect_scores": _tables,
    "build_report": _tables,
    "exhibits": _plans,
    "stale": _plans,
    "estimate": _plans,
    "usage": _plans,
    "calibrate": lambda plan, w, files: Need(memory.calibration(plan), 600),
    "preflight": lambda plan, w, files: Need(memory.loading(plan), 600),
}
