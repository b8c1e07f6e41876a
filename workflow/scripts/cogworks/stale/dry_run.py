"""What Snakemake would run, according to a dry run of Snakemake itself.

A dry run of the default target is made through Snakemake's API, in a process of its own and with
the settings of the calling Snakemake; then its graph of jobs is read. The output of a dry run would
only give reasons without values. The records on disk have several layouts; Snakemake's persistence
layer reads them all.
"""

import contextlib
import io
import signal
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from snakemake.api import DAGApi, SnakemakeApi
from snakemake.io import is_flagged
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    DeploymentMethod,
    DeploymentSettings,
    ExecutionSettings,
    OutputSettings,
    ResourceSettings,
    WorkflowSettings,
)

from cogworks.core.errors import InputError
from cogworks.core.spec import Spec
from cogworks.stale.job import Job, Made, read_made

# Snakemake records params of these types; others, such as `place.Script`, it does not compare.
RECORDED = (type(None), bool, int, float, str, list, tuple, dict, set, frozenset)

Found = TypeVar("Found")


class Persistence(Spec):
    """Where Snakemake keeps its records."""

    backend: str
    url: str | None


class Settings(Spec):
    """What decides on which jobs run, besides the files."""

    snakefile: str
    configfiles: list[str]
    config: dict[str, Any]
    rerun_triggers: list[str]
    max_checksum_file_size: int
    deployment: list[str]
    conda_prefix: str | None
    persistence: Persistence | None


def settings_of(workflow: Any) -> Settings:
    """Return the settings of a Snakemake that runs.

    Args:
        workflow: Snakemake's `Workflow`, as rule files see it.
    """
    deployment = workflow.deployment_settings
    return Settings(
        snakefile=str(workflow.main_snakefile),
        configfiles=[str(path) for path in workflow.config_settings.configfiles],
        config=dict(workflow.config_settings.config),
        rerun_triggers=sorted(trigger.name for trigger in workflow.rerun_triggers),
        max_checksum_file_size=workflow.dag_settings.max_checksum_file_size,
        deployment=sorted(method.name for method in deployment.deployment_method),
        conda_prefix=str(deployment.conda_prefix) if deployment.conda_prefix else None,
        persistence=_persistence(workflow.workflow_settings),
    )


def _persistence(settings: WorkflowSettings) -> Persistence | None:
    """Return where records are kept; None for a Snakemake that can keep them in files only."""
    if not hasattr(settings, "persistence_backend"):
        return None
    return Persistence(
        backend=settings.persistence_backend.name, url=settings.persistence_backend_db_url
    )


def _with_persistence(kept: Persistence | None) -> WorkflowSettings:
    settings = WorkflowSettings()
    if kept is not None:
        settings.persistence_backend = type(settings.persistence_backend)[kept.backend]
        settings.persistence_backend_db_url = kept.url
    return settings


def planned(settings: Settings, targets: Collection[str] = ()) -> list[Job]:
    """Return all jobs of some targets, in the order of their rules in the workflow; see `read`."""
    return read(settings, _read, targets)


def read(
    settings: Settings, reader: Callable[[Any], Found], targets: Collection[str] = ()
) -> Found:
    """Return what is read of Snakemake's workflow when its graph of jobs is built.

    Args:
        settings: see `settings_of`; paths are relative to the working directory.
        reader: what reads it.
        targets: files or rules; none for the default target.

    Raises:
        InputError: Snakemake cannot plan; the message is Snakemake's or the rule files'.
    """
    told = io.StringIO()
    output = OutputSettings(dryrun=True, quiet={Quietness.RULES, Quietness.PROGRESS})
    with _signals_kept(), contextlib.redirect_stderr(told), SnakemakeApi(output) as api:
        try:
            return reader(_dry_run(api, settings, targets).workflow_api._workflow)
        except SystemExit as stopped:
            if isinstance(stopped.__cause__, InputError):  # See `told_in_words` in common.smk.
                raise stopped.__cause__ from None
        except Exception as error:  # of whatever kind: told as on Snakemake's command line
            api.print_exception(error)
        words = told.getvalue().strip()
    raise InputError(f"Snakemake cannot plan the run:\n{words}")


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Undo Snakemake's own reactions to signals, which would outlast the dry run."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _dry_run(api: SnakemakeApi, settings: Settings, targets: Collection[str]) -> DAGApi:
    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(
            config=settings.config, configfiles=[Path(path) for path in settings.configfiles]
        ),
        workflow_settings=_with_persistence(settings.persistence),
        deployment_settings=DeploymentSettings(
            deployment_method={DeploymentMethod[name] for name in settings.deployment},
            conda_prefix=Path(settings.conda_prefix) if settings.conda_prefix else None,
        ),
        snakefile=Path(settings.snakefile),
    )
    # A job that was stopped is forced, as by --rerun-incomplete: without that, planning ends there.
    dag = workflow.dag(
        DAGSettings(
            targets=frozenset(targets),
            force_incomplete=True,
            rerun_triggers={RerunTrigger[name] for name in settings.rerun_triggers},
            max_checksum_file_size=settings.max_checksum_file_size,
        )
    )
    dag.execute_workflow(
        executor="dryrun",
        execution_settings=ExecutionSettings(lock=False, ignore_incomplete=True),
    )
    return dag


def _read(workflow: Any) -> list[Job]:
    rules = {rule.name: place for place, rule in enumerate(workflow.rules)}
    jobs = [job for job in workflow.dag.jobs if not job.is_norun]
    jobs.sort(key=lambda job: (rules[job.rule.name], sorted(job.wildcards_dict.items())))
    places = {job: place for place, job in enumerate(jobs)}
    return [_read_job(job, workflow, places) for job in jobs]


def _read_job(job: Any, workflow: Any, places: dict[Any, int]) -> Job:
    dag, reason = workflow.dag, workflow.dag.reason(job)
    names = {repr(value): name for name, value in job.params.items()}
    recorded = [value for value in job.non_derived_params if isinstance(value, RECORDED)]
    params = {repr(value): names.get(repr(value), "a parameter") for value in recorded}
    return Job(
        rule=job.rule.name,
        wildcards=dict(job.wildcards_dict),
        outputs=tuple(map(str, job.output)),
        now=read_made(map(str, job.input), params),
        before=_recorded(job, workflow.persistence),
        needed=dag.needrun(job),
        missing=tuple(sorted(str(f) for f in reason.missing_output if not is_flagged(f, "temp"))),
        updated=tuple(sorted(map(str, reason.updated_input - reason.updated_input_run))),
        begun=reason.forced,
        command=reason.code_changed,
        environment=reason.software_stack_changed,
        after=tuple(sorted(places[other] for other in dag.dependencies[job] if dag.needrun(other))),
    )


def _recorded(job: Any, persistence: Any) -> Made | None:
    """Return what the job's outputs were made with; if they differ, that of the first one."""
    for path in job.output:
        record = persistence.metadata(path)
        if record and record.get("params") is not None:
            return read_made(record["input"] or [], dict.fromkeys(record["params"], ""))
    return None
