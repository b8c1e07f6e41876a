# Images: from sources to one manifest a data set and split. The only room that knows where pixels
# come from.


# A folder in which images are counted is listed once: its counts, and the manifests of all data sets
# that read it, come from this index. Listing waits for the file system.
rule index_folder:
    input:
        files=lambda w: needs.made([], plan.folder_of[w.folder].missing),
    output:
        index="results/folders/{folder}/images.parquet",
        counts="results/folders/{folder}/counts.csv",
    log:
        "logs/index_folder/{folder}.log",
    benchmark:
        "logs/benchmarks/index_folder/{folder}.tsv"
    priority: 2
    conda:
        "../../envs/base.yaml"
    threads: 4
    resources:
        mem_mb=requests.mem_mb("index_folder"),
        runtime=requests.runtime("index_folder"),
    params:
        script=script("index_folder"),
        spec=lambda w: plan.folder_of[w.folder].spec.text,
        code=lambda w: rule_code("index_folder"),
    message:
        "Listing the images of {wildcards.folder}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --index {output.index:q} --counts {output.counts:q} > {log:q} 2>&1"


# Samples, packs and the lists of flat folders mix their classes. Such a source is read once, from
# front to back: its classes, and the manifests of all data sets that read it, come from this index.
rule index_source:
    input:
        files=lambda w: needs.made(
            plan.source_of[w.source].dataset.source_files,
            plan.source_of[w.source].dataset.missing,
        ),
    output:
        "results/sources/{source}/images.parquet",
    log:
        "logs/index_source/{source}.log",
    benchmark:
        "logs/benchmarks/index_source/{source}.tsv"
    priority: 2
    conda:
        "../../envs/base.yaml"
    threads: lambda w: plan.source_of[w.source].dataset.scan_threads
    resources:
        mem_mb=requests.mem_mb("index_source"),
        runtime=requests.runtime("index_source"),
    params:
        script=script("index_source"),
        spec=lambda w: plan.source_of[w.source].spec.text,
        files=lambda w: canonical(
            of_files(plan.source_of[w.source].dataset.source_files)
        ),
        code=lambda w: rule_code(
            "index_source", *plan.source_of[w.source].dataset.source_modules
        ),
    message:
        "Listing the images of {wildcards.source}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --output {output:q} > {log:q} 2>&1"


rule list_classes:
    input:
        indices=lambda w: plan.datasets[w.dataset].class_indices,
        tables=lambda w: plan.datasets[w.dataset].concept_tables,
        files=lambda w: needs.made(
            plan.datasets[w.dataset].class_files,
            plan.datasets[w.dataset].missing,
        ),
    output:
        "results/images/{dataset}/classes.parquet",
    log:
        "logs/list_classes/{dataset}.log",
    benchmark:
        "logs/benchmarks/list_classes/{dataset}.tsv"
    priority: 2
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("list_classes"),
        runtime=requests.runtime("list_classes"),
        online=int(plan.config.compute.online),
    params:
        script=script("list_classes"),
        spec=lambda w: plan.datasets[w.dataset].classes_spec.text,
        files=lambda w: canonical(of_files(plan.datasets[w.dataset].class_files)),
        code=lambda w: rule_code(
            "list_classes", *plan.datasets[w.dataset].source_modules
        ),
    message:
        "Classes of {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --online {resources.online} --indices {input.indices:q}"
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
    priority: 2
    conda:
        "../../envs/base.yaml"
    threads: 2
    resources:
        mem_mb=requests.mem_mb("render_world"),
        runtime=requests.runtime("render_world"),
    params:
        script=script("render_world"),
        spec=lambda w: plan.datasets[w.dataset].world_spec.text,
        code=lambda w: rule_code("render_world"),
    message:
        "Drawing {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --classes {input.classes:q} --output {output:q} > {log:q} 2>&1"


rule build_manifest:
    input:
        classes="results/images/{dataset}/classes.parquet",
        indices=lambda w: plan.datasets[w.dataset].indices,
        sources=lambda w: needs.made(
            plan.datasets[w.dataset].source_files,
            plan.datasets[w.dataset].missing,
        ),
    output:
        train="results/images/{dataset}/train.parquet",
        val="results/images/{dataset}/val.parquet",
        test="results/images/{dataset}/test.parquet",
    log:
        "logs/build_manifest/{dataset}.log",
    benchmark:
        "logs/benchmarks/build_manifest/{dataset}.tsv"
    priority: 2
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: plan.datasets[w.dataset].scan_threads
    resources:
        mem_mb=requests.mem_mb("build_manifest"),
        runtime=requests.runtime("build_manifest"),
        online=int(plan.config.compute.online),
        verify=lambda w: int(plan.datasets[w.dataset].section.verify),
    params:
        script=script("build_manifest"),
        spec=lambda w: plan.datasets[w.dataset].manifest_spec.text,
        files=lambda w: canonical(of_files(plan.datasets[w.dataset].source_files)),
        code=lambda w: rule_code(
            "build_manifest", *plan.datasets[w.dataset].source_modules
        ),
    message:
        "Manifests of {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --online {resources.online} --verify {resources.verify} --indices {input.indices:q}"
        " --classes {input.classes:q} --train {output.train:q} --val {output.val:q} --test {output.test:q}"
        " > {log:q} 2>&1"


rule draw_samples:
    input:
        unpack(lambda w: plan.sample_inputs(w.dataset)),
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
        mem_mb=requests.mem_mb("draw_samples"),
        runtime=requests.runtime("draw_samples"),
    params:
        script=script("draw_samples"),
        code=lambda w: rule_code("draw_samples"),
    message:
        "Samples of {wildcards.dataset}"
    shell:
        "{params.script} --classes {input.classes:q}"
        " --train {input.train:q} --test {input.test:q} --output {output:q} > {log:q} 2>&1"
