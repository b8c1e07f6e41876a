"""What jobs keep of earlier work: what they store beside their outputs.

The paths are those of the rules and of the functions that they run.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from cogworks.probes.specs import UNCELLED
from cogworks.stale.job import Job
from cogworks.training import marks

_CELLS = ("tune_probes", "fit_probes", "score_classifiers")
_CELL = re.compile(r"(all|\d+)-\d+(\.json)?")


def kept(chosen: Sequence[Job], jobs: Sequence[Job]) -> list[str]:
    """Return in words what is kept when some jobs run.

    Args:
        chosen: jobs of one rule that would run for causes of their own.
        jobs: all jobs.
    """
    words = []
    sure = [job for job in chosen if _keeps_cells(job, jobs)]
    done = sum(len(_cells(job)) for job in sure)
    if done:
        words.append(f"{done} finished cells are kept")
    begun = sum(_is_begun(job) for job in chosen if job not in sure)
    if begun:
        words.append(f"{begun} begun, which continue if their settings are unchanged")
    elif chosen[0].rule == "train_encoder" and not chosen[0].new:
        words.append("trained from the start")
    return words


def _keeps_cells(job: Job, jobs: Sequence[Job]) -> bool:
    """Whether the cells of a probe job stay valid, as they do if seeds or test sets are added."""
    if job.rule not in _CELLS or job.before is None or job.edited:
        return False
    specs = (job.before.spec, job.now.spec)
    before, now = ({k: v for k, v in s.items() if k not in UNCELLED} for s in specs)
    if before != now or job.before.code != job.now.code:
        return False
    return all(_keeps_cells(jobs[place], jobs) for place in job.after)


def _cells(job: Job) -> list[Path]:
    folder = Path(job.outputs[0]).with_suffix(".cells")
    found = folder.iterdir() if folder.is_dir() else ()
    return [path for path in found if _CELL.fullmatch(path.name)]


def _is_begun(job: Job) -> bool:
    """Whether a job was stopped midway and left what it had done."""
    output = Path(job.outputs[0])
    match job.rule:
        case "tune_probes" | "fit_probes" | "score_classifiers":
            return bool(_cells(job)) and bool(job.missing or job.begun)
        case "extract_features" | "extract_shard":
            chunks = output.with_suffix(".work").glob("chunk-*.json")
            return output.with_suffix(".shared").joinpath("made.json").exists() or any(chunks)
        case "generate_shard":
            return any(output.parent.glob(f".{output.stem}.*.partial"))
        case "train_generator":
            return output.with_suffix(".state").is_dir()
        case "train_encoder":
            state = output.parent.with_name(f"{output.parent.name}.state")
            return state.is_dir() and not marks.is_finished(state)
    return False
