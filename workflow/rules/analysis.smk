# Measures of features that need no classifier (thesis, figures 4.5, 4.6 and 5.6).


rule measure_features:
    input:
        unpack(lambda w: plan.measures[w.encoder, w.dataset, w.split].inputs),
    output:
        table="results/analysis/{encoder}/{dataset}/{split}.parquet",
    log:
        "logs/measure_features/{encoder}/{dataset}/{split}.log",
    benchmark:
        "logs/benchmarks/measure_features/{encoder}/{dataset}/{split}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 4
    resources:
        mem_mb=requests.mem_mb("measure_features"),
        runtime=requests.runtime("measure_features"),
    params:
        script=script("measure_features"),
        spec=lambda w: plan.measures[w.encoder, w.dataset, w.split].spec.text,
        code=lambda w: rule_code("measure_features"),
    message:
        "Measures of the features of {wildcards.encoder} on {wildcards.dataset}/{wildcards.split}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --features {input.features:q} --index {input.index:q} --output {output.table:q}"
        " > {log:q} 2>&1"


rule analysis:
    input:
        [measure.table for measure in plan.measures.values()],
