"""What a rule hands to its script: a typed, frozen slice of the plan, as canonical text.

Snakemake compares params as a set without names, and the order of dict keys matters to it. With one
canonical JSON string per rule, every change is visible and reordering makes nothing stale.
"""

import base64
import hashlib
import json
import zlib
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cogworks.core.errors import InputError


class Spec(BaseModel):
    """All that the results of a rule depend on besides its input files and its code."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=()
    )

    @property
    def text(self) -> str:
        """Return it as canonical JSON: sorted keys, equal text for equal values."""
        return canonical(self.model_dump(mode="json"))

    @classmethod
    def read(cls, text: str, *, name: str = "--spec") -> Self:
        """Return the spec that `text` holds.

        Args:
            text: JSON.
            name: what holds it, for errors.

        Raises:
            InputError: it is not JSON, or a key is unknown, missing or of another type.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            found = [
                f"{'.'.join(map(str, detail['loc'])) or 'the spec'}: {detail['msg']}"
                for detail in error.errors(include_url=False)
            ]
            raise InputError(f"{name}: {'; '.join(found)}") from error


def canonical(value: Any) -> str:
    """Return `value` as JSON with sorted keys; non-finite numbers raise ValueError."""
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the SHA-256 (hex) of the canonical text of `value`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def packed(value: Any) -> str:
    """Return a value as text short enough for a whole config on a command line: zlib, base64."""
    return base64.b64encode(zlib.compress(canonical(value).encode(), 9)).decode()


def unpacked(text: str) -> Any:
    """Return the value that `packed` packed."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
