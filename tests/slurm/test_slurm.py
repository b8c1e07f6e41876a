"""The workflow on a Slurm cluster of several nodes (`make test-slurm`)."""

import itertools
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch

from cogworks.core.files import read_parquet

pytestmark = pytest.mark.slurm

ON_GPUS = {
    *("calibrate", "estimate_clone", "extract_features", "extract_shard", "fit_probes"),
    *("extract_together", "generate_shard", "score_clone", "train_encoder", "tune_probes"),
}
# On a command line.
BASE = "--folder results/training/base "
TWO_NODES = {"training": {"base": {"compute": {"nodes": 2, "processes": 1}}}}


FEATURES = "results/features/base/seen/test.parquet"


def check_same(found: dict[str, bytes], expected: dict[str, bytes], *, whole: bool = True) -> None:
    """Check that two runs have the same files, or one some of the other's, with the same bytes."""
    assert found.keys() == expected.keys() if whole else found.keys() <= expected.keys()
    differing = [name for name, content in found.items() if content != expected[name]]
    assert not differing


def check_none_twice_at_once(run: Any) -> None:
    """Check that no job of Snakemake's was two jobs of Slurm's at the same time."""
    by_name: dict[str, list[Any]] = {}
    for job in run.jobs():
        by_name.setdefault(job.what, []).append(job.span)
    for name, spans in by_name.items():
        for (_, end), (start, _) in itertools.pairwise(sorted(spans)):
            assert end <= start, name


def test_a_run_on_several_nodes_gives_what_a_local_run_gives(
    on_slurm: Callable[..., Any], local: dict[str, bytes]
) -> None:
    """Every kind of job, one training on two nodes, each job that can use a GPU with one."""
    run = on_slurm("plain", {"compute": {"gpus": 1}} | TWO_NODES)
    run.end(run.start())
    check_same(run.results(), local)
    jobs = run.jobs()
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert max(Counter(job.what for job in jobs).values()) == 1
    assert set(itertools.chain.from_iterable(job.nodes for job in jobs)) == {"n1", "n2", "n3"}
    [training] = run.jobs("train_encoder base")
    assert training.nodes == ["n1", "n2"]
    for job in jobs:
        joins = job.what.startswith("extract_features base_")  # what others have extracted
        number = int(job.rule in ON_GPUS and not joins)
        assert job.gpus == number * len(job.nodes), job
    assert training.get("TresPerNode") == "gres:gpu:1"
    assert "Nothing to be done" in run.end(run.start())
    assert len(run.jobs()) == len(jobs)
    usage = run.end(run.start("usage"))
    assert re.search(r"\ntrain_encoder +2 +\d+", usage)
    assert "more than the" not in usage


@pytest.mark.brief
def test_a_training_on_two_nodes_and_its_features(on_slurm: Callable[..., Any]) -> None:
    here = on_slurm("local_part")
    here.project.snakemake(FEATURES, seconds=600)
    run = on_slurm("part", {"compute": {"gpus": 1}} | TWO_NODES)
    run.end(run.start(FEATURES), seconds=600)
    check_same(run.results(), here.results())
    assert {job.state for job in run.jobs()} == {"COMPLETED"}
    [training] = run.jobs("train_encoder base")
    assert (training.nodes, training.gpus) == (["n1", "n2"], 2)
    assert "Nothing to be done" in run.end(run.start(FEATURES), seconds=600)


@pytest.fixture(scope="module")
def faulty(on_slurm: Callable[..., Any]) -> Any:
    """A run in which one training has too little memory, and n3 takes no jobs."""
    base = {"compute": {"runtime": 30, **TWO_NODES["training"]["base"]["compute"]}}
    few = {"on_clone": {"compute": {"mem_mb": 500}}, "base": base}
    found = on_slurm("faults", {"training": few})
    node = ["scontrol", "update", "NodeName=n3"]
    found.cluster.run(*node, "State=DRAIN", "Reason=test")
    yield found
    found.cluster.run(*node, "State=RESUME")


def test_a_drained_node_a_controller_that_is_away_and_a_cancelled_job(
    faulty: Any, local: dict[str, bytes]
) -> None:
    snakemake = faulty.start("results/synthesis/clone/manifest.parquet")
    faulty.wait(lambda: faulty.processes("select_concepts.py"))
    faulty.cluster.stop_controller()
    time.sleep(15)
    faulty.cluster.start_controller()
    # A job is cancelled when it has drawn some of its images.
    folder = faulty.folder / "results/synthesis/clone"
    faulty.wait(lambda: any(p.stat().st_size for p in folder.glob(".shard-00000.*.partial")))
    with faulty.held("generate_shard.py", "--number 00000"):
        faulty.cluster.run("scancel", str(faulty.jobs("generate_shard clone_00000")[0].number))
    faulty.end(snakemake)
    first, second = faulty.jobs("generate_shard clone_00000")
    assert (first.state, second.state) == ("CANCELLED", "COMPLETED")
    # Twice the memory and the time.
    assert 1000 < first.memory < 4000
    assert second.memory == 2 * first.memory
    assert (first.minutes, second.minutes) == (15, 30)
    log = (faulty.folder / "logs/generate_shard/clone/00000.log").read_text()
    kept = re.search(r"shard-00000.tar: (\d+) of (\d+) images", log)
    assert kept is not None
    assert 0 < int(kept[1]) < int(kept[2])
    assert {name for job in faulty.jobs() for name in job.nodes} <= {"n1", "n2"}
    check_same(faulty.results(), local, whole=False)


def test_too_little_memory_or_time_and_a_snakemake_that_is_killed(
    faulty: Any, local: dict[str, bytes]
) -> None:
    targets = [f"results/training/{name}/encoder.safetensors" for name in ("base", "on_clone")]
    snakemake = faulty.start(*targets)
    state = faulty.folder / "results/training/base.state"
    # Out of time when it has done some steps.
    faulty.wait((state / "tensorboard").is_dir)
    time.sleep(0.5)
    with faulty.held("train_encoder.py", BASE):
        [job] = faulty.jobs("train_encoder base")
        faulty.cluster.run("scontrol", "update", f"JobId={job.number}", "EndTime=now")
        faulty.wait(lambda: faulty.states("train_encoder base") != ["RUNNING"])
    faulty.wait(lambda: len(faulty.jobs("train_encoder base")) == 2)
    assert 0 < torch.load(state / "last.pt", weights_only=True)["step"] < 60
    # Snakemake is killed while the second attempt runs, and started again.
    faulty.wait(lambda: faulty.processes("train_encoder.py", BASE))
    with faulty.held("train_encoder.py", BASE):
        snakemake.kill()
        assert "Error: Directory cannot be locked" in faulty.end(faulty.start(*targets), status=1)
        faulty.end(faulty.start("--unlock"))
        said = faulty.end(faulty.start(*targets), status=1)
        left = faulty.jobs("train_encoder base")[-1].number
        assert f"left 1 jobs with Slurm that this run would start again beside them: {left}" in said
    faulty.wait(lambda: faulty.states("train_encoder base")[-1] == "COMPLETED")
    faulty.end(faulty.start(*targets))
    first, second = faulty.jobs("train_encoder base")
    # Slurm has changed what the first one asked for, since its end was moved.
    assert (first.state, second.minutes) == ("TIMEOUT", 60)
    assert first.nodes == second.nodes == ["n1", "n2"]
    *killed, last = faulty.jobs("train_encoder on_clone")
    assert [job.memory for job in (*killed, last)] == [500, 1000, 1500][: len(killed) + 1]
    assert killed
    for job in killed:  # FAILED if Slurm saw it in the step only
        assert job.state in ("FAILED", "OUT_OF_MEMORY")
        assert "oom-kill" in faulty.output(job)
    check_none_twice_at_once(faulty)
    check_same(faulty.results(), local, whole=False)


def test_a_preempted_job_is_the_same_job_again_and_goes_on(
    faulty: Any, local: dict[str, bytes]
) -> None:
    """A training over two nodes, which Slurm stops and queues again, as where others come first."""
    for name in ("base", "base.state"):
        shutil.rmtree(faulty.folder / "results/training" / name, ignore_errors=True)
    before = len(faulty.jobs("train_encoder base"))
    snakemake = faulty.start("results/training/base/encoder.safetensors")
    state = faulty.folder / "results/training/base.state"
    faulty.wait((state / "tensorboard").is_dir)
    time.sleep(0.5)
    with faulty.held("train_encoder.py", BASE):
        number = str(faulty.jobs("train_encoder base")[-1].number)
        faulty.cluster.run("scontrol", "requeue", number)
        faulty.wait(lambda: faulty.states("train_encoder base")[-1] != "RUNNING")
    faulty.wait(lambda: faulty.states("train_encoder base")[-1] == "PENDING")
    kept = torch.load(state / "last.pt", weights_only=True)
    assert 0 < kept["step"] < 60
    # Slurm would let it wait for two minutes.
    faulty.cluster.run("scontrol", "update", f"JobId={number}", "StartTime=now")
    faulty.end(snakemake)
    [job] = faulty.jobs("train_encoder base")[before:]
    assert (str(job.number), job.get("Restarts"), job.state) == (number, "1", "COMPLETED")
    # What it recorded before, how fast it was among that, is what its results begin with.
    metrics = read_parquet(faulty.folder / "results/training/base/metrics.parquet")
    values = kept["metrics"]["value"]
    assert list(metrics["value"][: len(values)]) == values != []
    check_same(faulty.results(), local, whole=False)


@pytest.mark.brief
@pytest.mark.parametrize(
    ("options", "gpus", "words"),
    [
        (["--default-resources", "slurm_partition=cpu"], 1, "node configuration is not available"),
        (["--max-threads", "4"], 0, "node configuration is not available"),
        (["--default-resources", "slurm_partition=none"], 0, "Invalid partition name"),
    ],
    ids=["no GPU", "too few cores", "no such partition"],
)
def test_what_slurm_would_refuse_is_told_before_any_job(
    on_slurm: Callable[..., Any], options: list[str], gpus: int, words: str
) -> None:
    run = on_slurm("refused", {"compute": {"gpus": gpus}})
    said = run.end(run.start("results/analysis/base/seen/test.parquet", *options), status=1)
    assert "Slurm would not take this job" in said
    assert words in said
    assert not run.jobs()
