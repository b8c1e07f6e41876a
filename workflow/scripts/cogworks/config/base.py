"""What every section of the config is made of: strict, frozen classes and the types of their keys.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from cogworks.core import user_paths
from cogworks.core.registry import Registry

Condition = dict[str, Any]
Items = TypeVar("Items", bound=list[Any])


class Section(BaseModel):
    """A part of the config: every key is known, nothing is converted, nothing changes later."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


@dataclass(frozen=True)
class Applies:
    """On which other keys of its section a key depends: if no condition holds, it has no effect.

    A condition maps keys of the same section, dotted if they are nested, to what they must be: a
    list of values, `given` (neither null nor empty), or `{above: N}`.
    """

    conditions: tuple[Condition, ...]

    def __init__(self, *conditions: Condition) -> None:
        object.__setattr__(self, "conditions", conditions)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"applies": list(self.conditions)}


@dataclass(frozen=True)
class PathMark:
    """Marks a text that names one of the user's files or folders."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"format": "path"}


@dataclass(frozen=True)
class OneOf:
    """Marks a text that is one of some names, like `Literal` with names that are computed."""

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


def one_of(registry: Registry[Any]) -> OneOf:
    """Return the mark of a text that names an entry: `kind: Annotated[str, one_of(LOSSES)]`."""
    return OneOf(registry.names)


def _unique(values: Items) -> Items:
    seen: list[Any] = []
    for value in values:
        if value in seen:
            raise ValueError(f"holds {value!r} twice")
        seen.append(value)
    return values


unique = AfterValidator(_unique)

Positive = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Above0 = Annotated[float, Field(gt=0)]
Words = Annotated[str, StringConstraints(min_length=1)]
# Names become parts of file names. Snakemake skips, without a word, a job whose file names are
# longer than a file system allows.
LONGEST_NAME = 80
_REST = f"{{0,{LONGEST_NAME - 1}}}$"
Name = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_.-]{_REST}")]
GroupName = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_. -]{_REST}")]
UserPath = Annotated[str, AfterValidator(user_paths.checked), PathMark()]
ModelName = Annotated[
    str,
    StringConstraints(pattern=r"^(torchvision|timm|hf|cogworks):.+$"),
    AfterValidator(user_paths.checked),
    PathMark(),
]
EntryPoint = Annotated[
    str,
    StringConstraints(pattern=r"^.+:[A-Za-z_][A-Za-z0-9_]*$"),
    AfterValidator(user_paths.checked),
    PathMark(),
]
Range = Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=2, max_length=2)]
Channels = Annotated[list[Annotated[float, Field(le=1)]], Field(min_length=3, max_length=3)]
