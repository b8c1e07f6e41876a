# Encoders: from images to features, by one job or divided among several. Either way the features
# come from one rule; with shards, it only joins them.
features_code = functools.partial(rule_code, "extract_features")


rule extract_features:
    input:
        manifest=lambda w: plan.images(w.dataset).manifest(w.split),
        encoder=lambda w: needs.made(
            plan.encoders[w.encoder].files, plan.encoders[w.encoder].missing
        ),
        shards=lambda w: plan.encoders[w.encoder].shards(
            w.dataset, w.split, features_code()
        ),
    output:
        features="results/features/{encoder}/{dataset}/{split}.npy",
        index="results/features/{encoder}/{dataset}/{split}.parquet",
    log:
        "logs/extract_features/{encoder}/{dataset}/{split}.log",
    benchmark:
        "logs/benchmarks/extract_features/{encoder}/{dataset}/{split}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: lambda w, input: 1 if input.shards else plan.extraction_threads
    resources:
        mem_mb=requests.mem_mb("extract_features"),
        runtime=requests.runtime("extract_features"),
        nodes=1,
        gpu=lambda w, input: 0 if input.shards else plan.config.compute.gpus,
        device=plan.config.compute.device,
        online=int(plan.config.compute.online),
        shards=lambda w, input: max(1, len(input.shards) // 2),
    params:
        script=lambda w, input: script(
            "extract_features", gpus=0 if input.shards else plan.config.compute.gpus
        ),
        spec=lambda w: plan.encoders[w.encoder].spec.text,
        code=lambda w: features_code(),
    message:
        "Features of {wildcards.encoder} on {wildcards.dataset}/{wildcards.split}"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --gpus {resources.gpu} --online {resources.online}"
        " --shards {resources.shards}"
        " --manifest {input.manifest:q} --features {output.features:q} --index {output.index:q}"
        " > {log:q} 2>&1"


rule extract_shard:
    input:
        manifest=lambda w: plan.images(w.dataset).manifest(w.split),
        encoder=lambda w: needs.made(
            plan.encoders[w.encoder].files, plan.encoders[w.encoder].missing
        ),
    output:
        features=temp(
            "results/features/{encoder}/{dataset}/{split}.shards/{shard}-of-{shards}.npy"
        ),
        index=temp(
            "results/features/{encoder}/{dataset}/{split}.shards/{shard}-of-{shards}.parquet"
        ),
    log:
        "logs/extract_shard/{encoder}/{dataset}/{split}/{shard}-of-{shards}.log",
    benchmark:
        "logs/benchmarks/extract_shard/{encoder}/{dataset}/{split}/{shard}-of-{shards}.tsv"
    wildcard_constraints:
        shard="[0-9]+",
        shards="[0-9]+",
    conda:
        "../../envs/torch.yaml"
    threads: plan.extraction_threads
    resources:
        mem_mb=requests.mem_mb("extract_shard"),
        runtime=requests.runtime("extract_shard"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
        online=int(plan.config.compute.online),
    params:
        script=script("extract_features", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.encoders[w.encoder].spec.text,
        code=lambda w: features_code(),
    message:
        "Features of {wildcards.encoder} on {wildcards.dataset}/{wildcards.split}, shard {wildcards.shard} of {wildcards.shards}"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --gpus {resources.gpu} --online {resources.online}"
        " --shard {wildcards.shard:q} --shards {wildcards.shards:q}"
        " --manifest {input.manifest:q} --features {output.features:q} --index {output.index:q}"
        " > {log:q} 2>&1"
