"""Search and fit of whole jobs, killed and resumed, and what they read."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.core.files import read_json
from cogworks.networks.tensor_files import read_facts
from cogworks.probes import sgd
from cogworks.probes.cells import chosen
from cogworks.probes.classifier import (
    Classifier,
    StoredClassifier,
    has_classifier,
    read_classifier,
    write_classifier,
)
from cogworks.probes.fit import columns, fit
from cogworks.probes.models import job_models
from cogworks.probes.noise import cross_apply
from cogworks.probes.study import Study
from cogworks.probes.tune import tune

CPU = torch.device("cpu")
QUICK = {
    "sgd": {"epochs": 5, "batch_size": 32, "trials": 6, "first_batch": 3, "batch": 3},
    "lbfgs": {"trials": 4, "first_batch": 2, "batch": 2},
    "sklearn": {"trials": 4, "first_batch": 2, "batch": 2},
    "knn": {"k": 5},
}


class Job:
    """A job on the toy data set: its spec as the plan makes it, and where its files are."""

    def __init__(
        self, store: Any, folder: Path, plan_job: Callable[..., Any], section: dict[str, Any]
    ) -> None:
        self.store, self.folder, self.plan_job, self.section = store, folder, plan_job, section

    def tune(self, **changes: Any) -> pd.DataFrame:
        spec = self.plan_job(**self.section | changes).tune_spec
        source = self.store.source("toy", "train", normalize=spec.normalize)
        return tune(spec, source, self.folder / "tuning", code="c", device=CPU)

    def fit(
        self,
        trials: pd.DataFrame | None,
        others: tuple[str, ...] = (),
        code: str = "c",
        **changes: Any,
    ) -> pd.DataFrame:
        spec = self.plan_job(others, **self.section | changes).fit_spec
        how = spec.normalize
        train = self.store.source("toy", "train", normalize=how)
        models = job_models(spec, train, CPU)
        tests = [(n, self.store.source(n, "test", normalize=how)) for n in ("toy", *others)]
        return fit(
            spec,
            self.folder / "cells",
            models,
            train=train,
            tests=tests,
            trials=trials,
            code=code,
            device=CPU,
        )


@pytest.fixture
def make(store: Any, tmp_path: Path, plan_job: Callable[..., Any]) -> Callable[..., Job]:
    def job(kind: str = "sgd", folder: str = "job", **keys: Any) -> Job:
        defaults = {"shots": [2, "all"], "seeds": 2}
        section = {"kind": kind, **defaults, **QUICK[kind], **keys}
        return Job(store, tmp_path / folder, plan_job, section)

    store.toy()
    return job


@pytest.mark.parametrize("kind", ["sgd", "lbfgs", "sklearn"])
def test_a_job_from_features_to_scores(make: Callable[..., Job], kind: str) -> None:
    job = make(kind)
    trials = job.tune()
    assert len(trials) == 4 * job.section["trials"]
    assert trials.groupby(["shots", "seed"])["chosen"].sum().tolist() == [1] * 4
    for (shots, seed), group in trials.groupby(["shots", "seed"]):
        params, val_top1 = chosen(trials, shots, seed)
        assert val_top1 == group["val_top1"].max()
        assert set(params) == ({"C"} if kind != "sgd" else {"lr", "weight_decay"})
    scores = job.fit(trials)
    assert list(scores.columns) == list(columns())
    assert scores["shots"].tolist() == ["2", "2", "all", "all"]
    assert scores["n_train"].tolist() == [12, 12, 120, 120]
    assert (scores["top1"] > 2 * 100 / 6).all()
    assert scores["top1"][2:].mean() > scores["top1"][:2].mean()
    predicted = np.load(job.folder / "cells" / "all-0" / "toy.npy")
    assert scores["top1"][2] == pytest.approx(
        100 * np.mean(predicted == np.repeat(np.arange(6), 10))
    )
    right = (predicted == np.repeat(np.arange(6), 10)).reshape(6, 10).sum(axis=1)
    assert scores["class_right"][2] == right.tolist()
    assert scores["class_images"].tolist() == [[10] * 6] * 4


def test_the_final_classifier_is_the_plain_probes(
    make: Callable[..., Job], oracle: Any, store: Any
) -> None:
    job = make()
    trials = job.tune()
    job.fit(trials)
    table = store.source("toy", "train").load(CPU)
    plain = oracle.Plain(table.x, table.y, 6, epochs=5, batch_size=32)
    for seed in (0, 1):
        params, _ = chosen(trials, "all", seed)
        model, _ = plain.fit(torch.arange(120), seed, **params)
        stored = read_classifier(job.folder / "cells" / f"all-{seed}" / "classifier.safetensors")
        assert stored.classifier is not None
        assert stored.classes == table.classes
        difference = (stored.classifier.weight - model.weight).norm() / model.weight.norm()
        assert difference < 1e-6


@pytest.mark.parametrize("batches", [0, 1, 3, 6])
def test_a_killed_search_ends_as_it_would_have_without(
    make: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    whole = make(folder="whole").tune()
    job = make(folder="killed")
    left = [batches]
    tell = Study.tell

    def die(self: Study, *args: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        tell(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Study, "tell", die)
        with pytest.raises(KeyboardInterrupt):
            job.tune()
    pd.testing.assert_frame_equal(job.tune(), whole)


def test_seeds_that_train_together_end_as_they_would_have_alone(
    make: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = make(folder="together").tune()
    monkeypatch.setattr(sgd, "SMALL_STEP", 0)
    pd.testing.assert_frame_equal(make(folder="alone").tune(), together)


def test_another_seed_keeps_the_finished_ones(
    make: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make()
    first = job.tune()
    job.fit(first)
    searched = []
    search = sgd.Sgd.search
    monkeypatch.setattr(
        sgd.Sgd, "search", lambda self, seeds, *a: searched.extend(seeds) or search(self, seeds, *a)
    )
    fitted = []
    fit_ = sgd.Sgd.fit
    monkeypatch.setattr(
        sgd.Sgd, "fit", lambda self, seeds, *a: fitted.extend(seeds) or fit_(self, seeds, *a)
    )
    files = [job.folder / "cells" / "all-1" / name for name in ("toy.npy", "toy.json")]
    before = [path.stat().st_mtime_ns for path in files]
    trials = job.tune(seeds=3)
    scores = job.fit(trials, seeds=3)
    assert set(searched) == {2}
    assert fitted == [2, 2]
    assert [path.stat().st_mtime_ns for path in files] == before
    assert sorted(scores["seed"]) == [0, 0, 1, 1, 2, 2]
    pd.testing.assert_frame_equal(
        trials[trials["seed"] < 2].reset_index(drop=True), first, check_like=True
    )


def test_other_code_features_or_keys_keep_nothing(
    make: Callable[..., Job], store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make(shots=["all"], seeds=1)
    trials = job.tune()
    path = job.folder / "cells" / "all-0" / "toy.json"
    keys = []
    for action in (
        lambda: job.fit(trials),
        lambda: job.fit(trials, code="d"),
        lambda: job.fit(trials, epochs=6),
        lambda: job.fit(trials, momentum=0.5),
        lambda: (store.toy(seed=5), job.fit(trials)),
    ):
        action()
        keys.append(read_json(path)["key"])
    assert len(set(keys)) == len(keys)
    assert not job.tune().equals(trials)


def test_the_search_never_sees_a_test_feature(make: Callable[..., Job], store: Any) -> None:
    for path in store.path("toy", "test"):
        path.unlink()
    assert make().tune()["chosen"].any()


def test_a_further_test_set_fits_nothing_anew(
    make: Callable[..., Job], store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make(classifiers="every")
    trials = job.tune()
    first = job.fit(trials)
    store.toy("shifted", seed=0, spread=3.0)
    monkeypatch.setattr(sgd.Sgd, "fit", None)
    scores = job.fit(trials, ("shifted",))
    assert scores["test_set"].tolist() == ["toy"] * 4 + ["shifted"] * 4
    pd.testing.assert_frame_equal(scores[:4], first)
    assert scores["top1"][4:].mean() < scores["top1"][:4].mean()


@pytest.mark.parametrize(("keep", "left"), [("none", 0), ("full", 2), ("every", 4)])
def test_classifiers_are_kept_as_the_protocol_says(
    make: Callable[..., Job], keep: str, left: int
) -> None:
    job = make(classifiers="none")
    trials = job.tune()
    job.fit(trials)
    job.fit(trials, classifiers=keep)
    assert len(list(job.folder.glob("cells/*/classifier.safetensors"))) == left


def test_a_fit_that_diverges_has_a_row_without_scores(make: Callable[..., Job]) -> None:
    job = make(shots=["all"], normalize="none")
    trials = job.tune()
    trials.loc[trials["seed"] == 1, ["lr", "weight_decay"]] = [1e38, 1e10]
    scores = job.fit(trials)
    assert scores["diverged"].tolist() == [False, True]
    assert scores["top1"].isna().tolist() == [False, True]


@pytest.mark.parametrize("kind", ["sgd", "lbfgs", "sklearn", "knn"])
def test_features_that_are_all_equal_are_refused_before_any_work(
    make: Callable[..., Job], store: Any, kind: str
) -> None:
    job = make(kind)
    store.write("toy", "train", np.ones((24, 12)), np.repeat(np.arange(6), 4))
    with pytest.raises(
        InputError, match=r"toy/train\.npy: the features of all 24 images are equal"
    ):
        job.fit(None) if kind == "knn" else job.tune()
    assert not (job.folder / "tuning").exists()


def test_moved_labels_keep_nothing(make: Callable[..., Job], store: Any) -> None:
    """The same rows by other classes: scores as in an empty folder."""
    job = make("lbfgs", shots=["all"], seeds=1)
    job.fit(job.tune())
    splits = {split: np.load(store.path("toy", split)[0]) for split in ("train", "test")}
    for split, x in splits.items():
        labels = np.minimum(np.arange(len(x)) // (len(x) // 8), 5)
        store.write("toy", split, x, labels)
    fresh = make("lbfgs", folder="fresh", shots=["all"], seeds=1)
    store.write("toy", "train", splits["train"], np.minimum(np.arange(120) // 15, 5))
    store.write("toy", "test", splits["test"], np.minimum(np.arange(60) // 7, 5))
    pd.testing.assert_frame_equal(job.fit(job.tune()), fresh.fit(fresh.tune()))


def test_features_too_small_for_the_penalty_are_warned_of(
    make: Callable[..., Job], store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make("lbfgs", shots=["all"], seeds=1)
    job.tune()
    assert "warning" not in capsys.readouterr().err
    x = 1e-8 * np.load(store.path("toy", "train")[0])
    store.write("toy", "train", x, np.repeat(np.arange(6), 20))
    job.tune()
    assert "penalty holds every score near that of guessing" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["lbfgs", "sklearn"])
def test_who_did_not_converge_is_said_and_recorded(
    make: Callable[..., Job], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    job = make(kind, shots=["all"], seeds=1, C={"low": 10.0, "high": 1e6})
    trials = job.tune()
    assert trials["converged"].all()
    assert job.fit(trials)["converged"].all()
    assert "warning" not in capsys.readouterr().err
    trials = job.tune(max_iterations=1)
    assert not trials["converged"].any()
    assert "did not reach the tolerance 0.0001 in 1 iterations (C " in capsys.readouterr().err
    assert not job.fit(trials, max_iterations=1)["converged"].any()


def test_sgd_has_no_tolerance_to_meet(make: Callable[..., Job]) -> None:
    job = make(shots=["all"], seeds=1)
    trials = job.tune()
    assert trials["converged"].isna().all()
    assert job.fit(trials)["converged"].isna().all()


def test_a_classifier_that_scores_no_image_has_diverged(
    make: Callable[..., Job], capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights that are finite, and logits that are not."""
    job = make("lbfgs", shots=["all"], seeds=1, classifiers="full")
    trials = job.tune()
    job.fit(trials)
    path = job.folder / "cells" / "all-0" / "classifier.safetensors"
    key = read_facts(path)[1]["key"]
    stored = read_classifier(path)
    assert stored.classifier is not None
    huge = Classifier(torch.full((6, 12), 3e38), torch.full((6,), 3e38))
    write_classifier(replace(stored, classifier=huge), path, key=key)
    (job.folder / "cells" / "all-0" / "toy.json").unlink()
    scores = job.fit(trials)
    assert scores["diverged"].tolist() == [True]
    assert scores["top1"].isna().all()
    assert "60 of 60 images" in capsys.readouterr().err


def test_a_search_in_which_one_cell_diverged_ends_there_and_keeps_its_records(
    make: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make("lbfgs", seeds=1, shots=[2, "all"])
    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "finite", False)
        with pytest.raises(InputError, match=r"2-0\.json: every configuration .* diverged"):
            job.tune()
    assert [path.name for path in (job.folder / "tuning").iterdir()] == ["2-0.json"]


def test_pruning_saves_epochs_and_keeps_the_best_so_far(make: Callable[..., Job]) -> None:
    trials = make(pruning={"epoch": 2, "keep": 0.4}).tune()
    assert (trials["state"] == "pruned").sum() == 4 * 2  # of 3, 2 go on
    assert (trials.loc[trials["chosen"], "state"] == "done").all()


def test_nearest_neighbours_among_all_images_leave_nothing_to_chance(
    make: Callable[..., Job],
) -> None:
    scores = make("knn").fit(None)
    assert list(zip(scores["shots"], scores["seed"], strict=True)) == [
        ("2", 0),
        ("2", 1),
        ("all", 0),
    ]
    assert scores["n_train"].tolist() == [12, 12, 120]
    assert (scores["k"] == 5).all()
    assert (scores["top1"] > 30).all()


def test_class_balanced_subsampling_takes_the_same_images_for_every_seed(
    make: Callable[..., Job],
) -> None:
    job = make(per_class=8, shots=["all"])
    assert job.fit(job.tune())["n_train"].tolist() == [48, 48]


def test_a_class_without_test_images_is_refused_by_name(
    make: Callable[..., Job], store: Any
) -> None:
    job = make()
    trials = job.tune()
    x = np.ones((5, 12))
    store.write(
        "toy", "test", x, np.array([0, 1, 2, 3, 5]), classes=[f"n{i:08d}" for i in range(6)]
    )
    with pytest.raises(InputError, match=r"class n00000004 .* no image in .*toy/test\.npy"):
        job.fit(trials)


def test_a_test_set_of_another_encoder_version_is_refused_before_anything_is_fitted(
    make: Callable[..., Job], store: Any
) -> None:
    job = make()
    trials = job.tune()
    store.toy("other", version="v2")
    with pytest.raises(InputError, match=r"other/test\.npy: features of encoder toy, version v2"):
        job.fit(trials, ("other",))
    assert not (job.folder / "cells").exists()


def test_too_few_images_for_the_last_number_of_shots_show_before_any_work(
    make: Callable[..., Job],
) -> None:
    job = make(shots=["all", 17])
    with pytest.raises(InputError, match="shots: 17 images of each class"):
        job.tune()
    assert not (job.folder / "tuning").exists()


def test_confident_predictions_on_another_data_set_are_listed(
    make: Callable[..., Job], store: Any
) -> None:
    job = make("lbfgs", shots=["all"], C={"low": 1e4, "high": 1e5})
    job.fit(job.tune())
    store.toy("other", first=100, seed=0)  # the same looks by other names
    source = store.source("other", "test", normalize=False)
    listed, summary = cross_apply(
        job.folder / "cells", source, confidence=0.99, seeds=2, device=CPU
    )
    assert summary["images"] == 60
    assert 0 < summary["share"] == len(listed) / 120
    assert (listed["confidence"] > 0.99).all()
    table = source.load(CPU)
    for seed in (0, 1):
        stored = read_classifier(job.folder / "cells" / f"all-{seed}" / "classifier.safetensors")
        p = torch.softmax(stored.classifier(table.x), 1).numpy()
        own = listed[listed["seed"] == seed]
        assert len(own) == (p.max(1) > 0.99).sum()
        first = own.iloc[0]
        row = int(first["id"].rsplit("/")[-1])
        assert stored.classes[p[row].argmax()] == first["predicted"]
        assert first["wnid"] == table.classes[table.y[row]]
        assert own["confidence"].is_monotonic_decreasing


def test_a_classifiers_file_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    classifier = Classifier(torch.ones(2, 3), torch.zeros(2), converged=True)
    stored = StoredClassifier(classifier, ["n0", "n1"], normalize=True, n_train=4)
    files = [tmp_path / f"{number}.safetensors" for number in range(5)]
    for path in files:
        write_classifier(stored, path, key="k")
    assert len({path.read_bytes() for path in files}) == 1
    assert has_classifier(files[0], key="k")
    assert not has_classifier(files[0], key="other")
    found = read_classifier(files[0])
    assert (found.classes, found.normalize, found.n_train) == (["n0", "n1"], True, 4)
    assert found.classifier is not None
    assert found.classifier.converged
