"""The options of this project's own architectures, checked before anything is built.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError

from cogworks.core.errors import InputError
from cogworks.core.spec import Spec

LIBRARY = "cogworks"
SMALL_RESNET = "small_resnet"
NAMES = (SMALL_RESNET, "resnet50_same", "deit_distilled", "nat_m4", "t2t_vit_t_14")
STAGES = 4
EXPANSION = {"basic": 1, "bottleneck": 4}
STRIDES = {"conv7_pool": 4, "conv3_stride2": 2, "conv3": 1}

_PerStage = Field(min_length=STAGES, max_length=STAGES)


class SmallResnet(Spec):
    """Options of `small_resnet`.

    Attributes:
        block: `basic` (two 3 x 3 convolutions) or `bottleneck` (output four times as wide).
        layers: residual blocks of each of the four stages; every one after the first halves the
            resolution.
        channels: width of each stage; even numbers.
        stem: `conv7_pool` (as for ImageNet, stride 4), `conv3_stride2`, or `conv3` (stride 1).
    """

    block: Literal["basic", "bottleneck"] = "basic"
    layers: Annotated[list[Annotated[int, Field(ge=1)]], _PerStage] = Field([1, 1, 1, 1])
    channels: Annotated[list[Annotated[int, Field(ge=2, multiple_of=2)]], _PerStage] = Field(
        [64, 128, 256, 512]
    )
    stem: Literal["conv7_pool", "conv3_stride2", "conv3"] = "conv3_stride2"

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Return options with their defaults.

        Raises:
            InputError: an unknown option or a value outside of the above, a line each.
        """
        try:
            return cls.model_validate(options)
        except ValidationError as error:
            raise InputError("\n".join(_lines(error))) from error

    @property
    def feature_dim(self) -> int:
        """Return the length D of its features."""
        return self.channels[-1] * EXPANSION[self.block]


def _lines(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        name, *place = map(str, detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = ", ".join(SmallResnet.model_fields)
            yield f"{SMALL_RESNET}: unknown option {name}; it takes {known}"
        else:
            where = "".join(f"[{part}]" for part in place)
            words = detail["msg"][0].lower() + detail["msg"][1:]
            yield f"{SMALL_RESNET}: option {name}{where}: {words}; got {detail['input']!r:.60}"


def problems(library: str, name: str, options: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the name and the options of an architecture of this project."""
    if library != LIBRARY:
        return
    if name not in NAMES:
        yield f"{name!r} is not an architecture of cogworks; known: {', '.join(NAMES)}"
    elif name == SMALL_RESNET:
        try:
            SmallResnet.of(options)
        except InputError as error:
            yield from str(error).splitlines()
