"""Encoders that are named on the command line."""

import pytest

from cogworks.core.errors import InputError
from cogworks.plan.load import load


def test_a_model_stands_for_an_entry_of_its_own() -> None:
    short = load({"model": "timm:resnet50.a1_in1k"})
    assert (
        short.config
        == load(
            {
                "encoders": {
                    "resnet50.a1_in1k": {"model": "timm:resnet50.a1_in1k", "weights": "pretrained"}
                }
            }
        ).config
    )
    several = load(
        {"model": ["timm:hf-hub:owner/My Model", "torchvision:resnet18"], "encoders": {}}
    )
    assert list(several.encoders) == ["My-Model", "resnet18"]


def test_a_name_that_is_taken_is_refused() -> None:
    other = {"resnet50": {"model": "torchvision:resnet50", "weights": "random"}}
    with pytest.raises(InputError, match="model: timm:resnet50 would be called resnet50, as anoth"):
        load({"model": "timm:resnet50", "encoders": other})


@pytest.mark.parametrize("model", ["resnet50", "tim:resnet50", 3, [3]])
def test_what_is_no_model_is_told(model: object) -> None:
    with pytest.raises(InputError, match=r"(?m)^(model|encoders\.resnet50\.model).*: "):
        load({"model": model})
