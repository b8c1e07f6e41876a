# What the whole config will take: jobs, images, hours and disk, measured on this machine once for
# each kind of work, whether its jobs are many or few.


localrules:
    estimate,
    usage,


# No digest of its code: an edit makes no measurement wrong. Delete results/estimates to repeat all.
rule calibrate:
    output:
        "results/estimates/{calibration}.json",
    log:
        "logs/calibrate/{calibration}.log",
    benchmark:
        "logs/benchmarks/calibrate/{calibration}.tsv"
    wildcard_constraints:
        calibration="(encode|train|search)-[0-9a-f]{12}",
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: calibrations.all[w.calibration].threads
    resources:
        mem_mb=requests.mem_mb("calibrate"),
        runtime=requests.runtime("calibrate"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("calibrate", gpus=plan.config.compute.gpus),
        spec=lambda w: calibrations.all[w.calibration].spec.text,
    message:
        "Measuring {wildcards.calibration}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads} --device {resources.device}"
        " --output {output:q} > {log:q} 2>&1"


# A target without outputs: it runs whenever it is asked for.
rule estimate:
    input:
        measured=lambda w: [found.path for found in calibrations.all.values()],
        # The others cannot be measured yet, which the list says.
        clones=[
            synthesis_names.estimate(name)
            for name, drawing in plan.drawings.items()
            if not drawing.first.missing_sources
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
        "What the whole config will take"
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
        spec=lambda w: dry_run.settings_of(workflow).text,
    message:
        "What jobs asked for, and what they used"
    shell:
        "{params.script} --spec {params.spec:q} 2>&1 | tee {log:q}"
