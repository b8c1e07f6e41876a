"""Processes that decode: the same features, errors by name, and nothing left of them, ever."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.core.place import ROOT
from cogworks.encoders import extract as extraction
from cogworks.encoders import loader, processes, shares
from cogworks.encoders.extract import extract
from cogworks.encoders.loader import Batch, BatchLoader
from cogworks.encoders.specs import EncoderSpec
from cogworks.images.manifest import Manifest
from cogworks.networks.pixels import make_decoder

Images = Callable[..., Manifest]
SHARED = "/dev/shm"  # noqa: S108
# A job that decodes, which tells when batches have come, and waits.
JOB = """
import sys, time
from cogworks.encoders.loader import BatchLoader
from cogworks.images.manifest import read_manifest
from cogworks.networks.pixels import make_decoder

decode = make_decoder(decoder="pil", size=8, resize=8, interpolation="bicubic")
manifest = read_manifest(sys.argv[1])
spans = [(0, 4)] * 100
for batch in BatchLoader(manifest, decode, size=8, threads=2, processes=[1, 1]).batches(spans):
    print("batch", flush=True)
    time.sleep(0.2)
"""


def batches(manifest: Manifest, each: list[int]) -> Iterator[Batch]:
    decode = make_decoder(decoder="pil", size=8, resize=8, interpolation="bicubic")
    spans = [(row, row + 2) for row in range(0, len(manifest), 2)]
    found = BatchLoader(manifest, decode, size=8, threads=1, processes=each)
    return found.batches(spans)


def children(parent: int | None = None) -> list[int]:
    """The processes that decode for this one, or for another one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text().rpartition(")")[2].split()
            words = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(after[1]) == (parent or os.getpid()) and b"encoders.processes" in words:
            found.append(int(stat.parent.name))
    return found


def wait_for_end(pids: list[int]) -> None:
    """Fail where one of the processes still runs after some seconds (a zombie does not)."""
    for _ in range(100):
        left = [pid for pid in pids if _runs(pid)]
        if not left:
            return
        time.sleep(0.1)
    raise AssertionError(f"still there: {left}")


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_processes_do_not_change_a_byte(
    tmp_path: Path,
    manifest_of: Images,
    spec_of: Callable[..., EncoderSpec],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole, and where a signal to all processes stopped it in between."""
    manifest = manifest_of(21, on_corrupt="drop", corrupt=(3, 20))
    monkeypatch.setattr(extraction, "CHUNK_BATCHES", 2)

    def run(stem: str, threads: int) -> bool:
        paths = {"npy": tmp_path / f"{stem}.npy", "index": tmp_path / f"{stem}.parquet"}
        device = torch.device("cpu")
        return extract(manifest, spec_of(), device=device, threads=threads, **paths)

    def contents(stem: str) -> list[bytes]:
        return [(tmp_path / f"{stem}{end}").read_bytes() for end in (".npy", ".parquet")]

    assert run("threads", 1)
    monkeypatch.setattr(shares, "WORTH", 1)
    assert run("whole", 6)
    assert contents("whole") == contents("threads")

    write, pids = extraction.PartialFeatures.write, []

    def signalling(self: extraction.PartialFeatures, chunk: int, *args: object) -> None:
        write(self, chunk, *args)  # type: ignore[arg-type]
        if chunk == 1:
            pids.extend(children())
            for pid in [*pids, os.getpid()]:
                os.kill(pid, signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(extraction.PartialFeatures, "write", signalling)
        assert not run("cut", 6)
    assert len(pids) == 2
    wait_for_end(pids)
    assert run("cut", 6)
    assert contents("cut") == contents("threads")
    assert not children()


def test_a_file_that_has_gone_is_named(manifest_of: Images) -> None:
    manifest = manifest_of(12)
    Path(manifest.frame["path"][7]).unlink()
    messages = []
    for each in ([], [1]):
        with pytest.raises(InputError, match="the file has gone since") as caught:
            list(batches(manifest, each))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert not children()


def test_any_other_error_tells_where_it_was(
    manifest_of: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "PlaceReader", lambda column, cache_bytes: None)
    with pytest.raises(AttributeError, match="no attribute 'read'") as caught:
        list(batches(manifest_of(2), [1]))
    assert "in _fill" in caught.value.__notes__[0]


@pytest.mark.fault(
    "Processes", "a process that decodes images is killed", how="SIGKILL after the first batch"
)
def test_one_that_is_killed_is_told(manifest_of: Images, fault: Any) -> None:
    found = batches(manifest_of(40), [1, 1])
    next(found)
    os.kill(children()[0], signal.SIGKILL)
    with fault.refused(match="was killed by signal 9"):
        list(found)
    assert not children()
    fault.lost("the chunk that was being encoded; the next run goes on with it")


def test_one_that_is_killed_while_it_starts_is_told(
    manifest_of: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = processes._Worker.send

    def killing(self: processes._Worker, what: object) -> None:
        send(self, what)
        self._process.kill()

    monkeypatch.setattr(processes._Worker, "send", killing)
    with pytest.raises(InputError, match="was killed by signal 9"):
        list(batches(manifest_of(2), [1]))
    assert not children()


def test_whoever_stops_early_leaves_no_process(manifest_of: Images) -> None:
    found = batches(manifest_of(40), [1, 1])
    next(found)
    pids = children()
    assert len(pids) == 2
    found.close()  # type: ignore[attr-defined]
    assert not any(map(_runs, pids))


class Broken:
    """What cannot be received."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("x",)


@pytest.mark.parametrize("what", ["order", "batch"])
def test_one_that_fails_by_itself_is_told(
    manifest_of: Images,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if what == "order":
        monkeypatch.setattr(loader, "PlaceReader", lambda column, cache_bytes: Broken())
    else:
        monkeypatch.setattr(loader.ImageReader, "places", lambda self, rows: [Broken()])
    with pytest.raises(InputError, match="decodes images ended with status 1"):
        list(batches(manifest_of(2), [1]))
    assert "ValueError: invalid literal" in capfd.readouterr().err
    assert not children()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("whole", [True, False], ids=["all processes", "the job's process alone"])
def test_a_job_that_is_ended_leaves_nothing(
    tmp_path: Path, manifest_of: Images, number: signal.Signals, whole: bool
) -> None:
    manifest = manifest_of(4)
    before = set(os.listdir(SHARED))
    with subprocess.Popen(
        [sys.executable, "-c", JOB, str(manifest.path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "batch\n"
        pids = children(job.pid)
        assert len(pids) == 2
        if whole:
            os.killpg(job.pid, number)
        else:
            job.send_signal(number)
        job.wait(60)
        wait_for_end(pids)
        assert job.stderr is not None
        told = job.stderr.read()
    assert told.count("Traceback") == (number == signal.SIGINT)
    assert set(os.listdir(SHARED)) <= before
