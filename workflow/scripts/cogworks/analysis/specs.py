"""What the rule of the analysis room hands to its script.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from cogworks.core.spec import Spec


class MeasureSpec(Spec):
    """What to measure of one encoder's features on one data set's split."""

    encoder: str
    dataset: str
    split: str
    metrics: list[str]
    """Names as in `analysis.metrics` of the config."""
    sparsity_threshold: float
    coding_eps2: float
