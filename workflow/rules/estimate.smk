# What is left to do for a config: jobs, images, time and disk. Each kind of work that is left is
# measured on this machine once, whether its jobs are many or few.


localrules:
    estimate,
    usage,


# No digest of its code: an edit makes no measurement wrong. Delete results/estimates to repeat all.
rule calibrate:
    input:
        lambda w: calibrations.all[w.calibration].inputs,
    output:
        "results/estimates/{calibration}.json",
    log:
        "logs/calibrate/{calibration}.log",
    benchmark:
        "logs/benchmarks/calibrate/{calibration}.tsv"
    wildcard_constraints:
        calibration="[a-z]+-[0-9a-f]{12}",
    conda:
        "../../envs/diffusion.yaml"
    threads: lambda w: calibrations.all[w.calibration].threads_in(workflow)
    resources:
        mem_mb=requests.mem_mb("calibrate"),
        runtime=requests.runtime("calibrate"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("calibrate", gpus=plan.config.compute.gpus),
        spec=lambda w: calibrations.all[w.calibration].spec.text,
        # With others it takes another time.
        with_threads=lambda w: calibrations.all[w.calibration].threads_in(workflow),
    message:
        "Measuring {wildcards.calibration}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads} --device {resources.device}"
        " --output {output:q} > {log:q} 2>&1"


# A target without outputs: it runs whenever it is asked for.
rule estimate:
    input:
        measured=lambda w: [
            found.path
            for found in calibrations.all.values()
            if found.path in measurements()
        ],
        # So that their images are counted.
        counted=lambda w: calibrations.manifests,
        # The others cannot be measured yet, which the list says, or are sketched.
        clones=lambda w: [
            synthesis_names.estimate(drawing.name)
            for drawing in plan.drawings.values()
            if synthesis_names.estimate(drawing.name) in measurements()
            and not drawing.first.missing_sources
        ],
    log:
        "logs/estimate.log",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("estimate"),
        runtime=requests.runtime("estimate"),
    params:
        # By Snakemake's own interpreter always: no environment holds Snakemake.
        script=place.Script("show_estimates"),
        config=packed(plan.config.model_dump()),
        settings=lambda w: dry_run.settings_of(workflow).text,
        parts=lambda w: packed(targets.parts),
        warm=lambda w: "--warm" if starts_warm() else "",
    message:
        "What is left to do, and how long it will take"
    shell:
        "{params.script} --config {params.config:q} --parts {params.parts:q}"
        " --settings {params.settings:q} {params.warm} --clones {input.clones:q} 2>&1 | tee {log:q}"


# A target without outputs, too.
rule usage:
    log:
        "logs/usage.log",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("usage"),
        runtime=requests.runtime("usage"),
    params:
        # By Snakemake's own interpreter always: no environment holds Snakemake.
        script=place.Script("show_usage"),
        config=packed(plan.config.model_dump()),
        spec=lambda w: dry_run.settings_of(workflow).text,
        warm=lambda w: "--warm" if starts_warm() else "",
    message:
        "What jobs asked for, and what they used"
    shell:
        "{params.script} --config {params.config:q} --spec {params.spec:q} {params.warm} 2>&1"
        " | tee {log:q}"
