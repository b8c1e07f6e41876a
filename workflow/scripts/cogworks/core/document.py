"""The documentation of the config, made from its schema."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cogworks.core import applies
from cogworks.core.schema import ROOT_SCHEMA, SCHEMAS, load_yaml

INTRODUCTION = """\
# Configuration

Made from `workflow/schemas/` by `make docs`: change it there. `snakemake` reads
`config/config.yaml` unless `--configfile FILE` names another one, which then replaces it; several
files are merged from left to right, so that your paths can stand in a small file of their own:

    snakemake --configfile config/imagenet-cog.yaml my-paths.yaml

An unknown or duplicate key, a wrong type, a number in quotes, a name that nothing defines or a key
that does nothing beside the others stops the run before any work starts, with one line for each
problem. In YAML write `1.0e-4`: `1e-4` is text. `NAME` stands for a name of your choice: letters,
digits, `_`, `.` and `-`, beginning with a letter or a digit.

Paths are relative to the folder in which Snakemake runs. A `~` at the beginning is your home
folder; variables such as `$HOME` are not replaced. Any other character but a line break may occur.
"""


def document(*, schemas: Path = SCHEMAS) -> str:
    """Return the Markdown documentation of every config key: type, default, meaning."""
    root = load_yaml(schemas / ROOT_SCHEMA)
    lines = [INTRODUCTION]
    for section, schema in root["properties"].items():
        home = schema
        if "$ref" in schema:
            home = load_yaml(schemas / schema["$ref"])
        lines += [f"## `{section}`", "", _clean(home.get("description", "")), ""]
        rows = list(_rows(home, home, section))
        if rows:
            lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(schema: dict[str, Any], home: dict[str, Any], prefix: str) -> Iterator[str]:
    """Yield one table row for each key below `prefix`, depth first."""
    schema = _resolve(schema, home)
    for key, sub in schema.get("properties", {}).items():
        yield from _key_rows(sub, home, f"{prefix}.{key}")
    for sub in schema.get("patternProperties", {}).values():
        yield from _key_rows(sub, home, f"{prefix}.NAME")
    if isinstance(schema.get("items"), dict):
        yield from _rows(schema["items"], home, f"{prefix}[]")


def _key_rows(sub: dict[str, Any], home: dict[str, Any], key: str) -> Iterator[str]:
    full = _resolve(sub, home)
    default = f"`{json.dumps(full['default'])}`" if "default" in full else ""
    meaning = _clean(full.get("description", ""))
    if "applies" in full:
        meaning += f" Read only {applies.in_words(applies.alternatives(full['applies']))}."
    cells = [f"`{key}`", _type(full, home), default, meaning]
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield from _rows(full, home, key)


def _resolve(schema: dict[str, Any], home: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` merged over what its `$ref` names within the same file."""
    if "$ref" not in schema:
        return schema
    target: Any = home
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**_resolve(target, home), **{k: v for k, v in schema.items() if k != "$ref"}}


def _type(schema: dict[str, Any], home: dict[str, Any]) -> str:
    """Return a short text of what a value may be."""
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(v) if v is None else v}`" for v in schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            kinds = [_type(_resolve(option, home), home) for option in schema[keyword]]
            return " or ".join(dict.fromkeys(kind for kind in kinds if kind))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("type", "")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    if "array" in text and isinstance(schema.get("items"), dict):
        inner = _type(_resolve(schema["items"], home), home)
        text = text.replace("array", f"list of {inner}" if inner else "list")
    return text + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    words = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
    parts = [f"{sign} {schema[word]}" for word, sign in words.items() if word in schema]
    return f" {', '.join(parts)}" if parts else ""


def _clean(text: str) -> str:
    return " ".join(text.split())
