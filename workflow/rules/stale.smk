# What would run again, and why: a target without outputs.


localrules:
    stale,


rule stale:
    log:
        "logs/stale.log",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("stale"),
        runtime=requests.runtime("stale"),
    params:
        # By Snakemake's own interpreter always: no environment holds Snakemake.
        script=place.Script("stale"),
        spec=lambda w: dry_run.settings_of(workflow).text,
    message:
        "What would run again, and why"
    shell:
        "{params.script} --spec {params.spec:q} 2>&1 | tee {log:q}"
