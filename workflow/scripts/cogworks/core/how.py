"""The keys of the config that say how results are computed and do not change them.

Imported while the DAG is planned: standard library only.
"""

from collections.abc import Sequence
from typing import Any

# Dotted keys; a star stands for every name. Rules take them as threads and resources, which
# Snakemake does not track, never as params or as part of a spec.
HOW = (
    "compute",
    "images.*.verify",
    "training.*.compute",
    "encoders.*.shards",
    "synthesis.clones.*.batch_size",
)


def without_how(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config without the keys of `HOW`: configs with the same results are equal."""
    result = config
    for key in HOW:
        result = _without(result, key.split("."))
    return result


def _without(value: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    name, *rest = parts
    if not rest:
        return {key: item for key, item in value.items() if key != name}
    return {
        key: _without(item, rest) if name in (key, "*") else item for key, item in value.items()
    }
