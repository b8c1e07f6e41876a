"""The documentation of the config, made from its classes."""

import json
from collections.abc import Iterable, Iterator, Mapping

from cogworks.config import idle, schema
from cogworks.config.examples import EXAMPLES
from cogworks.config.schema import Schema, options, resolved

INTRODUCTION = """\
# Configuration

This page is made from `workflow/scripts/cogworks/config/` by `make docs`; change it there.
`snakemake` reads `config/config.yaml` unless `--configfile FILE` names another config, which then
replaces it. Several files are merged from left to right, so your paths can be in a small file of
their own:

    snakemake --configfile config/imagenet-cog.yaml my-paths.yaml

Mappings are merged key by key. A list replaces an earlier one as a whole, and the run says so. A
file can also name those on which it stands (see [`include`](#include)).

The run stops before any work starts, with one line per problem, if a key is unknown, duplicate or
has no effect next to the others, if a value has the wrong type (a number in quotes, for example),
or if a name is not defined anywhere. In YAML, write `1.0e-4`: `1e-4` is text. In the tables below,
`NAME` is a name of your choice: letters, digits, `_`, `.` and `-`, beginning with a letter or a
digit.

Config files are UTF-8. Snakemake itself reads those of `--configfile` first, and ends with Python's
own `UnicodeDecodeError` where one is not: `iconv -f latin1 -t utf-8` makes one of it that is.

Paths are relative to the folder in which Snakemake runs. A leading `~` is your home folder;
variables such as `$HOME` are not replaced. Any character except a line break is allowed.

Editors that support YAML schemas complete and check a config that begins with

    # yaml-language-server: $schema=config/schema.json

The examples on this page fit together: they make one config.
"""


def editor_schema() -> str:
    """Return the JSON schema of the config for editors."""
    return json.dumps(schema.whole(), indent=1, ensure_ascii=False) + "\n"


def document(tables: Mapping[str, Iterable[tuple[str, str, str]]]) -> str:
    """Return the Markdown documentation of every config key: type, default, meaning.

    Args:
        tables: the rows of the tables below the section `training`, by their headings: a name, what
            it is and what it sets.
    """
    sections = schema.whole()["properties"]
    contents = [f"- [`{section}`](#{section})" for section in sections]
    lines = [INTRODUCTION, *contents, ""]
    for section, found in sections.items():
        lines += [f"## `{section}`", "", _clean(found.get("description", "")), ""]
        lines += ["```yaml", EXAMPLES[section].rstrip(), "```", ""]
        rows = list(_rows(found, section))
        if rows:
            lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
        if section == "training":
            lines += [line for heading, named in tables.items() for line in _table(heading, named)]
    return "\n".join(lines).rstrip() + "\n"


def _table(heading: str, named: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    yield from (f"### {heading}", "", "| name | what it is | what it sets |", "| --- | --- | --- |")
    for name, about, sets in named:
        yield f"| `{name}` | {_clean(about)} | {f'`{sets}`' if sets else ''} |"
    yield ""


def _rows(found: Schema, prefix: str) -> Iterator[str]:
    """Yield one table row for each key below `prefix`, depth first."""
    for option in options(found):
        for key, sub in option.get("properties", {}).items():
            yield from _key_rows(resolved(sub), f"{prefix}.{key}")
        for sub in schema.named(option):
            yield from _named_rows(resolved(sub), f"{prefix}.NAME")
        if isinstance(option.get("items"), dict):
            yield from _rows(option["items"], f"{prefix}[]")


def _named_rows(sub: Schema, key: str) -> Iterator[str]:
    """Yield the rows of a mapping of names: those of the named section, or of the value itself."""
    if "properties" in sub:
        yield from _rows(sub, key)
    else:
        yield from _key_rows(sub, key)


def _key_rows(sub: Schema, key: str) -> Iterator[str]:
    meaning = _clean(sub.get("description", ""))
    if "applies" in sub:
        meaning += f" Applies only {idle.in_words(sub['applies'])}."
    cells = [f"`{key}`", schema.kind(sub), _default(sub), meaning]
    yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield from _rows(sub, key)


def _default(sub: Schema) -> str:
    """Return a key's default; none for a section whose keys all have defaults of their own."""
    keys = sub.get("properties", {}).values()
    if "default" not in sub or (keys and all("default" in resolved(key) for key in keys)):
        return ""
    return f"`{json.dumps(sub['default'])}`"


def _clean(text: str) -> str:
    return " ".join(text.split())
