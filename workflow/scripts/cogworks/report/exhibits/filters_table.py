"""What each filter left of a benchmark's concepts (thesis, section 3.3.2)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ConceptsSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each benchmark."""
    for name, benchmark in roles.benchmarks.items():
        spec = ConceptsSpec(benchmark=name, table=benchmark.summary("filters"))
        yield Exhibit(f"filters_{name}", spec, about=name)


def _make(spec: ConceptsSpec) -> Made:
    import pandas as pd

    from cogworks.report.drawing.concept_tables import filter_table

    return filter_table(pd.read_csv(spec.table), benchmark=spec.benchmark)


EXHIBIT = Kind("concepts", "What each filter left of the concepts", ConceptsSpec, _needs, _make)
