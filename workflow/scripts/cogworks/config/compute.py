"""The section `compute` of the config."""

from typing import Literal

from cogworks.config.base import Section, Whole


class Compute(Section):
    """Where the work runs. Nothing here changes a result's name or makes one stale."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device for tensors; `auto` takes a GPU where the job sees one."""
    gpus: Whole = 0
    """GPUs that each job of the rules that can use one requests (0 on a CPU cluster)."""
    online: bool = False
    """Whether models may be fetched from a hub at run time. Off, a missing file is an error that
    names the file and where to put it.
    """
