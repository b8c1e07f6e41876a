# Encoders: from images to features, by one job or divided among several. Either way the features
# come from one rule; with shards, it only joins them. Encoders that take the same pixels are encoded
# together by one job, which hands its features to the job of each (see cogworks/encoders/together.py).
features_code = functools.partial(rule_code, "extract_features")


rule extract_features:
    input:
        manifest=lambda w: plan.images(w.dataset).manifest(w.split),
        encoder=lambda w: needs.made(
            plan.encoders[w.encoder].files, plan.encoders[w.encoder].missing
        ),
        shards=lambda w: plan.encoders[w.encoder].shards(w.dataset, w.split),
        company=company_record,
    output:
        features="results/features/{encoder}/{dataset}/{split}.npy",
        index="results/features/{encoder}/{dataset}/{split}.parquet",
    log:
        "logs/extract_features/{encoder}/{dataset}/{split}.log",
    benchmark:
        "logs/benchmarks/extract_features/{encoder}/{dataset}/{split}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: lambda w, input: 1 if input.shards or takes(w) else plan.extraction_threads
    resources:
        mem_mb=requests.mem_mb("extract_features"),
        runtime=requests.runtime("extract_features"),
        nodes=1,
        gpu=gpus_of,
        device=plan.config.compute.device,
        online=int(plan.config.compute.online),
        shards=lambda w, input: max(1, len(input.shards) // 2),
        take=lambda w: int(takes(w)),
        company=lambda w: plan.companies.of(
            plan.encoders[w.encoder], w.dataset, w.split
        )
        or "none",
    params:
        script=lambda w, input: script("extract_features", gpus=gpus_of(w, input)),
        spec=lambda w: plan.encoders[w.encoder].spec.text,
        code=lambda w: features_code(),
    message:
        "Features of {wildcards.encoder} on {wildcards.dataset}/{wildcards.split}"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --gpus {resources.gpu} --online {resources.online}"
        " --shards {resources.shards} --take {resources.take} --company {resources.company}"
        " --manifest {input.manifest:q} --features {output.features:q} --index {output.index:q}"
        " > {log:q} 2>&1"


rule extract_shard:
    input:
        manifest=lambda w: plan.images(w.dataset).manifest(w.split),
        encoder=lambda w: needs.made(
            plan.encoders[w.encoder].files, plan.encoders[w.encoder].missing
        ),
        company=company_record,
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
    threads: lambda w: 1 if takes(w) else plan.extraction_threads
    resources:
        mem_mb=requests.mem_mb("extract_shard"),
        runtime=requests.runtime("extract_shard"),
        nodes=1,
        gpu=gpus_of,
        device=plan.config.compute.device,
        online=int(plan.config.compute.online),
        take=lambda w: int(takes(w)),
    params:
        script=lambda w, input: script("extract_features", gpus=gpus_of(w, input)),
        spec=lambda w: plan.encoders[w.encoder].spec.text,
        code=lambda w: features_code(),
    message:
        "Features of {wildcards.encoder} on {wildcards.dataset}/{wildcards.split}, shard {wildcards.shard} of {wildcards.shards}"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --gpus {resources.gpu} --online {resources.online}"
        " --shard {wildcards.shard:q} --shards {wildcards.shards:q} --take {resources.take}"
        " --manifest {input.manifest:q} --features {output.features:q} --index {output.index:q}"
        " > {log:q} 2>&1"


rule extract_together:
    input:
        manifest=lambda w: plan.images(w.dataset).manifest(w.split),
    output:
        record="results/features/together/{dataset}/{split}/{pixels}/{number}/{shard}-of-{shards}.json",
    log:
        "logs/extract_together/{dataset}/{split}/{pixels}/{number}/{shard}-of-{shards}.log",
    benchmark:
        "logs/benchmarks/extract_together/{dataset}/{split}/{pixels}/{number}/{shard}-of-{shards}.tsv"
    wildcard_constraints:
        pixels="[0-9a-f]{8}",
        number="[0-9]+",
        shard="[0-9]+",
        shards="[0-9]+",
    conda:
        "../../envs/torch.yaml"
    threads: plan.extraction_threads
    resources:
        mem_mb=requests.mem_mb("extract_together"),
        runtime=requests.runtime("extract_together"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
        online=int(plan.config.compute.online),
        at_once=plan.config.compute.encoders_together,
    params:
        script=script("extract_together", gpus=plan.config.compute.gpus),
        # Who is encoded is no param: each one's own job has its spec.
        code=lambda w: features_code(),
    message:
        "Features of several encoders on {wildcards.dataset}/{wildcards.split}"
    shell:
        "exec {params.script} --threads {threads}"
        " --device {resources.device} --gpus {resources.gpu} --online {resources.online}"
        " --shard {wildcards.shard:q} --shards {wildcards.shards:q} --at-once {resources.at_once}"
        " --manifest {input.manifest:q} --record {output.record:q}"
        " > {log:q} 2>&1"
