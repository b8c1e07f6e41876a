# What is looked at before hours of work: by the target `preflight` for all of the config, and
# before the first job of every run for what its jobs need.
import subprocess

from cogworks.preflight import quick
from cogworks.stale import code as stale_code


# A target without outputs: it runs whenever it is asked for.
rule preflight:
    log:
        "logs/preflight.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        script=script("preflight"),
        config=packed(plan.config.model_dump()),
    message:
        "Looking for paths, weights, device and disk"
    shell:
        "{params.script} --config {params.config:q} 2>&1 | tee {log:q}"


def check_start(jobs):
    """Say what keeps some jobs from reaching their end, and stop."""
    made = ((dict(job.wildcards_dict), map(str, job.output)) for job in jobs)
    needed = quick.Needed.by(made)
    for line in (problems := list(quick.problems(plan, needed))):
        logger.error(line)
    if problems:
        sys.exit(1)
    # Weights are loaded where jobs load them: in this environment and on this machine, or not here.
    loads = workflow.local_exec and not deployed and not workflow.touch
    if loads and quick.to_load(plan, needed):
        command = [
            *place.Script("preflight").words,
            *("--config", packed(plan.config.model_dump())),
            *("--needed", packed(needed.without_outputs)),
        ]
        if subprocess.run(command).returncode:
            sys.exit(1)


onstart:
    jobs = list(workflow.dag.needrun_jobs())
    check_start(jobs)
    # So that the definitions that an edit changed can be named afterwards: a job's digest is asked
    # for with its params.
    for job in jobs:
        job.params
    stale_code.record()
