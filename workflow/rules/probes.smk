# Probes: from features to scores.
#
# Search and fit are rules of their own, so that no test feature is an input of the search, and a
# further test set or seed searches nothing anew that is done. One job holds all seeds and numbers
# of shots of one (encoder, data set, protocol); its cells are in an undeclared folder beside the
# output and survive when the job is killed or run again.


rule tune_probes:
    input:
        features=lambda w: probes_plan.training_features(
            config, w.encoder, w.dataset, w.protocol, 0
        ),
        indices=lambda w: probes_plan.training_features(
            config, w.encoder, w.dataset, w.protocol, 1
        ),
        manifests=lambda w: probes_plan.manifests(
            config, w.encoder, w.dataset, w.protocol, "train"
        ),
        levels=lambda w: probes_plan.group_levels(
            config, w.encoder, w.dataset, w.protocol
        ),
    output:
        trials="results/tuning/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/tune_probes/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/tune_probes/{encoder}/{dataset}/{protocol}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: probes_plan.threads(config)
    resources:
        mem_mb=lambda w, input: probes_plan.memory(input.features),
        runtime=720,
        gpu=config["compute"]["gpus"],
        device=config["compute"]["device"],
    params:
        script=script("tune_probes"),
        spec=lambda w: canonical(
            probes_plan.tune_spec(config, w.encoder, w.dataset, w.protocol)
        ),
        cells="results/tuning/{encoder}/{dataset}/{protocol}.cells",
        code=lambda w: rule_code(
            "tune_probes", probes_plan.kind_module(config, w.protocol)
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
        trials=lambda w: probes_plan.tuned(config, w.encoder, w.dataset, w.protocol),
        train_features=lambda w: probes_plan.training_features(
            config, w.encoder, w.dataset, w.protocol, 0
        ),
        train_indices=lambda w: probes_plan.training_features(
            config, w.encoder, w.dataset, w.protocol, 1
        ),
        train_manifests=lambda w: probes_plan.manifests(
            config, w.encoder, w.dataset, w.protocol, "train"
        ),
        test_features=lambda w: probes_plan.test_features(
            config, w.encoder, w.dataset, w.protocol, 0
        ),
        test_indices=lambda w: probes_plan.test_features(
            config, w.encoder, w.dataset, w.protocol, 1
        ),
        test_manifests=lambda w: probes_plan.manifests(
            config, w.encoder, w.dataset, w.protocol, "test"
        ),
        other_features=lambda w: probes_plan.other_features(
            config, w.encoder, w.dataset, w.protocol, 0
        ),
        other_indices=lambda w: probes_plan.other_features(
            config, w.encoder, w.dataset, w.protocol, 1
        ),
        other_manifests=lambda w: probes_plan.other_manifests(
            config, w.encoder, w.dataset, w.protocol
        ),
        levels=lambda w: probes_plan.group_levels(
            config, w.encoder, w.dataset, w.protocol
        ),
    output:
        scores="results/probes/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/fit_probes/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/fit_probes/{encoder}/{dataset}/{protocol}.tsv"
    wildcard_constraints:
        protocol=paths.pattern(probes_plan.protocols(config, own=False)),
    conda:
        "../../envs/torch.yaml"
    threads: probes_plan.threads(config)
    resources:
        mem_mb=lambda w, input: probes_plan.memory(input.train_features),
        runtime=240,
        gpu=config["compute"]["gpus"],
        device=config["compute"]["device"],
    params:
        script=script("fit_probes"),
        spec=lambda w: canonical(
            probes_plan.fit_spec(config, w.encoder, w.dataset, w.protocol)
        ),
        cells="results/probes/{encoder}/{dataset}/{protocol}.cells",
        code=lambda w: rule_code(
            "fit_probes", probes_plan.kind_module(config, w.protocol)
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
        run=lambda w: probes_plan.run_classifier(config, w.encoder, w.protocol),
        features=lambda w: probes_plan.test_features(
            config, w.encoder, w.dataset, w.protocol, 0
        )
        + probes_plan.other_features(config, w.encoder, w.dataset, w.protocol, 0),
        indices=lambda w: probes_plan.test_features(
            config, w.encoder, w.dataset, w.protocol, 1
        )
        + probes_plan.other_features(config, w.encoder, w.dataset, w.protocol, 1),
        manifests=lambda w: probes_plan.manifests(
            config, w.encoder, w.dataset, w.protocol, "test"
        )
        + probes_plan.other_manifests(config, w.encoder, w.dataset, w.protocol),
    output:
        scores="results/probes/{encoder}/{dataset}/{protocol}.parquet",
    log:
        "logs/score_classifiers/{encoder}/{dataset}/{protocol}.log",
    benchmark:
        "logs/benchmarks/score_classifiers/{encoder}/{dataset}/{protocol}.tsv"
    wildcard_constraints:
        protocol=paths.pattern(probes_plan.protocols(config, own=True)),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=lambda w, input: probes_plan.memory(input.features),
        runtime=60,
        device="cpu",
    params:
        script=script("score_classifiers"),
        spec=lambda w: canonical(
            probes_plan.fit_spec(config, w.encoder, w.dataset, w.protocol)
        ),
        run=lambda w: paths.run_dir(config["encoders"][w.encoder]["run"]),
        cells="results/probes/{encoder}/{dataset}/{protocol}.cells",
        code=lambda w: rule_code(
            "score_classifiers",
            probes_plan.kind_module(config, w.protocol),
            LOSSES.module(
                training_plan.spec(config, config["encoders"][w.encoder]["run"])[
                    "loss"
                ]["kind"]
            ),
        ),
    message:
        "The classifier of {wildcards.encoder}'s own training on {wildcards.dataset}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --run {params.run:q} --features {input.features:q}"
        " --indices {input.indices:q} --manifests {input.manifests:q}"
        " --cells {params.cells:q} --output {output.scores:q} > {log:q} 2>&1"


rule cross_classifiers:
    input:
        scores="results/probes/{encoder}/{dataset}/{protocol}.parquet",
        features=lambda w: paths.features(w.encoder, w.other, "test")[0],
        index=lambda w: paths.features(w.encoder, w.other, "test")[1],
        manifest=lambda w: paths.manifest(config, w.other, "test"),
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
        mem_mb=4000,
        runtime=60,
        device="cpu",
    params:
        script=script("cross_classifiers"),
        spec=lambda w: canonical(
            probes_plan.cross_spec(config, w.encoder, w.dataset, w.other, w.protocol)
        ),
        cells="results/probes/{encoder}/{dataset}/{protocol}.cells",
        code=lambda w: rule_code(
            "cross_classifiers", probes_plan.kind_module(config, w.protocol)
        ),
    message:
        "The {wildcards.protocol} classifiers of {wildcards.dataset} on {wildcards.other}, {wildcards.encoder}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --features {input.features:q} --index {input.index:q}"
        " --manifest {input.manifest:q} --cells {params.cells:q} --output {output.listed:q}"
        " > {log:q} 2>&1"
