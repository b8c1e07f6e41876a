# Clones of data sets, drawn from class names by a text-to-image model (thesis, chapter 5).
from cogworks.synthesis import names as synthesis_names


wildcard_constraints:
    drawing=paths.pattern(plan.drawings),


rule check_generator:
    input:
        files=lambda w: needs.made(
            plan.generators[w.generator].files, plan.generators[w.generator].missing
        ),
    output:
        marker="results/synthesis/generators/{generator}.json",
    log:
        "logs/check_generator/{generator}.log",
    benchmark:
        "logs/benchmarks/check_generator/{generator}.tsv"
    wildcard_constraints:
        generator=paths.pattern(plan.given_generators),
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("check_generator"),
        runtime=requests.runtime("check_generator"),
        online=int(plan.config.compute.online),
    params:
        script=script("check_generator"),
        spec=lambda w: plan.generators[w.generator].spec.text,
        files=lambda w: canonical(of_files(plan.generators[w.generator].files)),
        code=lambda w: rule_code("check_generator"),
    message:
        "Strict loading of the generator {wildcards.generator}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --online {resources.online} --output {output.marker:q} > {log:q} 2>&1"


rule train_generator:
    input:
        manifest=lambda w: plan.generators[w.generator].manifest,
        files=lambda w: needs.made(
            plan.generators[w.generator].files, plan.generators[w.generator].missing
        ),
    output:
        marker="results/synthesis/generators/{generator}.json",
    log:
        "logs/train_generator/{generator}.log",
    benchmark:
        "logs/benchmarks/train_generator/{generator}.tsv"
    wildcard_constraints:
        generator=paths.pattern(plan.trained_generators),
    priority: 2
    conda:
        "../../envs/diffusion.yaml"
    threads: 2
    resources:
        mem_mb=requests.mem_mb("train_generator"),
        runtime=requests.runtime("train_generator"),
    params:
        script=script("train_generator"),
        spec=lambda w: plan.generators[w.generator].spec.text,
        files=lambda w: canonical(of_files(plan.generators[w.generator].files)),
        code=lambda w: rule_code(
            "train_generator", *plan.generators[w.generator].letter_modules
        ),
        folder=lambda w: plan.generators[w.generator].folder,
    message:
        "Tiny latent diffusion model {wildcards.generator}: training"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --manifest {input.manifest:q} --folder {params.folder:q}"
        " --marker {output.marker:q} > {log:q} 2>&1"


rule write_prompts:
    input:
        files=lambda w: needs.made(
            plan.drawings[w.drawing].first.prompt_files,
            plan.drawings[w.drawing].first.missing_texts,
        ),
        generator=lambda w: plan.drawings[w.drawing].first.generator,
    output:
        prompts="results/synthesis/{drawing}/prompts.parquet",
        classes="results/synthesis/{drawing}/classes.parquet",
    log:
        "logs/write_prompts/{drawing}.log",
    benchmark:
        "logs/benchmarks/write_prompts/{drawing}.tsv"
    priority: 2
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("write_prompts"),
        runtime=requests.runtime("write_prompts"),
    params:
        script=script("write_prompts"),
        spec=lambda w: plan.drawings[w.drawing].first.prompt_spec.text,
        files=lambda w: canonical(of_files(plan.drawings[w.drawing].first.prompt_files)),
        source=lambda w: plan.drawings[w.drawing].first.class_source,
        code=lambda w: rule_code(
            "write_prompts", *plan.drawings[w.drawing].first.letter_modules
        ),
    message:
        "Prompts of {wildcards.drawing}"
    shell:
        "{params.script} --spec {params.spec:q} --source {params.source:q}"
        " --generator {input.generator:q} --prompts {output.prompts:q}"
        " --classes {output.classes:q} > {log:q} 2>&1"


rule generate_shard:
    input:
        unpack(lambda w: plan.drawings[w.drawing].part_inputs(int(w.number))),
    output:
        shard=synthesis_names.shard("{drawing}", "{number}"),
        index=synthesis_names.index("{drawing}", "{number}"),
    log:
        "logs/generate_shard/{drawing}/{number}.log",
    benchmark:
        "logs/benchmarks/generate_shard/{drawing}/{number}.tsv"
    wildcard_constraints:
        number="[0-9]{5}",
    priority: 1
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("generate_shard"),
        runtime=requests.runtime("generate_shard"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
        batch_size=lambda w: plan.drawings[w.drawing].first.section.batch_size,
    params:
        script=script("generate_shard", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.drawings[w.drawing].part_spec(int(w.number)).text,
        code=lambda w: rule_code("generate_shard"),
        n_shards=lambda w: plan.drawings[w.drawing].n_shards,
    message:
        "Shard {wildcards.number} of {wildcards.drawing}: drawing"
    shell:
        "exec {params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --generator {input.generator:q} --prompts {input.prompts:q}"
        " --classes {input.classes:q} --number {wildcards.number:q} --n-shards {params.n_shards:q}"
        " --batch-size {resources.batch_size} --output {output.shard:q} --index {output.index:q}"
        " > {log:q} 2>&1"


rule merge_clone:
    input:
        unpack(lambda w: plan.clones[w.clone].merge_inputs),
    output:
        manifest="results/synthesis/{clone}/manifest.parquet",
        quality="results/synthesis/{clone}/quality.parquet",
    log:
        "logs/merge_clone/{clone}.log",
    benchmark:
        "logs/benchmarks/merge_clone/{clone}.tsv"
    priority: 1
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("merge_clone"),
        runtime=requests.runtime("merge_clone"),
    params:
        script=script("merge_clone"),
        spec=lambda w: plan.clones[w.clone].merge_spec.text,
        code=lambda w: rule_code("merge_clone"),
        n_shards=lambda w: plan.clones[w.clone].drawing.n_shards,
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
            plan.clones[w.clone].judge_files, plan.clones[w.clone].missing_judge
        ),
    output:
        table="results/synthesis/{clone}/similarity.parquet",
    log:
        "logs/score_clone/{clone}.log",
    benchmark:
        "logs/benchmarks/score_clone/{clone}.tsv"
    conda:
        "../../envs/diffusion.yaml"
    threads: 2
    resources:
        mem_mb=requests.mem_mb("score_clone"),
        runtime=requests.runtime("score_clone"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("score_clone", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.clones[w.clone].judge_spec.text,
        files=lambda w: canonical(of_files(plan.clones[w.clone].judge_files)),
        code=lambda w: rule_code("score_clone"),
    message:
        "Similarity of images and texts of {wildcards.clone}"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --manifest {input.manifest:q} --prompts {input.prompts:q}"
        " --output {output.table:q} > {log:q} 2>&1"


rule draw_sheets:
    input:
        unpack(lambda w: plan.sheets[w.dataset].inputs),
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
        mem_mb=requests.mem_mb("draw_sheets"),
        runtime=requests.runtime("draw_sheets"),
    params:
        script=script("draw_sheets"),
        spec=lambda w: plan.sheets[w.dataset].spec.text,
        code=lambda w: rule_code("draw_sheets"),
        folder="results/synthesis/sheets/{dataset}",
    message:
        "Contact sheets of {wildcards.dataset} and its clones"
    shell:
        "{params.script} --spec {params.spec:q} --real {input.real:q}"
        " --clones {input.clones:q} --classes {input.classes:q} --folder {params.folder:q}"
        " --overview {output.overview:q} --output {output.sheets:q} > {log:q} 2>&1"


rule estimate_clone:
    input:
        unpack(lambda w: plan.drawings[w.drawing].inputs),
    output:
        estimate="results/synthesis/{drawing}/estimate.json",
    log:
        "logs/estimate_clone/{drawing}.log",
    benchmark:
        "logs/benchmarks/estimate_clone/{drawing}.tsv"
    conda:
        "../../envs/diffusion.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("estimate_clone"),
        runtime=requests.runtime("estimate_clone"),
        nodes=1,
        gpu=plan.config.compute.gpus,
        device=plan.config.compute.device,
    params:
        script=script("estimate_clone", gpus=plan.config.compute.gpus),
        spec=lambda w: plan.drawings[w.drawing].spec.text,
        code=lambda w: rule_code("estimate_clone"),
        n_shards=lambda w: plan.drawings[w.drawing].n_shards,
    message:
        "Cost of {wildcards.drawing}: calibration"
    shell:
        "{params.script} --spec {params.spec:q} --threads {threads}"
        " --device {resources.device} --generator {input.generator:q} --prompts {input.prompts:q}"
        " --classes {input.classes:q} --n-shards {params.n_shards:q} --output {output.estimate:q}"
        " > {log:q} 2>&1"
