"""How often one data set's classifier is sure of another one's images (thesis, section 3.5.3)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CrossedSpec


def _needs(roles: Roles) -> Found:
    spec = roles.crossed
    if spec:
        yield Exhibit("label_noise", spec)


def _make(spec: CrossedSpec) -> Made:
    from cogworks.report.drawing.noise_tables import noise_table, read_crossings

    return noise_table(read_crossings(spec))


EXHIBIT = Kind("label_noise", "Confident predictions across data sets", CrossedSpec, _needs, _make)
