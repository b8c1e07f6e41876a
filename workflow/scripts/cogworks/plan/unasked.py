"""Encoders and runs that nothing asks for: a run of the workflow leaves them out.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cogworks.plan.plan import Plan


def unasked(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield the section and the name of what is left out, and a line that says so.

    No error: their files can be made as targets by name.
    """
    config = plan.config
    lists = [section.encoders for section in config.evaluations.values()]
    lists += [section.encoders for section in config.analysis.values()]
    asked = {name for names in lists for name in plan.encoder_names(names)}
    for name, members in plan.encoder_families.items():
        if asked.isdisjoint(members):
            yield (
                "encoders",
                name,
                f"encoders.{name}: in no evaluation and no analysis, so it is left out; add it to "
                "evaluations.NAME.encoders",
            )
    read = {file for encoder in plan.encoders.values() for file in encoder.files}
    read |= {file for run in plan.runs.values() for file in run.start_file}
    for name, runs in plan.sweeps.items():
        files = [run.file("encoder.safetensors") for run in runs]
        if read.isdisjoint(files):
            yield (
                "training",
                name,
                f"training.{name}: no encoder comes from it, so it is trained only if "
                f"{files[0]} is asked for; to evaluate it, add encoders.{name}: {{run: {name}}}",
            )
