"""Every job of a config, asked for with the rules' own functions, and without Snakemake's graph.

That takes Snakemake twenty times as long.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snakemake.api
import snakemake.common
import snakemake.rules
import snakemake.workflow
from snakemake.api import SnakemakeApi
from snakemake.iocontainers import Wildcards
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings
from snakemake.utils import format as formatted

from cogworks.core.codehash import SCRIPTS
from cogworks.core.place import LINK
from cogworks.plan.graph import LONGEST_COMMAND

from .conftest import parse_once
from .mutations import Values

Job = tuple[Any, dict[str, str]]
# Jobs of a rule that are looked at: the others are like these.
OF_A_RULE = 4


def quicken(patch: pytest.MonkeyPatch) -> None:
    """Let Snakemake translate each rule file once, and look at each function once."""
    known: dict[Any, Any] = {}

    def parameters(function: Callable[..., Any]) -> Any:
        code = getattr(function, "__code__", function)
        if code not in known:
            known[code] = inspect.signature(function).parameters
        return known[code]

    patch.setattr(snakemake.workflow, "parse", parse_once(snakemake.workflow.parse))
    patch.setattr(snakemake.workflow, "compile", functools.cache(compile), raising=False)
    patch.setattr(snakemake.common, "get_function_params", parameters)
    patch.setattr(snakemake.rules, "get_function_params", parameters)


def read_rules(config: Values) -> Any:
    """Return Snakemake's workflow for a config: `load` has been called, rules know their plan."""
    before = list(sys.path)
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            found = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(config=config, configfiles=[Path("empty.yaml")]),
                snakefile=SCRIPTS.parent / "Snakefile",
            )._workflow
        except SystemExit as stopped:
            raise stopped.__cause__ or stopped from None
        finally:
            sys.path[:] = before
    found.dag_settings = DAGSettings()
    return found


def ask_rules(workflow: Any) -> None:
    """Ask the rules for the jobs of all targets as Snakemake does: follow inputs to their rules."""
    makers = [(rule, list(rule.output)) for rule in workflow.rules if rule.name != "not_given"]
    waiting: list[Job] = [(rule, {}) for rule in workflow.rules if not rule.wildcard_names]
    seen: set[str] = set()
    asked: dict[str, int] = {}
    while waiting:
        rule, wildcards = waiting.pop()
        asked[rule.name] = asked.get(rule.name, 0) + 1
        if asked[rule.name] > OF_A_RULE:
            continue
        for file in _inputs(rule, wildcards):
            if file not in seen and not file.startswith(str(LINK)):
                maker, wanted = _maker(makers, file)
                seen.update(map(str, maker.expand_output(wanted)[0]))
                waiting.append((maker, wanted))


def _maker(makers: list[tuple[Any, list[Any]]], file: str) -> Job:
    found = [(rule, match) for rule, outputs in makers for o in outputs if (match := o.match(file))]
    assert len({rule.name for rule, _ in found}) == 1, f"{file}: made by {found}"
    rule, match = found[0]
    return rule, match.groupdict()


def _inputs(rule: Any, wildcards: dict[str, str]) -> list[str]:
    """Ask a rule for all of a job, and return the job's inputs."""
    inputs, *_ = rule.expand_input(wildcards)
    outputs, _ = rule.expand_output(wildcards)
    resources = rule.expand_resources(wildcards, inputs, attempt=3)
    params, _ = rule.expand_params(wildcards, inputs, outputs, None)
    given = {
        "input": inputs,
        "output": outputs,
        "params": params,
        "wildcards": Wildcards(fromdict=wildcards),
        "threads": resources._cores,
        "resources": resources,
        "log": rule.expand_log(wildcards),
    }
    if rule.shellcmd:
        command = formatted(rule.shellcmd, **given)
        assert len(command.encode()) <= LONGEST_COMMAND, rule.name
        assert "\0" not in command, rule.name
    if rule.message:
        formatted(rule.message, **given)
    return list(map(str, inputs))
