# A target without outputs: it runs whenever it is asked for.
rule preflight:
    log:
        "logs/preflight.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        script=script("preflight"),
        config=packed(plan.config.model_dump()),
    message:
        "Looking for paths, weights, device and disk"
    shell:
        "{params.script} --config {params.config:q} 2>&1 | tee {log:q}"
