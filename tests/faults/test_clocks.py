"""Files whose dates are wrong: as by another machine's clock, or by one that was set."""

import os
import random
import time
from collections.abc import Callable

import pytest

from .stages import Run, Work
from .table import Fault

DAY = 24 * 3600


@pytest.mark.fault("Clocks", "results dated at random, {when}", how="all of them")
@pytest.mark.parametrize(("when", "sign"), [("in the past", -1), ("in the future", 1)])
def test_dates_make_nothing_stale(
    when: str, sign: int, work_on: Callable[..., Work], fault: Fault
) -> None:
    work, dice = work_on(), random.Random(when)
    for path in (work.folder / "results").rglob("*"):
        date = time.time() + sign * DAY * dice.randrange(1, 5000)
        os.utime(path, (date, date))
    assert "Nothing to be done" in Run(work, "--dry-run").finish()
    fault.seen("nothing is made again: Snakemake compares files up to 1 MB by their content")
    fault.lost("nothing")


def test_an_input_from_the_future(work_on: Callable[..., Work]) -> None:
    work = work_on("extraction")
    date = time.time() + DAY
    os.utime(work.folder / "results/images/seen/train.parquet", (date, date))
    print(Run(work, "--max-checksum-file-size", "0", *work.targets).end())
    work.check_whole()
