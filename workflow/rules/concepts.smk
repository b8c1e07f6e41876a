# From WordNet to levels: which concepts are eligible, how far each is from the seen ones, and who
# is in which level (thesis 3.3). The images room counts the images in folders (index_folder);
# here the counts of several places are added up.
rule scan_image_counts:
    input:
        files=lambda w: needs.made(
            plan.benchmarks[w.benchmark].scan_files,
            plan.benchmarks[w.benchmark].missing,
        ),
    output:
        counts="results/concepts/{benchmark}/image_counts.csv",
    log:
        "logs/scan_image_counts/{benchmark}.log",
    benchmark:
        "logs/benchmarks/scan_image_counts/{benchmark}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("scan_image_counts"),
        runtime=requests.runtime("scan_image_counts"),
    params:
        script=script("scan_image_counts"),
        spec=lambda w: plan.benchmarks[w.benchmark].scan_spec.text,
        files=lambda w: canonical(of_files(plan.benchmarks[w.benchmark].scan_files)),
        code=lambda w: rule_code("scan_image_counts"),
    message:
        "Adding up the images of each class for {wildcards.benchmark}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --threads {threads} --output {output.counts:q} > {log:q} 2>&1"


rule select_concepts:
    input:
        files=lambda w: needs.made(
            plan.benchmarks[w.benchmark].select_files,
            plan.benchmarks[w.benchmark].missing,
        ),
    output:
        eligible="results/concepts/{benchmark}/eligible.parquet",
        seen="results/concepts/{benchmark}/seen.parquet",
        filters="results/concepts/{benchmark}/filters.csv",
    log:
        "logs/select_concepts/{benchmark}.log",
    benchmark:
        "logs/benchmarks/select_concepts/{benchmark}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("select_concepts"),
        runtime=requests.runtime("select_concepts"),
    params:
        script=script("select_concepts"),
        spec=lambda w: plan.benchmarks[w.benchmark].select_spec.text,
        files=lambda w: canonical(of_files(plan.benchmarks[w.benchmark].select_files)),
        code=lambda w: rule_code("select_concepts"),
    message:
        "Selecting the eligible concepts of {wildcards.benchmark}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --eligible {output.eligible:q} --seen {output.seen:q} --filters {output.filters:q}"
        " > {log:q} 2>&1"


rule rank_concepts:
    input:
        eligible="results/concepts/{benchmark}/eligible.parquet",
        seen="results/concepts/{benchmark}/seen.parquet",
        files=lambda w: needs.made(
            plan.benchmarks[w.benchmark].rank_files,
            plan.benchmarks[w.benchmark].missing,
        ),
    output:
        ranking="results/concepts/{benchmark}/ranking.parquet",
    log:
        "logs/rank_concepts/{benchmark}.log",
    benchmark:
        "logs/benchmarks/rank_concepts/{benchmark}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("rank_concepts"),
        runtime=requests.runtime("rank_concepts"),
    params:
        script=script("rank_concepts"),
        spec=lambda w: plan.benchmarks[w.benchmark].rank_spec.text,
        files=lambda w: canonical(of_files(plan.benchmarks[w.benchmark].rank_files)),
        code=lambda w: rule_code(
            "rank_concepts", plan.benchmarks[w.benchmark].similarity_module
        ),
    message:
        "Ranking the concepts of {wildcards.benchmark} by similarity to the seen ones"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --eligible {input.eligible:q} --seen {input.seen:q} --ranking {output.ranking:q}"
        " > {log:q} 2>&1"


rule split_levels:
    input:
        ranking="results/concepts/{benchmark}/ranking.parquet",
        eligible="results/concepts/{benchmark}/eligible.parquet",
        files=lambda w: needs.made(
            plan.benchmarks[w.benchmark].level_files,
            plan.benchmarks[w.benchmark].missing,
        ),
    output:
        levels="results/concepts/{benchmark}/levels.parquet",
        summary="results/concepts/{benchmark}/level_summary.csv",
    log:
        "logs/split_levels/{benchmark}.log",
    benchmark:
        "logs/benchmarks/split_levels/{benchmark}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("split_levels"),
        runtime=requests.runtime("split_levels"),
    params:
        script=script("split_levels"),
        spec=lambda w: plan.benchmarks[w.benchmark].level_spec.text,
        files=lambda w: canonical(of_files(plan.benchmarks[w.benchmark].level_files)),
        code=lambda w: rule_code("split_levels"),
    message:
        "Cutting the ranking of {wildcards.benchmark} into levels"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --ranking {input.ranking:q} --eligible {input.eligible:q} --levels {output.levels:q}"
        " --summary {output.summary:q} > {log:q} 2>&1"


rule concepts:
    input:
        [benchmark.targets for benchmark in plan.benchmarks.values()],
