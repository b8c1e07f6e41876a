"""The hyper-parameters of the training runs (thesis, table C.1)."""

from cogworks.report.components import TREX, run_of
from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.hyper_parameters import shared, specific
from cogworks.report.specs import NO_PAPER, Paper, SettingsSpec

PAPER = Paper(names=["trex_hyper_parameters"])


def _needs(roles: Roles) -> Found:
    """Yield one where t-ReX or t-ReX* is among the runs."""
    plan = roles.plan
    found = [plan.encoders[name].run for name in roles.groups(roles.scored(roles.evaluated))]
    runs = [run for run in dict.fromkeys(found) if run is not None and run.section.start is None]
    own = {name: run_of(runs, recipe) for name, recipe in TREX.items()}
    if any(own.values()):
        spec = SettingsSpec(
            columns=["all models", *own],
            shared=shared(runs),
            specific=specific(list(own.values())),
            paper=PAPER if roles.section.published else NO_PAPER,
        )
        yield Exhibit("hyper_parameters", spec, number="C.1")


def _make(spec: SettingsSpec) -> Made:
    from cogworks.report.drawing.settings_table import settings_table

    return settings_table(spec)


EXHIBIT = Kind("training", "Hyper-parameters of training", SettingsSpec, _needs, _make, folded=True)
