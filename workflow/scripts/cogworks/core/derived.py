"""What follows from a config, worked out once.

Rules ask the same questions for every job: which runs, which data sets, which probe jobs there
are. A `Config` keeps the answers with it.

Imported while the DAG is planned: standard library only.
"""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Config(dict[str, Any]):
    """A config that is complete: it changes no more, so that what follows from it can be kept."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.derived: dict[Any, Any] = {}
        self.typed: Any = None
        self.plan: Any = None


def derived(
    function: Callable[Concatenate[dict[str, Any], Parameters], Result],
) -> Callable[Concatenate[dict[str, Any], Parameters], Result]:
    """Work out `function(config, ...)` once for each `Config` and its further arguments.

    Of a plain dict, which may still change, nothing is kept. Callers share the result and leave it
    as it is. Further arguments must be hashable.
    """

    @functools.wraps(function)
    def answer(
        config: dict[str, Any], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Result:
        if not isinstance(config, Config):
            return function(config, *args, **kwargs)
        key = (function, args, tuple(kwargs.items()))
        if key not in config.derived:
            config.derived[key] = function(config, *args, **kwargs)
        kept: Result = config.derived[key]
        return kept

    return answer
