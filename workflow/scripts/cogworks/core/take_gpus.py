"""Take free GPUs and become a job that sees no others: take_gpus.py COUNT FOLDER GPU... -- COMMAND.

A GPU is taken by the lock on its file in FOLDER. The lock stays with the process that the command
becomes and with its forks. When they have ended, for whatever reason, the kernel drops it. While
too few are free, this waits.

Runs with `-I -S` and imports next to nothing: it is started once a job.
"""

import fcntl
import os
import sys
import time

# Seconds until it looks again.
PAUSE = 0.5


def main() -> None:
    split = sys.argv.index("--")
    count, folder, *gpus = sys.argv[1:split]
    command = sys.argv[split + 1 :]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        taken = _wait(int(count), folder, gpus)
    except OSError as error:
        sys.exit(f"error: {folder}: {error.strerror}; set TMPDIR to a folder on a local disk")
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(taken)
    os.execvp(command[0], command)  # noqa: S606


def _wait(count: int, folder: str, gpus: list[str]) -> list[str]:
    told = False
    while not (taken := _take(count, folder, gpus)):
        if not told:
            print(f"waiting for {count} of {len(gpus)} GPUs: other jobs have them", file=sys.stderr)
            told = True
        time.sleep(PAUSE)
    return taken


def _take(count: int, folder: str, gpus: list[str]) -> list[str]:
    """Return the GPUs that are this process's from now on; none if fewer than `count` are free."""
    # One process at a time, so that no two hold a part each of what both need.
    turn = _open(folder, "turn")
    fcntl.flock(turn, fcntl.LOCK_EX)
    held: dict[str, int] = {}
    for gpu in gpus:
        if len(held) < count:
            descriptor = _open(folder, gpu)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held[gpu] = descriptor
            except BlockingIOError:
                os.close(descriptor)
    enough = len(held) == count
    for descriptor in held.values():
        if enough:
            os.set_inheritable(descriptor, True)
        else:
            os.close(descriptor)
    os.close(turn)
    return list(held) if enough else []


def _open(folder: str, name: str) -> int:
    return os.open(f"{folder}/{name.replace('/', '-')}", os.O_RDWR | os.O_CREAT, 0o600)


if __name__ == "__main__":
    main()
