"""Top-1 by level for other rankings of the same concepts (thesis, figure 3.7)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.reference import SIMILARITIES
from cogworks.report.specs import Ranking, RankingsSpec


def _needs(roles: Roles) -> Found:
    others = roles.pools(drawn=False)
    if not others:
        return
    names = [name for members in others.values() for name in members]
    drawn = [name for members in roles.pools(drawn=True).values() for name in members]
    encoders = roles.scored(names)
    seen = roles.columns([roles.seen])[0] if roles.seen else None
    rankings = _rankings(roles, others)
    random = roles.columns(drawn)
    columns = [*([seen] if seen else []), *random, *(c for r in rankings for c in r.columns)]
    spec = RankingsSpec(
        scores=roles.score_files(roles.cells(encoders, columns)),
        encoders=roles.encoders(encoders),
        seen=seen,
        rankings=rankings,
        random=random,
    )
    yield Exhibit("rankings", spec, number="3.7")


def _rankings(roles: Roles, others: dict[str, list[str]]) -> list[Ranking]:
    """Return the levels and the pools of other rankings, called by their similarities.

    A pool goes by its own name where that is given a label or two have the same similarity.
    """
    families = ({"as ranked": roles.levels} if roles.levels else {}) | others
    names = {family: _similarity(roles, members[0]) for family, members in families.items()}
    found = list(names.values())
    return [
        Ranking(
            label=roles.label(family)
            if family in roles.section.labels or found.count(names[family]) > 1
            else names[family] or family,
            columns=roles.columns(members),
        )
        for family, members in families.items()
    ]


def _similarity(roles: Roles, dataset: str) -> str | None:
    """Return the similarity by which the concepts of a level, or of a pool's, were ranked."""
    benchmark = roles.benchmark_of(dataset)
    if benchmark is None:
        return None
    name = benchmark.section.similarity
    return SIMILARITIES.get(name, name)


def _make(spec: RankingsSpec) -> Made:
    from cogworks.report.drawing.ranking_figure import rankings_figure
    from cogworks.report.summary import read_summary

    return rankings_figure(read_summary(spec.scores), spec)


EXHIBIT = Kind(
    "rankings",
    "Top-1 by level for other rankings",
    RankingsSpec,
    _needs,
    _make,
    caption=(
        "Top-1 accuracy by level when the same concepts are ranked by another similarity. Error "
        "bars: 95% intervals for other concepts like these, other images of them and other seeds. "
        "Orange: groups of random concepts, mean and standard deviation (divisor N) over groups. "
        "As figure 3.7, which has Lin and word2vec; section 3.3.3 names the others."
    ),
    wide=True,
)
