# Clones of data sets, drawn from class names by a text-to-image model (thesis, chapter 5).
from cogworks.synthesis import names as synthesis_names


localrules:
    estimate,


rule check_generator:
    input:
        files=lambda w: needs.made(
            synthesis_plan.generator_files(config, w.generator),
            synthesis_plan.missing_model(config, w.generator),
        ),
    output:
        marker="results/synthesis/generators/{generator}.json",
    log:
        "logs/check_generator/{generator}.log",
    benchmark:
        "logs/benchmarks/check_generator/{generator}.tsv"
    wildcard_constraints:
        generator=paths.pattern(synthesis_plan.given(config)),
    priority: lambda w: needs.met(0)
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=16000,
        runtime=120,
        online=int(config["compute"]["online"]),
    params:
        script=script("check_generator"),
        spec=lambda w: canonical(synthesis_plan.given_spec(config, w.generator)),
        files=lambda w: needs.met(
            canonical(of_files(synthesis_plan.generator_files(config, w.generator)))
        ),
        code=rule_code("check_generator"),
    message:
        "Strict loading of the generator {wildcards.generator}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --online {resources.online} --output {output.marker:q} > {log:q} 2>&1"


rule train_generator:
    input:
        manifest=lambda w: synthesis_plan.training_manifest(config, w.generator),
        files=lambda w: needs.made(
            synthesis_plan.training_files(config, w.generator),
            synthesis_plan.missing_model(config, w.generator),
        ),
    output:
        marker="results/synthesis/generators/{generator}.json",
    log:
        "logs/train_generator/{generator}.log",
    benchmark:
        "logs/benchmarks/train_generator/{generator}.tsv"
    wildcard_constraints:
        generator=paths.pattern(synthesis_plan.trained(config)),
    priority: lambda w: needs.met(3)
    conda:
        "../../envs/diffusion.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        script=script("train_generator"),
        spec=lambda w: canonical(synthesis_plan.trained_spec(config, w.generator)),
        files=lambda w: needs.met(
            canonical(of_files(synthesis_plan.training_files(config, w.generator)))
        ),
        code=lambda w: rule_code(
            "train_generator", *synthesis_plan.generator_letters(config, w.generator)
        ),
        scenes=lambda w: synthesis_plan.generator_scenes(config, w.generator),
        folder="results/synthesis/generators/{generator}",
    message:
        "Tiny latent diffusion model {wildcards.generator}: training"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --manifest {input.manifest:q} --scenes {params.scenes:q} --folder {params.folder:q}"
        " --marker {output.marker:q} > {log:q} 2>&1"


rule write_prompts:
    input:
        files=lambda w: needs.made(
            synthesis_plan.prompt_files(config, w.clone),
            synthesis_plan.missing_texts(config, w.clone),
        ),
        generator=lambda w: synthesis_plan.generator_marker(config, w.clone),
    output:
        prompts="results/synthesis/{clone}/prompts.parquet",
        classes="results/synthesis/{clone}/classes.parquet",
    log:
        "logs/write_prompts/{clone}.log",
    benchmark:
        "logs/benchmarks/write_prompts/{clone}.tsv"
    priority: lambda w: needs.met(0)
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("write_prompts"),
        spec=lambda w: canonical(synthesis_plan.prompt_spec(config, w.clone)),
        files=lambda w: needs.met(
            canonical(of_files(synthesis_plan.prompt_files(config, w.clone)))
        ),
        source=lambda w: synthesis_plan.class_source(config, w.clone),
        scenes=lambda w: synthesis_plan.clone_scenes(config, w.clone),
        code=lambda w: rule_code(
            "write_prompts", *synthesis_plan.clone_letters(config, w.clone)
        ),
    message:
        "Prompts of {wildcards.clone}"
    shell:
        "{params.script} --spec {params.spec:q} --source {params.source:q}"
        " --generator {input.generator:q} --scenes {params.scenes:q} --prompts {output.prompts:q}"
        " --classes {output.classes:q} > {log:q} 2>&1"


rule generate_shard:
    input:
        generator=lambda w: synthesis_plan.generator_marker(config, w.clone),
        prompts="results/synthesis/{clone}/prompts.parquet",
        classes="results/synthesis/{clone}/classes.parquet",
    output:
        shard=synthesis_names.shard("{clone}", "{number}"),
        index=synthesis_names.index("{clone}", "{number}"),
    log:
        "logs/generate_shard/{clone}/{number}.log",
    benchmark:
        "logs/benchmarks/generate_shard/{clone}/{number}.tsv"
    wildcard_constraints:
        number="[0-9]{5}",
    priority: 2
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=config["compute"]["gpus"],
        device=config["compute"]["device"],
        batch_size=lambda w: synthesis_plan.clone(config, w.clone)["batch_size"],
    params:
        script=script("generate_shard"),
        spec=lambda w: canonical(synthesis_plan.drawing_spec(config, w.clone)),
        code=rule_code("generate_shard"),
        n_shards=lambda w: synthesis_plan.clone(config, w.clone)["n_shards"],
    message:
        "Shard {wildcards.number} of {wildcards.clone} (of {params.n_shards}): drawing"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --generator {input.generator:q} --prompts {input.prompts:q}"
        " --classes {input.classes:q} --number {wildcards.number:q} --n-shards {params.n_shards:q}"
        " --batch-size {resources.batch_size} --output {output.shard:q} --index {output.index:q}"
        " > {log:q} 2>&1"


rule merge_clone:
    input:
        shards=lambda w: synthesis_plan.shards(config, w.clone),
        classes="results/synthesis/{clone}/classes.parquet",
    output:
        manifest="results/synthesis/{clone}/manifest.parquet",
        quality="results/synthesis/{clone}/quality.parquet",
    log:
        "logs/merge_clone/{clone}.log",
    benchmark:
        "logs/benchmarks/merge_clone/{clone}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        script=script("merge_clone"),
        spec=lambda w: canonical(synthesis_plan.merge_spec(config, w.clone)),
        code=rule_code("merge_clone"),
        n_shards=lambda w: synthesis_plan.clone(config, w.clone)["n_shards"],
    message:
        "Manifest and quality of {wildcards.clone}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --n-shards {params.n_shards:q} --classes {input.classes:q} --manifest {output.manifest:q}"
        " --quality {output.quality:q} > {log:q} 2>&1"


rule score_clone:
    input:
        manifest="results/synthesis/{clone}/manifest.parquet",
        prompts="results/synthesis/{clone}/prompts.parquet",
        files=lambda w: needs.made(
            synthesis_plan.judge_files(config, w.clone),
            synthesis_plan.missing_judge(config, w.clone),
        ),
    output:
        table="results/synthesis/{clone}/similarity.parquet",
    log:
        "logs/score_clone/{clone}.log",
    benchmark:
        "logs/benchmarks/score_clone/{clone}.tsv"
    priority: lambda w: needs.met(0)
    conda:
        "../../envs/diffusion.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=240,
        gpu=config["compute"]["gpus"],
        device=config["compute"]["device"],
    params:
        script=script("score_clone"),
        spec=lambda w: canonical(synthesis_plan.judge_spec(config, w.clone)),
        files=lambda w: needs.met(
            canonical(of_files(synthesis_plan.judge_files(config, w.clone)))
        ),
        code=rule_code("score_clone"),
    message:
        "Similarity of images and texts of {wildcards.clone}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --manifest {input.manifest:q} --prompts {input.prompts:q}"
        " --output {output.table:q} > {log:q} 2>&1"


rule draw_sheets:
    input:
        real=lambda w: paths.manifest(config, w.dataset, "train"),
        classes=lambda w: paths.classes(config, w.dataset),
        clones=lambda w: synthesis_plan.clone_manifests(config, w.dataset),
    output:
        sheets="results/synthesis/sheets/{dataset}.json",
        overview="results/synthesis/sheets/{dataset}.png",
    log:
        "logs/draw_sheets/{dataset}.log",
    benchmark:
        "logs/benchmarks/draw_sheets/{dataset}.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        script=script("draw_sheets"),
        spec=lambda w: canonical(synthesis_plan.sheet_spec(config, w.dataset)),
        code=rule_code("draw_sheets"),
        folder="results/synthesis/sheets/{dataset}",
    message:
        "Contact sheets of {wildcards.dataset} and its clones"
    shell:
        "{params.script} --spec {params.spec:q} --real {input.real:q}"
        " --clones {input.clones:q} --classes {input.classes:q} --folder {params.folder:q}"
        " --overview {output.overview:q} --output {output.sheets:q} > {log:q} 2>&1"


rule estimate_clone:
    input:
        generator=lambda w: synthesis_plan.generator_marker(config, w.clone),
        prompts="results/synthesis/{clone}/prompts.parquet",
        classes="results/synthesis/{clone}/classes.parquet",
    output:
        estimate="results/synthesis/{clone}/estimate.json",
    log:
        "logs/estimate_clone/{clone}.log",
    benchmark:
        "logs/benchmarks/estimate_clone/{clone}.tsv"
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
        gpu=config["compute"]["gpus"],
        device=config["compute"]["device"],
    params:
        script=script("estimate_clone"),
        spec=lambda w: canonical(synthesis_plan.drawing_spec(config, w.clone)),
        code=rule_code("estimate_clone"),
        n_shards=lambda w: synthesis_plan.clone(config, w.clone)["n_shards"],
    message:
        "Cost of {wildcards.clone}: calibration"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --generator {input.generator:q} --prompts {input.prompts:q}"
        " --classes {input.classes:q} --n-shards {params.n_shards} --output {output.estimate:q}"
        " > {log:q} 2>&1"


rule estimate:
    input:
        estimates=[
            synthesis_names.estimate(name) for name in config["synthesis"]["clones"]
        ],
    log:
        "logs/estimate.log",
    conda:
        "../../envs/base.yaml"
    params:
        script=script("show_estimates"),
    message:
        "What the clones will cost"
    shell:
        "{params.script} {input.estimates:q} | tee {log:q}"
