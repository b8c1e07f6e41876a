"""The number of images of each concept (thesis, figure 3.3)."""

from cogworks.report.exhibit import Exhibit, Found, Kind, Made, Roles
from cogworks.report.specs import ImageCountsSpec


def _needs(roles: Roles) -> Found:
    datasets = [roles.images_row(name) for name in roles.pictured]
    if datasets:
        yield Exhibit("images_per_concept", ImageCountsSpec(datasets=datasets), number="3.3")


def _make(spec: ImageCountsSpec) -> Made:
    from cogworks.core.files import read_parquet
    from cogworks.report.drawing.concept_figures import images_figure, images_per_concept

    counts = {
        entry.label: images_per_concept(
            [read_parquet(path, columns=["wnid"]) for path in entry.manifests]
        )
        for entry in spec.datasets
    }
    return images_figure(counts)


EXHIBIT = Kind(
    "concepts",
    "Images of each concept",
    ImageCountsSpec,
    _needs,
    _make,
    caption="Images of each concept, training and test together. As figure 3.3.",
    wide=True,
)
