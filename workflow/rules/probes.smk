# Probes: from features to scores.
#
# Search and fit are rules of their own, so that no test feature is an input of the search, and a
# further test set or seed repeats no finished search. One job holds all seeds and numbers of shots
# of one (encoder, data set, protocol); its cells are in an undeclared folder beside the output and
# survive when the job is killed or run again.


rule tune_probes:
    input:
        unpack(lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].tune_inputs),
    output:
        trials="results/tuning/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/tune_probes/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/tune_probes/{encoder}/{dataset}/{protocol}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: plan.probe_threads
    resources:
        mem_mb=requests.mem_mb("tune_probes"),
        runtime=requests.runtime("tune_probes"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("tune_probes", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].tune_spec.text,
        cells=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].searches,
        code=lambda w: rule_code(
            "tune_probes", *plan.jobs[w.encoder, w.dataset, w.protocol].entries
        ),
    message:
        "Search of {wildcards.protocol} for {wildcards.encoder} on {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --features {input.features:q} --indices {input.indices:q}"
        " --manifests {input.manifests:q} --levels {input.levels:q} --cells {params.cells:q}"
        " --output {output.trials:q} > {log:q} 2>&1"


rule fit_probes:
    input:
        unpack(lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].fit_inputs),
    output:
        scores="results/probes/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/fit_probes/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/fit_probes/{encoder}/{dataset}/{protocol}.tsv"
    wildcard_constraints:
        protocol=paths.pattern(plan.protocols(own=False)),
    conda:
        "../../envs/torch.yaml"
    threads: plan.probe_threads
    resources:
        mem_mb=requests.mem_mb("fit_probes"),
        runtime=requests.runtime("fit_probes"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("fit_probes", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].fit_spec.text,
        cells=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].cells,
        code=lambda w: rule_code(
            "fit_probes", *plan.jobs[w.encoder, w.dataset, w.protocol].entries
        ),
    message:
        "Fit of {wildcards.protocol} for {wildcards.encoder} on {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --trials {input.trials:q} --levels {input.levels:q}"
        " --train-features {input.train_features:q} --train-indices {input.train_indices:q}"
        " --train-manifests {input.train_manifests:q}"
        " --test-features {input.test_features:q} --test-indices {input.test_indices:q}"
        " --test-manifests {input.test_manifests:q}"
        " --other-features {input.other_features:q} --other-indices {input.other_indices:q}"
        " --other-manifests {input.other_manifests:q}"
        " --cells {params.cells:q} --output {output.scores:q} > {log:q} 2>&1"


rule score_classifiers:
    input:
        unpack(lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].classifier_inputs),
        classifier=lambda w: needs.made(
            plan.encoders[w.encoder].classifier_files, plan.encoders[w.encoder].missing
        ),
    output:
        scores="results/probes/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/score_classifiers/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/score_classifiers/{encoder}/{dataset}/{protocol}.tsv"
    wildcard_constraints:
        protocol=paths.pattern(plan.protocols(own=True)),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("score_classifiers"),
        runtime=requests.runtime("score_classifiers"),
        device="cpu",
    params:
        script=script("score_classifiers"),
        spec=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].fit_spec.text,
        cells=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].cells,
        code=lambda w: rule_code(
            "score_classifiers", *plan.jobs[w.encoder, w.dataset, w.protocol].entries
        ),
    message:
        "The classifier of {wildcards.encoder}'s own training on {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --features {input.features:q}"
        " --indices {input.indices:q} --manifests {input.manifests:q}"
        " --cells {params.cells:q} --output {output.scores:q} > {log:q} 2>&1"


rule cross_classifiers:
    input:
        unpack(
            lambda w: plan.crossings[w.encoder, w.dataset, w.other, w.protocol].inputs
        ),
    output:
        listed="results/crossed/{encoder}/{dataset}/{other}/{protocol}.parquet",
    log:
        "logs/cross_classifiers/{encoder}/{dataset}/{other}/{protocol}.log",
    benchmark:
        "logs/benchmarks/cross_classifiers/{encoder}/{dataset}/{other}/{protocol}.tsv"
    wildcard_constraints:
        other="[^/]+",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("cross_classifiers"),
        runtime=requests.runtime("cross_classifiers"),
        device="cpu",
    params:
        script=script("cross_classifiers"),
        spec=lambda w: (
            plan.crossings[w.encoder, w.dataset, w.other, w.protocol].spec.text
        ),
        cells=lambda w: plan.jobs[w.encoder, w.dataset, w.protocol].cells,
        code=lambda w: rule_code("cross_classifiers"),
    message:
        "The {wildcards.protocol} classifiers of {wildcards.dataset} on {wildcards.other}, {wildcards.encoder}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --features {input.features:q} --index {input.index:q}"
        " --manifest {input.manifest:q} --cells {params.cells:q} --output {output.listed:q}"
        " > {log:q} 2>&1"
