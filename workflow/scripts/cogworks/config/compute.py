"""The section `compute` of the config."""

from typing import Literal

from cogworks.config.base import Section, Whole


class Compute(Section):
    """Where the work runs. Nothing here makes a result stale."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Device for tensors; `auto` uses a GPU if the job sees one."""
    gpus: Whole = 0
    """GPUs requested by each job that can use one (0 on a CPU cluster)."""
    warm_start: bool = True
    """Whether jobs of a run on this machine are forked from a process that has loaded their
    libraries, which saves each some seconds. Where there is an NVIDIA GPU, only with `device: cpu`:
    a process that has asked for GPUs cannot be forked. The memory and CPU time in `logs/benchmarks`
    are then not the job's, and `snakemake usage` knows its time alone.
    """
    online: bool = False
    """Whether models may be fetched from a hub at run time. If not, a missing file is an error that
    names it and says where to put it.
    """
