"""Files whose dates are wrong: as by another machine's clock, or by a copy without dates."""

import os
import random
import re
import time
from collections.abc import Callable

import pytest

from .stages import Run, Work
from .table import Fault

DAY = 24 * 3600
# Snakemake compares smaller files by their content.
LARGE = 1_000_000


@pytest.mark.fault("Clocks", "results with other dates", how="drawn at random from the past")
def test_results_with_other_dates(work_on: Callable[..., Work], fault: Fault) -> None:
    work, dice = work_on(), random.Random(0)
    files = [path for path in (work.folder / "results").rglob("*") if path.is_file()]
    for path in files:
        date = time.time() - DAY * dice.randrange(1, 5000)
        os.utime(path, (date, date))
    planned = Run(work, "--dry-run").finish()
    newer = set(
        re.findall(r"results/\S+", " ".join(re.findall(r"Updated input files: (.*)", planned)))
    )
    large = {str(path.relative_to(work.folder)) for path in files if path.stat().st_size > LARGE}
    assert newer
    assert newer <= large
    fault.seen("what was made of files above 1 MB that are newer by their dates is made again")
    Run(work, "--touch").finish()
    assert "Nothing to be done" in Run(work, "--dry-run").finish()
    work.check_whole()
    fault.lost("the time for it; `snakemake --touch` says that the results are right")


@pytest.mark.fault("Clocks", "an input from the future", how="a manifest dated a day ahead")
def test_an_input_from_the_future(work_on: Callable[..., Work], fault: Fault) -> None:
    work = work_on("extraction")
    manifest = work.folder / "results/images/seen/train.parquet"
    date = time.time() + DAY
    os.utime(manifest, (date, date))
    status, said = Run(work).end()
    assert status == 1
    [line] = [line for line in said.splitlines() if "ahead of this machine's clock" in line]
    fault.seen(
        f"before the first job: error: `{re.sub(r'is [0-9]+ seconds', 'is N seconds', line)}`"
    )
    assert not work.found(*work.outputs)
    manifest.touch()
    Run(work).finish()
    work.check_whole()
    fault.lost("nothing")
