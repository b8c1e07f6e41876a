"""All that can be found out before hours of work: paths, weights, device, compiler and disk."""

from collections.abc import Iterator
from typing import Any

import torch

from cogworks.concepts.wordnet import open_wordnet
from cogworks.core.compiler import require_compiler
from cogworks.core.device import pick_device
from cogworks.core.errors import InputError
from cogworks.encoders.cache import missing_from_cache
from cogworks.encoders.registry import load_encoder
from cogworks.plan import clones
from cogworks.plan.datasets import declared
from cogworks.plan.encoders import Encoder
from cogworks.plan.plan import Plan
from cogworks.preflight.quick import (
    Finding,
    Needed,
    brings_weights,
    miscounted,
    space,
    takes,
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
    if not any(problems.values()):
        yield from loaded(plan, needed)


def loaded(plan: Plan, needed: Needed) -> Iterator[Finding]:
    """Yield how the weights and tokenizers that are needed can be loaded, one after the other.

    Encoders that a run trains, or that begin with random weights, are left out.
    """
    for encoder in plan.encoders.values():
        if brings_weights(encoder) and takes(needed.encoders, encoder.name):
            yield _attempt("weights", lambda encoder=encoder: _load(encoder))
    for name, generator in plan.given_generators.items():
        if takes(needed.generators, name) and generator.files:
            yield _attempt("tokenizer", lambda path=generator.path: _tokenizer(path))


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
