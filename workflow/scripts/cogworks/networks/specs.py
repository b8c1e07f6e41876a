"""What an architecture is built from: the same for a training run and for an encoder.

Imported while the DAG is planned: Pydantic and the standard library only.
"""

from typing import Any, Literal

from cogworks.core.spec import Spec

# Keyword arguments of an architecture or of the user's own function, which alone knows them.
Options = dict[str, Any]
Library = Literal["torchvision", "timm", "transformers", "cogworks"]


class BackboneSpec(Spec):
    """An architecture without its classifier.

    Attributes:
        library: where it comes from; `cogworks` has `small_resnet`, `resnet50_same`,
            `deit_distilled`, `nat_m4` and `t2t_vit_t_14`.
        name: the library's name; for transformers a folder or a model type such as `vit`.
        options: keyword arguments of the architecture; for transformers `pool` and entries of the
            model's config.
        image_size: side of the square input, in pixels.
    """

    library: Library
    name: str
    options: Options
    image_size: int
