# What is checked besides the config: the graph of jobs when it is built, and what the jobs of a run
# need before the first one starts.
from snakemake.io import is_flagged
from snakemake.scheduling.job_scheduler import JobScheduler

from cogworks.core import leader, slurm
from cogworks.core.warm.start import WARM, can_fork
from cogworks.plan import graph
from cogworks.preflight import cluster, gpus, quick, scratch
from cogworks.stale import code as stale_code
from cogworks.stale import remade

build_dag = workflow._build_dag


def build_checked_dag():
    """Build Snakemake's graph of jobs and check it: no hook of Snakemake's runs on a dry run."""
    settings = workflow.scheduling_settings
    limit = settings and settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        # Snakemake's default. With a limit, each pass of the scheduler starts a timer for another
        # pass, and each job that ends starts one more such chain: after a few hundred jobs
        # Snakemake takes a core for itself. It also waits for its timers at the end, so that a
        # limit over an hour would keep it for an hour. Nothing starts a hundred jobs in a second.
        settings.max_jobs_per_timespan = None
    if works_on_gpus():
        gpus.share(workflow)
    if workflow.is_main_process and not workflow.touch:
        with told_in_words():
            workflow.dag.forcefiles.update(remade.lost())
    build_dag()
    if workflow.remote_exec:
        slurm.record_here(workflow)
        slurm.hand_down_stop(JobScheduler)
    # Neither commands that run nothing, as --summary, nor the processes of single jobs.
    if workflow.executor_plugin is not None and workflow.is_main_process:
        with told_in_words():
            needs.check()
            graph.check_made(workflow)
            graph.check_records(workflow)
        if to_cluster():
            end_if(cluster.too_large(workflow))
        else:
            folder = plan.config.compute.scratch
            end_if([*gpus.too_few(workflow), *scratch.unusable(workflow, folder)])
        if workflow.touch:
            note_touched(workflow.dag)
        elif not workflow.dryrun and not is_refused():
            list_members(workflow.dag)
            needed = kept_outputs(workflow.dag.needrun_jobs())
            with told_in_words():
                remade.note(filter(was_made, needed))


workflow._build_dag = build_checked_dag


def kept_outputs(jobs):
    """Return what jobs make, other than what Snakemake removes itself."""
    made = (path for job in jobs for path in job.output)
    return [path for path in made if not is_flagged(path, "temp")]


def was_made(file):
    """Say whether a file was made before; one that the user has removed left its record."""
    return Path(file).exists() or bool(workflow.persistence.metadata(file))


def forget_made():
    """Take what this run has made out of the note of what is to be made again."""
    with told_in_words():
        remade.forget(kept_outputs(workflow.dag.finished_jobs))


def is_refused():
    """Say whether Snakemake will end here, since another run is at some of the files."""
    return workflow.execution_settings.lock and workflow.persistence.locked


def end_if(problems):
    """Say what is wrong, if anything is, and end."""
    for line in (lines := list(problems)):
        say_error(line)
    if lines:
        sys.exit(1)


def refuse(reason):
    """Say why there is no such target, and end."""
    with told_in_words():
        raise InputError(reason)


def to_cluster():
    """Say whether jobs are submitted to a cluster, or would be without --dry-run."""
    jobs_at_once = workflow.global_resources["_nodes"].value
    return not workflow.local_exec or (workflow.dryrun and jobs_at_once is not None)


def to_slurm():
    """Say whether jobs are submitted to Slurm."""
    settings = type(workflow.executor_settings).__module__
    return settings.startswith("snakemake_executor_plugin_slurm") and not workflow.touch


def runs_here():
    """Say whether this process runs jobs on this machine."""
    runs = workflow.executor_plugin is not None and workflow.is_main_process
    return runs and workflow.local_exec and not workflow.touch and not workflow.dryrun


def works_here():
    """Say whether jobs run on this machine and in this environment."""
    return runs_here() and not deployed


def works_on_gpus():
    """Say whether jobs take GPUs of this machine; Slurm gives its jobs theirs."""
    return runs_here() and plan.config.compute.gpus > 0


def starts_warm():
    """Say whether jobs start with their libraries loaded."""
    compute = plan.config.compute
    return works_here() and compute.warm_start and can_fork(compute.device)


def check_start(jobs):
    """Say what keeps some jobs from reaching their end, and stop."""
    made = ((dict(job.wildcards_dict), map(str, job.output)) for job in jobs)
    needed = quick.Needed.by(made)
    end_if(quick.from_the_future(str(path) for job in jobs for path in job.input))
    end_if(quick.problems(plan, needed))
    if to_slurm():
        if cluster.without_accounts(workflow):
            logger.info("Slurm keeps no accounts here: squeue tells how jobs are.")
        end_if(cluster.twice(workflow))
        end_if(cluster.refused(workflow))
        slurm.keep_unanswered(workflow.scheduler._executor)
    # Networks are built, and weights loaded, where jobs do so.
    if works_here() and quick.to_load(plan, needed):
        command = [
            *place.Script("preflight").words,
            *("--config", packed(plan.config.model_dump())),
            *("--needed", packed(needed.without_outputs)),
        ]
        if subprocess.run(command).returncode:
            sys.exit(1)
    if runs_here() and (plan.config.compute.gpus, plan.config.compute.device) == (
        0,
        "auto",
    ):
        for line in gpus.crowded():
            logger.warning(line)


onstart:
    jobs = list(workflow.dag.needrun_jobs())
    end_if(graph.too_long(jobs))
    check_start(jobs)
    # So that the definitions that an edit changed can be named afterwards: a job's digest is asked
    # for with its params.
    for job in jobs:
        job.params
    stale_code.record()
    if workflow.local_exec:
        leader.lead()
    if starts_warm():
        WARM.start()


# A module's are not run: what it noted stays, and counts once it is gone.
onsuccess:
    forget_made()
    # `make` and `rank` are quiet, and say so themselves.
    quiet = workflow.output_settings and workflow.output_settings.quiet
    if not quiet and rules.build_report.output.html in map(
        str, kept_outputs(workflow.dag.finished_jobs)
    ):
        logger.info(f"The report: {rules.build_report.output.html}")


onerror:
    forget_made()
