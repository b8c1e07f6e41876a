"""All that can be found out before hours of work: paths, weights, device, compiler and disk."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.compiler import require_compiler
from cogworks.core.device import pick_device
from cogworks.core.errors import InputError
from cogworks.encoders.cache import missing_from_cache
from cogworks.encoders.registry import load_encoder
from cogworks.networks.backbones import build_backbone
from cogworks.plan import clones
from cogworks.plan.datasets import declared
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan
from cogworks.plan.runs import Run
from cogworks.preflight.quick import (
    Finding,
    Needed,
    miscounted,
    space,
    takes,
    to_build,
    to_train,
    unfit,
)


def inspect(plan: Plan) -> Iterator[Finding]:
    """Yield what is fine, and every problem, of all that a config stands for.

    Args:
        plan: what the config stands for.
    """
    needed = Needed()
    yield _attempt("WordNet", lambda: str(_wordnet_sources(plan)))
    yield _attempt("device", lambda: str(pick_device(plan.config.compute.device)))
    yield from _compilers(plan)
    problems = {
        "concepts": [line for found in plan.benchmarks.values() for line in found.missing],
        "images": [line for found in declared(plan) for line in found.missing],
        "synthesis": clones.missing(plan),
        "training": [line for run in plan.runs.values() for line in run.missing],
        "encoders": [*_missing_weights(plan), *_not_cached(plan)],
    }
    for problem in (*unfit(plan, needed), *miscounted(plan, needed)):
        problems[problem.partition(".")[0]].append(problem)
    for room, lines in problems.items():
        yield from _listed(room, lines)
    yield from space(plan, needed)
    told = [line for lines in problems.values() for line in lines]
    yield from loaded(plan, needed, told)


def loaded(plan: Plan, needed: Needed, told: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield how the networks and tokenizers that are needed can be loaded, one after the other.

    Args:
        plan: what the config stands for.
        needed: what is needed of it.
        told: what is wrong with it already. Whatever has such a line is left out.
    """
    for encoder in to_build(plan, needed):
        if not _is_told(f"encoders.{encoder.declared}", told):
            what = "network" if encoder.weights == "random" else "weights"
            yield _attempt(what, lambda encoder=encoder: _load(encoder))
    for run in to_train(plan, needed):
        if not _is_told(f"training.{run.declared}", told):
            yield _attempt("network", lambda run=run: _build(run))
    for name, generator in plan.given_generators.items():
        if not takes(needed.generators, name) or not generator.files:
            continue
        if not _is_told(f"synthesis.generators.{name}", told):
            yield _attempt("tokenizer", lambda path=generator.path: _tokenizer(path))


def _is_told(key: str, told: Iterable[str]) -> bool:
    return any(line.startswith((f"{key}:", f"{key}.")) for line in told)


def _build(run: Run) -> str:
    """Build the network that a run trains."""
    try:
        _, dim = build_backbone(run.spec.backbone)
    except InputError as error:
        raise InputError(f"training.{run.declared}.backbone: {error}") from error
    return f"{run.name}: {dim} features of {run.spec.backbone.image_size} px"


def _load(encoder: Encoder) -> str:
    """Load an encoder as its jobs do: every key of its weights must find its place."""
    online = encoder.plan.config.compute.online
    found = load_encoder(encoder.spec, device="cpu", online=online)
    return f"{encoder.name}: {found.feature_dim} features of {found.image.image_size} px"


def _tokenizer(folder: str) -> str:
    from cogworks.synthesis.tokens import load_tokenizer

    load_tokenizer(folder)
    return f"{folder}/tokenizer"


def _wordnet_sources(plan: Plan) -> str:
    folders = {section.wordnet for section in plan.config.concepts.values()} or {None}
    return ", ".join(str(open_wordnet(folder).source) for folder in sorted(folders, key=str))


def _compilers(plan: Plan) -> Iterator[Finding]:
    """Yield whether there is the compiler that each key with `compile: true` needs."""
    device, config = _job_device(plan), plan.config
    sections = [
        *(f"synthesis.clones.{n}" for n, clone in config.synthesis.clones.items() if clone.compile),
        *(f"training.{run.declared}" for run in plan.runs.values() if run.spec.compile),
        *(f"encoders.{n}" for n, encoder in config.encoders.items() if encoder.compile),
    ]
    if device.type == "cuda":  # On a CPU a search compiles nothing.
        sections += [f"probes.{n}" for n, probe in config.probes.items() if probe.compile]
    for section in dict.fromkeys(sections):
        found = _attempt("compiler", lambda: _compiler(device))
        yield found._replace(words=f"{section}.{found.words}")


def _compiler(device: torch.device) -> str:
    require_compiler(device)
    return "compile: there is one"


def _job_device(plan: Plan) -> torch.device:
    """Return a device as jobs will have: this machine may be a cluster's login node."""
    compute = plan.config.compute
    if compute.device != "auto":
        return torch.device(compute.device)
    return torch.device("cuda") if compute.gpus else pick_device("auto")


def _attempt(what: str, action: Any) -> Finding:
    try:
        return Finding(what, True, action())
    except InputError as error:
        return Finding(what, False, str(error))


def _listed(what: str, problems: list[str]) -> Iterator[Finding]:
    if not problems:
        yield Finding(what, True, "every path that the config names exists")
    for problem in problems:
        yield Finding(what, False, problem)


def _missing_weights(plan: Plan) -> Iterator[str]:
    for encoder in plan.encoders.values():
        yield from encoder.missing


def _not_cached(plan: Plan) -> Iterator[str]:
    """Yield the encoders whose library would have to fetch their weights, where it may not."""
    if plan.config.compute.online:
        return
    for encoder in plan.encoders.values():
        model = encoder.cached_model
        for problem in missing_from_cache(model.library, model.name) if model else ():
            yield (
                f"encoders.{encoder.declared}: {problem}; set compute.online to true once, or "
                "fetch it where there is a network and copy it there"
            )
