import pytest

from cogworks.training import progress
from cogworks.training.metrics import Metrics


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    result = Clock()
    monkeypatch.setattr(progress, "time", result)
    return result


def test_images_a_second_are_those_of_training_and_the_rest_includes_validation(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = progress.Progress(steps=100, steps_per_epoch=10, batch=8, first_step=0)
    clock.now += 20
    with shown.apart():
        clock.now += 20
    assert shown.rates(20) == {"images_per_second": 8.0, "wait_share": 0.0}
    shown.show(20, Metrics())
    assert "8.00 images/s, 0% waiting, 2 min 40 s left" in capsys.readouterr().err
    clock.now += 10
    assert shown.rates(60)["images_per_second"] == 32.0


def test_waiting_for_data_is_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress.Progress(steps=40, steps_per_epoch=10, batch=1000, first_step=20)
    with shown.waiting():
        clock.now += 3
    clock.now += 9
    shown.show(32, Metrics())
    assert "1000 images/s, 25% waiting, 8 s left" in capsys.readouterr().err
    assert shown.rates(32)["wait_share"] == 0.25
