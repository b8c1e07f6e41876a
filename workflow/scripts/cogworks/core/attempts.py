"""What a job asks for when it is run again.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Callable
from typing import Any

# An amount that a rule asks for, or what gives it for a job's wildcards.
Amount = int | Callable[[Any], int]


def growing(amount: Amount) -> Callable[[Any, int], int]:
    """Return a resource that grows with each attempt: twice the amount on the second.

    Snakemake cuts it down to what `resources` in a profile says.
    """

    def resource(wildcards: Any, attempt: int) -> int:
        return attempt * (amount(wildcards) if callable(amount) else amount)

    return resource
