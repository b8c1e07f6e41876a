"""How the threads that decode images are shared out among processes.

Imported while the DAG is planned: standard library only.
"""

# Threads that decode in one process: more wait for Python's global lock.
THREADS = 4
# Images in fewer of which processes do not make up for the seconds of their start.
WORTH = 2**14
# Batches that a process has been given: the one that it is at, and the next.
AHEAD = 2


def shares(threads: int, images: int) -> list[int]:
    """Return how many threads each process has that decodes; none where the job's own one does."""
    if threads <= THREADS or images < WORTH:
        return []
    count = -(-threads // THREADS)
    return [threads // count + (number < threads % count) for number in range(count)]
