"""Progress in a log: plain lines, nothing lost."""

import pytest

from cogworks.core import progress


def test_items_pass_through_and_the_last_line_counts_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress.track(range(5), label="reading", unit="images")) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err.startswith("reading: 5/5 images")


def test_lines_come_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 6))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    list(progress.track(iter("abcd"), label="x", total=4))
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["x: 2/4 it, 0.2 it/s, 12 s left", "x: 4/4 it, 0.2 it/s"]


@pytest.mark.parametrize("terminal", [False, True])
def test_images_are_counted_where_items_are_batches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: terminal)
    clock = iter(range(0, 1000, 2))
    if not terminal:
        monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    batches = progress.track([[1] * 256, [1] * 44], label="x", total=300, unit="images", count=len)
    assert len(list(batches)) == 2
    last = capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    assert (
        ("300/300" in last and "images/s" in last)
        if terminal
        else (last == "x: 300/300 images, 50.0 images/s")
    )


def test_what_was_done_before_makes_the_work_no_faster(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    work = progress.track([20], label="shard", total=1000, unit="images", count=int, done=500)
    assert list(work) == [20]
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "shard: 520/1000 images, 2.0 images/s, 4 min 00 s left"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.1234, "0.12 s"),
        (7, "7 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7620, "2 h 07 min"),
        (172799, "2 days 0 h"),
        (1500.6 * 86400, "1,500 days 14 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert progress.format_duration(seconds) == text
