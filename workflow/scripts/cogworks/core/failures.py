"""What Snakemake says of a job that fails: the end of its log, and no packed config."""

import logging
import re
from pathlib import Path

# Lines of a log that are shown where it does not end with an error in words, and at most.
LAST, MOST = 5, 20
# As jobs say what is wrong, see `core.cli`.
ERROR = "error: "


class InWords(logging.Filter):
    """Shortens records of failures; a filter of Snakemake's logger."""

    # Whether Snakemake itself shows the logs of failed jobs.
    shows_logs = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record, if it tells of a job, and keep it."""
        event = getattr(getattr(record, "event", None), "value", "")
        if event == "error":
            # Specs and configs are arguments; `--printshellcmds` shows them.
            record.msg = re.sub(r"(?s)Command '.*' (?=returned |died )", "Its command ", record.msg)
        if event in ("job_info", "job_error") and not record.__dict__["output"]:
            record.__dict__["log"] = []  # The screen has it.
        if event == "job_error":
            record.__dict__["shellcmd"] = ""
            # The second of two logs is Slurm's.
            for log in record.__dict__["log"][: not self.shows_logs]:
                record.__dict__["aux"] = {**record.__dict__["aux"], "it ends with": end_of(log)}
        return True


IN_WORDS = InWords()


def end_of(log: str) -> str:
    """Return the error that a log ends with, or its last lines, below each other."""
    try:
        text = Path(log).read_text("utf-8", "replace")
    except OSError:
        return "(it cannot be read)"
    lines = [line for line in text.splitlines() if line.strip()]
    begins = [place for place, line in enumerate(lines) if line.startswith(ERROR)]
    shown = lines[begins[-1] :][:MOST] if begins else lines[-LAST:]
    return "\n        ".join(shown) or "(nothing)"
