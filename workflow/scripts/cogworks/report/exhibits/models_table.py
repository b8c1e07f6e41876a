"""The models that the thesis evaluates (thesis, table 3.2)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ModelsSpec


def _needs(roles: Roles) -> Found:
    spec = roles.published_models
    if spec:
        yield Exhibit("models", spec, number="3.2")


def _make(spec: ModelsSpec) -> Made:
    from cogworks.report.drawing.model_tables import model_table

    return model_table(spec)


EXHIBIT = Kind("published", "The published models", ModelsSpec, _needs, _make, folded=True)
