"""A job of the workflow, with what its outputs were made with and what they would be made with."""

import ast
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_CODE = re.compile("[0-9a-f]{16}")
_FINGERPRINT = re.compile("[0-9a-f]{16}|unreadable")


@dataclass(frozen=True)
class Made:
    """What a job's outputs are made with.

    Attributes:
        inputs: the input files.
        files: the user's files, each with its fingerprint.
        spec: the rule's slice of the config; empty if it has none.
        code: the digest of its code; see `codehash`.
        others: its other params as text, each with its name if that is known.
    """

    inputs: frozenset[str] = frozenset()
    files: dict[str, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    others: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One job, whether it would run, and the reasons.

    Attributes:
        rule: its rule.
        wildcards: their values by name.
        outputs: its output files.
        now: what its outputs would be made with.
        before: what they were made with; None if there is no record.
        needed: whether it would run.
        missing: outputs to be made that do not exist, except temporary ones.
        updated: inputs that are newer than its outputs; see `edited`.
        begun: whether it was stopped before its outputs were complete.
        command: whether the rule's command line changed.
        environment: whether its software environment changed.
        after: positions in the list of the jobs that run before it and remake its inputs.
    """

    rule: str
    wildcards: dict[str, str]
    outputs: tuple[str, ...]
    now: Made
    before: Made | None
    needed: bool = True
    missing: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    begun: bool = False
    command: bool = False
    environment: bool = False
    after: tuple[int, ...] = ()

    @property
    def edited(self) -> list[str]:
        """The files it reads that have changed since, except those that another job remakes."""
        old = self.before.files if self.before else {}
        new = self.now.files
        return sorted(
            {*self.updated, *(path for path in old.keys() & new if old[path] != new[path])}
        )

    @property
    def new(self) -> bool:
        """Whether its outputs were never made."""
        return self.before is None and bool(self.missing)


def to_run(jobs: Sequence[Job], files: Collection[str]) -> set[int]:
    """Return the places of the jobs that would run to make some files."""
    wanted = set(files)
    found = {p for p, job in enumerate(jobs) if job.needed and wanted.intersection(job.outputs)}
    new = found
    while new:
        new = {place for other in new for place in jobs[other].after} - found
        found = found | new
    return found


def read_made(inputs: Iterable[str], params: dict[str, str]) -> Made:
    """Return what a job's outputs are made with.

    Snakemake records params without their names, so they are recognised by their content: a JSON
    object is the spec, one with only fingerprints the user's files, 16 hex digits the code's
    digest.

    Args:
        inputs: the input files.
        params: the `repr` of each param, with its name if that is known.
    """
    spec: dict[str, Any] = {}
    files: dict[str, str] = {}
    code = ""
    others = {}
    for text, name in params.items():
        value = ast.literal_eval(text)
        if isinstance(value, str) and value.startswith("{"):
            found = json.loads(value)
            if all(isinstance(v, str) and _FINGERPRINT.fullmatch(v) for v in found.values()):
                files = found
            else:
                spec = found
        elif isinstance(value, str) and _CODE.fullmatch(value):
            code = value
        else:
            others[text] = name
    return Made(frozenset(inputs), files, spec, code, others)
