"""A benchmark's concepts by rank and similarity, cut into levels (thesis, figure 3.2)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import RankingSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each benchmark."""
    for name, benchmark in roles.benchmarks.items():
        spec = RankingSpec(ranking=benchmark.table("ranking"), levels=benchmark.table("levels"))
        # Levels that regroup the concepts of another benchmark are those of figure 3.7.
        number = "3.2" if benchmark.section.members_of is None else ""
        yield Exhibit(f"ranking_{name}", spec, about=name, label=name, number=number)


def _make(spec: RankingSpec) -> Made:
    from cogworks.core.files import read_parquet
    from cogworks.report.drawing.concept_figures import ranking_figure

    ranking = read_parquet(spec.ranking, columns=["rank", "similarity"])
    return ranking_figure(ranking, read_parquet(spec.levels, columns=["level", "rank"]))


EXHIBIT = Kind(
    "concepts",
    "Similarity of the concepts by rank",
    RankingSpec,
    _needs,
    _make,
    caption=(
        "Each eligible concept's similarity to the nearest seen one, by rank, and the "
        "levels; grey: concepts that no level takes. As figure 3.2."
    ),
)
