# Images: from sources to one manifest a data set and split. The only room that knows where pixels
# come from.


rule list_classes:
    input:
        tables=lambda w: images_plan.class_tables(config, w.dataset),
        files=lambda w: needs.made(
            images_plan.class_files(config, w.dataset),
            images_plan.missing_paths(config, w.dataset),
        ),
    output:
        "results/images/{dataset}/classes.parquet",
    log:
        "logs/list_classes/{dataset}.log",
    benchmark:
        "logs/benchmarks/list_classes/{dataset}.tsv"
    priority: lambda w: needs.met(0)
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        online=int(config["compute"]["online"]),
    params:
        script=script("list_classes"),
        spec=lambda w: canonical(images_plan.classes_spec(config, w.dataset)),
        files=lambda w: needs.met(
            canonical(of_files(images_plan.class_files(config, w.dataset)))
        ),
        code=lambda w: rule_code(
            "list_classes", images_plan.source_module(config, w.dataset)
        ),
    message:
        "Classes of {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --online {resources.online}"
        " --tables {input.tables:q} --output {output:q} > {log:q} 2>&1"


rule render_world:
    input:
        classes="results/images/{dataset}/classes.parquet",
    output:
        "results/images/{dataset}/pack.parquet",
    log:
        "logs/render_world/{dataset}.log",
    benchmark:
        "logs/benchmarks/render_world/{dataset}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        script=script("render_world"),
        spec=lambda w: canonical(images_plan.world_spec(config, w.dataset)),
        code=rule_code("render_world"),
    message:
        "Drawing {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --classes {input.classes:q} --output {output:q} > {log:q} 2>&1"


rule build_manifest:
    input:
        classes="results/images/{dataset}/classes.parquet",
        sources=lambda w: needs.made(
            images_plan.source_inputs(config, w.dataset),
            images_plan.missing_paths(config, w.dataset),
        ),
    output:
        train="results/images/{dataset}/train.parquet",
        val="results/images/{dataset}/val.parquet",
        test="results/images/{dataset}/test.parquet",
    log:
        "logs/build_manifest/{dataset}.log",
    benchmark:
        "logs/benchmarks/build_manifest/{dataset}.tsv"
    priority: lambda w: needs.met(0)
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: images_plan.scan_threads(config, w.dataset)
    resources:
        mem_mb=8000,
        runtime=240,
        online=int(config["compute"]["online"]),
        verify=lambda w: int(images_plan.datasets(config)[w.dataset]["verify"]),
    params:
        script=script("build_manifest"),
        spec=lambda w: canonical(images_plan.manifest_spec(config, w.dataset)),
        files=lambda w: needs.met(
            canonical(of_files(images_plan.source_inputs(config, w.dataset)))
        ),
        code=lambda w: rule_code(
            "build_manifest", images_plan.source_module(config, w.dataset)
        ),
    message:
        "Manifests of {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --online {resources.online} --verify {resources.verify}"
        " --classes {input.classes:q} --train {output.train:q} --val {output.val:q} --test {output.test:q}"
        " > {log:q} 2>&1"


rule draw_samples:
    input:
        classes=lambda w: [
            paths.classes(config, name)
            for name in images_plan.expand(config, w.dataset)
        ],
        train=lambda w: [
            paths.manifest(config, name, "train")
            for name in images_plan.expand(config, w.dataset)
        ],
        test=lambda w: [
            paths.manifest(config, name, "test")
            for name in images_plan.expand(config, w.dataset)
        ],
    output:
        report(
            "results/figures/samples_{dataset}.png",
            category="Images",
            labels={"data set": "{dataset}"},
        ),
    log:
        "logs/draw_samples/{dataset}.log",
    benchmark:
        "logs/benchmarks/draw_samples/{dataset}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("draw_samples"),
        code=rule_code("draw_samples"),
    message:
        "Samples of {wildcards.dataset}"
    shell:
        "{params.script} --classes {input.classes:q}"
        " --train {input.train:q} --test {input.test:q} --output {output:q} > {log:q} 2>&1"
