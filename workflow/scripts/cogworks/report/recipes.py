"""How an encoder of this run was trained: the row heads of tables 4.1 and 5.2, and what varies.

Imported while the DAG is planned: no numpy, no pandas.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from cogworks.training import plan as training
from cogworks.training.losses import TOLD

Config = dict[str, Any]

# Properties along which a figure can be drawn: heading, and the figure of the thesis.
NUMERIC = {
    "local crops": "figure 4.4",
    "hidden layers": "table 4.1",
    "hidden width": "table 4.1",
    "bottleneck": "section 4.4.1",
    "memory": "section 4.4.1",
    "epochs": "",
    "size": "figure 5.4",
    "guidance": "figure 5.5",
    "steps": "figure 5.5",
}
ALWAYS = "trained on"
NO_PROJECTOR = "none"


def properties(config: Config, encoder: str) -> dict[str, Any]:
    """Return what an encoder's training run was like, by heading; empty for others' work.

    A run on a clone names the real data set, and the clone's prompt, size (a multiple of the real
    one's), guidance scale and steps.
    """
    run = config["encoders"][encoder]["run"]
    if run is None:
        return {}
    dataset = training.runs(config)[run]["dataset"]
    clone = config["synthesis"]["clones"].get(dataset)
    return (_real(dataset) if clone is None else _synthetic(clone)) | _numbers(config, run)


def clone_recipe(config: Config, name: str) -> dict[str, str]:
    """Return heading and text of how a clone is drawn."""
    clone = config["synthesis"]["clones"][name]
    texts = {heading: _text(heading, value) for heading, value in _synthetic(clone).items()}
    return {"clone of": clone["like"] or clone["classes"]} | {
        heading: text for heading, text in texts.items() if heading != ALWAYS
    }


def recipes(config: Config, encoders: Sequence[str]) -> list[dict[str, str]]:
    """Return headings and texts for encoders that are shown together: only what tells them apart.

    A heading on which all that have it agree is left out, but for the training set.
    """
    found = [properties(config, encoder) for encoder in encoders]
    headings = list(dict.fromkeys(heading for entry in found for heading in entry))
    kept = [
        heading
        for heading in headings
        if heading == ALWAYS or len({str(e[heading]) for e in found if heading in e}) > 1
    ]
    return [{h: _text(h, entry[h]) for h in kept if h in entry} for entry in found]


def ablations(config: Config, encoders: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the properties along which some encoders differ and agree in all the rest.

    Returns:
        For each such heading of `NUMERIC` its series: `label`, what tells it from the other
        series, and `points`, pairs of value and encoder, ascending.
    """
    found = {encoder: properties(config, encoder) for encoder in encoders}
    trained = {encoder: entry for encoder, entry in found.items() if entry}
    result = {}
    for heading in NUMERIC:
        series = [s for s in _series(trained, heading) if len(s["points"]) > 1]
        if series:
            result[heading] = _labelled(series)
    return result


def _real(dataset: str) -> dict[str, Any]:
    return {ALWAYS: dataset}


def _synthetic(clone: dict[str, Any]) -> dict[str, Any]:
    origin = clone["like"] or clone["classes"]
    return {
        ALWAYS: f"clone of {origin}",
        "prompt": clone["prompt"],
        "guidance": clone["guidance"],
        "size": clone["multiple"],
        "steps": clone["steps"],
    }


def _numbers(config: Config, run: str) -> dict[str, Any]:
    spec = training.spec(config, run)
    crops, loss, projector = spec["augmentation"], spec["loss"], spec["projector"]
    result = {
        "augmentation": crops["recipe"],
        "local crops": crops["local_crops"],
        "loss": loss["kind"],
        "epochs": spec["optimizer"]["epochs"],
        "batch": spec["optimizer"]["batch"],
        "backbone": spec["backbone"]["name"],
        "seed": spec["seed"],
    }
    result |= {heading: loss[key] for heading, key in TOLD.get(loss["kind"], {}).items()}
    if not projector["enabled"]:
        return result | {"projector": NO_PROJECTOR}
    return result | {
        "hidden layers": projector["layers"],
        "hidden width": projector["hidden"],
        "bottleneck": projector["bottleneck"],
        "l2 input": projector["normalize_input"],
    }


def _series(trained: dict[str, dict[str, Any]], heading: str) -> Iterator[dict[str, Any]]:
    """Yield the groups of encoders that agree in all but `heading`."""
    groups: dict[str, dict[str, Any]] = {}
    for encoder, entry in trained.items():
        if heading in entry:
            rest = {key: value for key, value in entry.items() if key != heading}
            group = groups.setdefault(repr(sorted(rest.items())), {"rest": rest, "points": []})
            group["points"].append([entry[heading], encoder])
    for group in groups.values():
        yield group | {"points": sorted(group["points"])}


def _labelled(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name each series by the properties in which it differs from the others."""
    headings = dict.fromkeys(heading for entry in series for heading in entry["rest"])
    told = [h for h in headings if len({str(e["rest"].get(h)) for e in series}) > 1]
    return [
        {
            "label": ", ".join(f"{h} {_text(h, e['rest'].get(h, NO_PROJECTOR))}" for h in told),
            "points": e["points"],
        }
        for e in series
    ]


def _text(heading: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return f"{text}×" if heading == "size" else text
