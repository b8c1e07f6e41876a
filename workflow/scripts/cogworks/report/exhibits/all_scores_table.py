"""Every score, to search and sort."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import AllScoresSpec


def _needs(roles: Roles) -> Found:
    if roles.jobs:
        names = {name for key in roles.jobs for name in key[:2]}
        labels = {name: roles.label(name) for name in sorted(names)}
        yield Exhibit("all_scores", AllScoresSpec(scores=roles.all_scores, labels=labels))


def _make(spec: AllScoresSpec) -> Made:
    from cogworks.report.drawing.score_table import score_table
    from cogworks.report.summary import read_summary

    return score_table(read_summary(spec.scores), spec)


EXHIBIT = Kind("scores", "All scores", AllScoresSpec, _needs, _make)
