from typing import Annotated

import pytest
from pydantic import ValidationError

from cogworks.config import schema
from cogworks.config.base import Section, one_of
from cogworks.core.registry import Registry

FRUIT: Registry[int] = Registry("fruit", "FRUIT", ("apple", "pear"))


class Basket(Section):
    kind: Annotated[str, one_of(FRUIT)] | None = None


def test_a_name_of_a_registry_is_one_of_its_entries() -> None:
    assert Basket(kind="pear").kind == "pear"
    with pytest.raises(ValidationError, match="Input should be 'apple' or 'pear'"):
        Basket(kind="plum")


def test_the_schema_lists_the_names_of_a_registry() -> None:
    described = Basket.model_json_schema()["properties"]["kind"]
    assert schema.kind(described) == "one of apple, pear or null"
