"""The images that another data set's classifier is surest of (thesis, figure 3.8)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import PicturedSpec


def _needs(roles: Roles) -> Found:
    """Yield one for each encoder: between the seen concepts and the farthest level."""
    if len(roles.axis) < 2:
        return
    ends = roles.axis[0], roles.axis[-1]
    for encoder in roles.scored(ends):
        crossings = [
            crossing
            for crossing in roles.crossings
            if crossing.encoder_name == encoder
            and {crossing.dataset, crossing.other} == set(ends)
            and crossing.protocol_name == roles.protocols[crossing.dataset]
        ]
        if not crossings:
            continue
        spec = PicturedSpec(
            crossings=[roles.crossing_row(crossing) for crossing in crossings],
            classes=[roles.plan.images(name).class_table for name in ends],
            manifests=[roles.plan.images(c.other).manifest("test") for c in crossings],
        )
        yield Exhibit(
            f"label_noise_{encoder}",
            spec,
            about=encoder,
            label=roles.label(encoder),
            number="3.8",
        )


def _make(spec: PicturedSpec) -> Made:
    from cogworks.report.drawing.noise_figure import noise_figure

    return noise_figure(spec)


EXHIBIT = Kind(
    "label_noise",
    "Images that another data set's classifier is surest of",
    PicturedSpec,
    _needs,
    _make,
    caption=(
        "Test images of which the classifier of the other data set is surest, with their class and "
        "what it predicts: an image may show both. As figure 3.8."
    ),
    wide=True,
    photographs=True,
)
