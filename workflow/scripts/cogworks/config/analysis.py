"""The section `analysis` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.config.base import Above0, Applies, GroupName, Section, unique


class Analysis(Section):
    """Measures of features without any classifier (thesis, figures 4.5, 4.6 and 5.6), for each of
    `encoders` on each of `datasets`. All are taken on l2-normalised features.
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
    """Whose features; `all` takes training and test images together, as figure 5.6 does for the
    small transfer sets.
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
    """`sparsity`, share of entries close to zero; `intra_class_distance`, mean distance of two
    vectors of a class; `redundancy`, mean absolute correlation of two dimensions; `coding_length`,
    nats a sample (Yu et al. 2020); `singular_values`, normalised to sum 1.
    """
    sparsity_threshold: Annotated[Above0, Applies({"metrics": ["sparsity"]})] = 1e-05
    """An entry of a normalised vector below this, in absolute value, counts as zero."""
    coding_eps2: Annotated[Above0, Applies({"metrics": ["coding_length"]})] = 0.5
    """Squared precision eps^2 of the coding length."""
    groups: Annotated[
        dict[GroupName, Annotated[list[str], Field(min_length=1)]],
        Applies({"encoders": "given", "datasets": "given"}),
    ] = {}
    """Groups of data sets whose measures are averaged in figures and tables, by the name to show;
    none shows every data set by itself.
    """
