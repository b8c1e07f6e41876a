"""The architectures of the models and the dimension of their features (thesis, table 3.3)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ModelsSpec


def _needs(roles: Roles) -> Found:
    spec = roles.published_models
    if spec:
        yield Exhibit("architectures", spec, number="3.3")


def _make(spec: ModelsSpec) -> Made:
    from cogworks.report.drawing.model_tables import architecture_table

    return architecture_table(spec)


EXHIBIT = Kind("published", "Dimension of features", ModelsSpec, _needs, _make, folded=True)
