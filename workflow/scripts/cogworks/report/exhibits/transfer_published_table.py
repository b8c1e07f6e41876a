"""Top-1 by data set and the mean log odds, with the rows of table D.1 (or 5.3 and 5.4)."""

from collections.abc import Mapping

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import Paper, TransferSpec
from cogworks.report.transfer_sets import are_of_chapter_4, lacking

NUMBER = "D.1"


def _needs(roles: Roles) -> Found:
    if not roles.compared or not roles.section.published:
        return
    if are_of_chapter_4(roles.columns(roles.transfer)):
        spec = roles.trade_off(Paper(names=["trex_transfer"]))
        yield Exhibit("transfer_published", spec, number=NUMBER)
    else:
        yield Exhibit("transfer_published", roles.trade_off(Paper(names=["sd_transfer", "sd_cog"])))


def _lacks(roles: Roles) -> Mapping[str, str]:
    if roles.compared and not roles.section.published:
        return {NUMBER: "report.published: true"}
    return lacking(NUMBER, _needs)(roles)


def _make(spec: TransferSpec) -> Made:
    from cogworks.report.drawing.transfer_tables import published_transfer_table, transfer_table
    from cogworks.report.scores import read_scores
    from cogworks.report.summary import summarise

    scores = read_scores(spec.scores)
    summary = summarise(scores, baseline=None)
    own = transfer_table(scores, summary, spec)
    return published_transfer_table(own, scores, summary, spec)


EXHIBIT = Kind(
    "transfer",
    "Top-1 by data set beside the thesis's",
    TransferSpec,
    _needs,
    _make,
    folded=True,
    lacks=_lacks,
)
