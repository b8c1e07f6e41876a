"""What a benchmark's levels hold (thesis, section 3.3.3)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ConceptsSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each benchmark."""
    for name, benchmark in roles.benchmarks.items():
        spec = ConceptsSpec(benchmark=name, table=benchmark.summary("level_summary"))
        yield Exhibit(f"contents_{name}", spec, about=name)


def _make(spec: ConceptsSpec) -> Made:
    import pandas as pd

    from cogworks.report.drawing.concept_tables import level_content_table

    return level_content_table(pd.read_csv(spec.table), benchmark=spec.benchmark)


EXHIBIT = Kind("concepts", "What the levels hold", ConceptsSpec, _needs, _make)
