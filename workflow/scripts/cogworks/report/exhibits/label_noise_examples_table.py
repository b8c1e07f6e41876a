"""The images of which another data set's classifier is surest (thesis, figure 3.8)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import CrossedSpec


def _needs(roles: Roles) -> Found:
    spec = roles.crossed
    if spec:
        names = dict.fromkeys(name for c in roles.crossings for name in (c.dataset, c.other))
        classes = [roles.plan.images(name).class_table for name in names]
        yield Exhibit("label_noise_examples", spec.model_copy(update={"classes": classes}))


def _make(spec: CrossedSpec) -> Made:
    from cogworks.report.drawing.noise_tables import class_names, example_table, read_crossings

    return example_table(read_crossings(spec), class_names(spec))


EXHIBIT = Kind(
    "label_noise",
    "Images that another data set's classifier is surest of",
    CrossedSpec,
    _needs,
    _make,
    folded=True,
)
