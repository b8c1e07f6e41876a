# Training: from a manifest and a recipe to an encoder and its classifier. The state of a run lies
# beside its results and is not an output: a failed or stopped job continues from it when it is run again.


rule train_encoder:
    input:
        unpack(lambda w: plan.runs[w.run].inputs),
        start=lambda w: needs.made(
            plan.runs[w.run].start_file, plan.runs[w.run].missing
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
    priority: 1
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: plan.runs[w.run].cores
    resources:
        mem_mb=requests.mem_mb("train_encoder"),
        runtime=requests.runtime("train_encoder"),
        device=plan.config.compute.device,
        nodes=lambda w: plan.runs[w.run].compute.nodes,
        # On several nodes the job's own `srun` starts a task on each; a resource of None is none.
        gpu=lambda w: plan.runs[w.run].gpus_of_one_node,
        gres=lambda w: plan.runs[w.run].gpus_of_each_node,
        tasks=lambda w: plan.runs[w.run].tasks,
        tasks_per_gpu=lambda w: 0 if plan.runs[w.run].tasks else None,
        mpi=lambda w: "srun" if plan.runs[w.run].tasks else None,
        processes=lambda w: plan.runs[w.run].compute.processes,
        process_threads=lambda w: plan.runs[w.run].compute.threads,
        workers=lambda w: plan.runs[w.run].workers,
        cache_mb=lambda w: plan.runs[w.run].compute.cache_mb,
        checkpoint_minutes=lambda w: plan.runs[w.run].compute.checkpoint_minutes,
        scratch=plan.config.compute.scratch or "",
    params:
        script=lambda w: script(
            "train_encoder", gpus=plan.runs[w.run].gpus_of_one_node or 0
        ),
        spec=lambda w: plan.runs[w.run].spec.text,
        files=lambda w: plan.runs[w.run].files,
        start=lambda w: plan.runs[w.run].start_file,
        code=lambda w: plan.runs[w.run].code,
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
        " --checkpoint-minutes {resources.checkpoint_minutes} --scratch {resources.scratch:q}"
        " --processes {resources.processes} --nodes {resources.nodes}"
        " > {log:q} 2>&1"
