# What is looked at before hours of work, for all of the config. Every run looks at what its own jobs
# need (checks.smk).


# A target without outputs: it runs whenever it is asked for.
rule preflight:
    log:
        "logs/preflight.log",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("preflight"),
        runtime=requests.runtime("preflight"),
    params:
        script=script("preflight"),
        config=packed(plan.config.model_dump()),
    message:
        "Looking for paths, weights, device, compiler and disk"
    shell:
        "{params.script} --config {params.config:q} 2>&1 | tee {log:q}"
