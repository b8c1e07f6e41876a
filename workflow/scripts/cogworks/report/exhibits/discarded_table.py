"""The concepts that were discarded by hand (thesis, table 3.1)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ConceptsSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each benchmark with a list of such concepts and a selection of its own."""
    for name, benchmark in roles.benchmarks.items():
        if benchmark.section.discard is not None and benchmark.section.members_of is None:
            spec = ConceptsSpec(benchmark=name, table=benchmark.table("eligible"))
            yield Exhibit(f"discarded_{name}", spec, about=name, number="3.1")


def _make(spec: ConceptsSpec) -> Made:
    from cogworks.core.files import read_parquet
    from cogworks.report.drawing.concept_tables import discarded_table

    pool = read_parquet(spec.table, columns=["wnid", "dropped_by"])
    return discarded_table(pool, benchmark=spec.benchmark)


EXHIBIT = Kind("concepts", "Concepts discarded by hand", ConceptsSpec, _needs, _make, folded=True)
