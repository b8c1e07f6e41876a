"""Top-1 by data set and the mean log odds (thesis, table D.1)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import TransferSpec


def _needs(roles: Roles) -> Found:
    if roles.compared:
        yield Exhibit("transfer", roles.trade_off())


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.transfer_tables import transfer_table
    from cogworks.report.scores import read_scores
    from cogworks.report.summary import summarise

    scores = read_scores(spec.scores)
    return transfer_table(scores, summarise(scores, baseline=None), spec)


EXHIBIT = Kind("transfer", "Top-1 by data set and mean log odds", TransferSpec, _needs, _make)
