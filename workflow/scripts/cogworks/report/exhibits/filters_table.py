"""What each filter left of a benchmark's concepts (thesis, section 3.3.2)."""

from collections.abc import Iterator

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FiltersSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each benchmark."""
    for name, benchmark in roles.benchmarks.items():
        spec = FiltersSpec(
            benchmark=name,
            table=benchmark.summary("filters"),
            seen=benchmark.table("seen"),
            used_by=list(_users(roles, name)),
        )
        yield Exhibit(f"filters_{name}", spec, about=name)


def _users(roles: Roles, benchmark: str) -> Iterator[str]:
    """Yield the entries of the config that use the concepts of a benchmark."""
    config = roles.plan.config
    for name, images in config.images.items():
        if images.classes.benchmark == benchmark:
            yield f"images.{name}"
    for name, entry in config.evaluations.items():
        if entry.pool is not None and entry.pool.benchmark == benchmark:
            yield f"evaluations.{name}"
    for name, other in config.concepts.items():
        if other.members_of == benchmark:
            yield f"concepts.{name}"


def _make(spec: FiltersSpec) -> Made:
    import pandas as pd

    from cogworks.core.files import read_parquet
    from cogworks.report.drawing.concept_tables import filter_table

    return filter_table(pd.read_csv(spec.table), seen=len(read_parquet(spec.seen)), spec=spec)


EXHIBIT = Kind("concepts", "What each filter left of the concepts", FiltersSpec, _needs, _make)
