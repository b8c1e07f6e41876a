"""The training task against transfer, with the recipe of each encoder (thesis, table 4.1)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import TransferSpec


def _needs(roles: Roles) -> Found:
    if roles.compared:
        yield Exhibit("trade_off", roles.trade_off())


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.transfer_tables import trade_off_table
    from cogworks.report.scores import read_scores

    return trade_off_table(read_scores(spec.scores), spec)


EXHIBIT = Kind("transfer", "Training against transfer", TransferSpec, _needs, _make)
