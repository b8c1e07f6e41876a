"""The section `compute` of the config."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from cogworks.config.base import Positive, Section, Whole


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
    encoders_together: Positive = 8
    """How many encoders one job holds in memory, to encode each image with all of them once it is
    decoded; more go through the images again. They take the same pixels, with the same `decoder`,
    `batch_size`, `precision` and `shards`, and decoding takes a tenth of their time or more. What a
    run trains, your own code builds or is compiled is encoded alone. 1: each by itself.
    """
    online: bool = False
    """Whether models may be fetched from a hub at run time. If not, a missing file is an error that
    names it and says where to put it.
    """
    scratch: Annotated[str, StringConstraints(pattern=r"^[/$]")] | None = None
    """Folder on a disk of the machine that trains, such as `/scratch` or `$TMPDIR`; variables are
    those of that machine. A training copies its images there, into one file, and reads them from
    there in every epoch. Trainings on one machine share a copy, and the last one removes it. Null
    reads them where they are.
    """
