"""The section `analysis` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, GroupName, Section, unique


class Analysis(Section):
    """One entry: some encoders on some data sets."""

    encoders: Literal["all"] | Annotated[list[str], Field(min_length=1), unique]
    """Names of encoders, or `all`."""
    datasets: Annotated[list[str], Field(min_length=1), unique]
    """Names of data sets; a family stands for all its levels."""
    split: Literal["test", "train", "all"] = "test"
    """Split whose features are measured. `all` combines training and test images, as figure 5.6
    does for the small transfer sets.
    """
    metrics: Annotated[
        list[
            Literal[
                "sparsity",
                "intra_class_distance",
                "redundancy",
                "coding_length",
                "singular_values",
            ]
        ],
        Field(min_length=1),
        unique,
    ] = ["sparsity", "intra_class_distance", "redundancy", "coding_length", "singular_values"]
    """`sparsity`, the share of entries close to zero; `intra_class_distance`, the mean distance
    between two vectors of a class; `redundancy`, the mean absolute correlation between two
    dimensions; `coding_length`, in nats per sample (Yu et al. 2020); `singular_values`, normalised
    to sum to 1.
    """
    sparsity_threshold: Annotated[Above0, Applies({"metrics": ["sparsity"]})] = 1e-05
    """An entry of a normalised vector with an absolute value below this counts as zero."""
    coding_eps2: Annotated[Above0, Applies({"metrics": ["coding_length"]})] = 0.5
    """Squared precision eps^2 of the coding length."""
    groups: dict[GroupName, Annotated[list[str], Field(min_length=1)]] = {}
    """Groups of this entry's data sets over which figures and tables average, by the name to show.
    Without groups, every data set is shown separately.
    """
