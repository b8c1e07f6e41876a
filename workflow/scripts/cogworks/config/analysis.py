"""The section `analysis` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, GroupName, Section, unique


class Analysis(Section):
    """Measures of features that need no classifier (thesis, figures 4.5, 4.6 and 5.6), for each of
    `encoders` on each of `datasets`. All are computed on l2-normalised features.
    """

    encoders: Annotated[
        Literal["all"] | Annotated[list[str], unique], Applies({"datasets": "given"})
    ] = []
    """Names of encoders, or `all`."""
    datasets: Annotated[Annotated[list[str], unique], Applies({"encoders": "given"})] = []
    """Names of data sets; a family stands for all its levels."""
    split: Annotated[
        Literal["test", "train", "all"], Applies({"encoders": "given", "datasets": "given"})
    ] = "test"
    """Split whose features are measured. `all` combines training and test images, as figure 5.6
    does for the small transfer sets.
    """
    metrics: Annotated[
        Annotated[
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
        ],
        Applies({"encoders": "given", "datasets": "given"}),
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
    groups: Annotated[
        dict[GroupName, Annotated[list[str], Field(min_length=1)]],
        Applies({"encoders": "given", "datasets": "given"}),
    ] = {}
    """Groups of data sets over which figures and tables average, by the name to show. Without
    groups, every data set is shown separately.
    """
