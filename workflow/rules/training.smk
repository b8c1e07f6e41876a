# Training: from a manifest and a recipe to an encoder and its classifier. The state of a run lies
# beside its results and is no output: a failed or stopped job goes on from it when it is run again.


rule train_encoder:
    input:
        manifest=lambda w: training_plan.manifest(config, w.run),
        validation=lambda w: training_plan.validation_manifest(config, w.run),
        start=lambda w: needs.made(
            training_plan.start_file(config, w.run),
            training_plan.missing_paths(config, w.run),
        ),
    output:
        encoder="results/training/{run}/encoder.safetensors",
        classifier="results/training/{run}/classifier.safetensors",
        spec="results/training/{run}/spec.json",
        metrics="results/training/{run}/metrics.parquet",
    log:
        "logs/train_encoder/{run}.log",
    benchmark:
        "logs/benchmarks/train_encoder/{run}.tsv"
    priority: lambda w: needs.met(1)
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: training_plan.cores(config, w.run)
    resources:
        mem_mb=lambda w, attempt: attempt * training_plan.mem_mb(config, w.run),
        runtime=lambda w: training_plan.compute(config, w.run)["runtime"],
        gpu=lambda w: training_plan.gpus(config, w.run),
        device=config["compute"]["device"],
        nodes=lambda w: training_plan.compute(config, w.run)["nodes"],
        processes=lambda w: training_plan.compute(config, w.run)["processes"],
        process_threads=lambda w: training_plan.compute(config, w.run)["threads"],
        workers=lambda w: training_plan.compute(config, w.run)["workers"],
        cache_mb=lambda w: training_plan.compute(config, w.run)["cache_mb"],
        checkpoint_minutes=lambda w: training_plan.compute(config, w.run)[
            "checkpoint_minutes"
        ],
    params:
        script=script("train_encoder"),
        spec=lambda w: canonical(training_plan.spec(config, w.run)),
        files=lambda w: needs.met(
            canonical(of_files(training_plan.start_file(config, w.run)))
        ),
        start=lambda w: training_plan.start_file(config, w.run),
        code=lambda w: run_code(training_plan.spec(config, w.run)),
    message:
        "Training {wildcards.run}"
    # In the shell's place: a scheduler's signal goes to every process of a job, and would end the
    # shell, and with it the job, while the training is still saving.
    shell:
        "exec {params.script} --spec {params.spec:q}"
        " --threads {resources.process_threads} --device {resources.device}"
        " --manifest {input.manifest:q} --validation {input.validation:q}"
        " --start {params.start:q}"
        " --folder results/training/{wildcards.run:q} --state results/training/{wildcards.run:q}.state"
        " --workers {resources.workers} --cache-mb {resources.cache_mb}"
        " --checkpoint-minutes {resources.checkpoint_minutes}"
        " --processes {resources.processes} --nodes {resources.nodes}"
        " > {log:q} 2>&1"
