"""Top-1 by the number of training images per class, all of it (thesis, figures B.1 and B.2)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import FewShotSpec


def _needs(roles: Roles) -> Found:
    """Yield one of accuracies, and one of differences to the baseline."""
    sets = roles.with_few_shots(roles.axis)
    if sets:
        shared = dict(roles.by_level(sets))
        baseline = roles.label(shared["baseline"])
        absolute = FewShotSpec(**shared, relative=False)
        yield Exhibit("few_shot_absolute", absolute, label="Accuracy", number="B.1")
        relative = FewShotSpec(**shared, relative=True)
        yield Exhibit("few_shot_relative", relative, label=f"Minus {baseline}", number="B.2")


def _make(spec: FewShotSpec) -> Made:
    from cogworks.report.drawing.few_shot_figure import few_shot_grid
    from cogworks.report.summary import read_summary

    return few_shot_grid(read_summary(spec.scores, baseline=spec.baseline), spec)


EXHIBIT = Kind(
    "few_shot",
    "Top-1 by training images per class, all encoders and levels",
    FewShotSpec,
    _needs,
    _make,
    caption=(
        "Top-1 by number of training images per class, for every encoder and level. Bands, and "
        "bars of all images: 95% intervals for other concepts like these, other images of them "
        "and other seeds. Of more than twelve encoders in a panel, all but the best are thin. As "
        "figure B.1 and, relative to the baseline, B.2."
    ),
    wide=True,
)
