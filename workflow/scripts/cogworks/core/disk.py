"""What is said where a disk is full or cannot be written to."""

import errno
import os

REFUSALS = tuple(
    os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
)
ADVICE = "make room, or make it writable, and run again: what is finished is kept"


def refusal(error: BaseException | None) -> str:
    """Return why a disk refused to be written to; nothing if that is not what failed.

    Some libraries raise an error of their own, in whose context or text the system's is.
    """
    while error is not None:
        if found := [words for words in REFUSALS if words in str(error)]:
            return found[0]
        error = error.__context__
    return ""
