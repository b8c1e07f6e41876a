"""How an encoder of this run was trained, in a few words (the row heads of tables 4.1 and 5.2).

Imported while the DAG is planned: no dependencies.
"""

from typing import Any


def recipe(config: dict[str, Any], encoder: str) -> dict[str, str]:
    """Return heading and text of what distinguishes an encoder's training; empty for others' work.

    A run on a clone names the real data set, the size of the clone as a multiple, its guidance
    scale and its prompt.
    """
    run = config["encoders"][encoder]["run"]
    if run is None:
        return {}
    dataset = config["training"][run]["dataset"]
    clone = config["synthesis"]["clones"].get(dataset)
    if clone is None:
        return {"trained on": dataset}
    return {
        "trained on": f"{dataset}, a clone",
        "size": f"{clone['multiple']:g}×",
        "guidance": f"{clone['guidance']:g}",
        "prompt": clone["prompt"],
    }
