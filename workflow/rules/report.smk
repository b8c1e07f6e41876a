# From probe scores to tables, figures and one HTML page. Which of them there are follows from the
# config (report_sections), so nothing here waits for a file to know what to do next.
from cogworks.report import fine_tuned
from cogworks.report import roles as report_roles
from cogworks.report import sections as report_sections


rule collect_scores:
    input:
        scores=report_plan.score_files(config),
    output:
        parquet="results/tables/scores.parquet",
        csv="results/tables/scores.csv",
    log:
        "logs/collect_scores.log",
    benchmark:
        "logs/benchmarks/collect_scores.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        script=script("collect_scores"),
        spec=lambda w: canonical(report_plan.collect_spec(config)),
        code=rule_code("collect_scores"),
    message:
        "All scores in one table"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --parquet {output.parquet:q} --csv {output.csv:q} > {log:q} 2>&1"


rule summarise_scores:
    input:
        scores="results/tables/scores.parquet",
    output:
        parquet="results/tables/summary.parquet",
        csv="results/tables/summary.csv",
    log:
        "logs/summarise_scores.log",
    benchmark:
        "logs/benchmarks/summarise_scores.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        script=script("summarise_scores"),
        spec=lambda w: canonical(report_plan.summary_spec(config)),
        code=rule_code("summarise_scores"),
    message:
        "Mean and deviation of the scores over seeds"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --scores {input.scores:q} --parquet {output.parquet:q} --csv {output.csv:q} > {log:q} 2>&1"


rule tabulate_scores:
    input:
        summary="results/tables/summary.parquet",
    output:
        table=multiext("results/tables/all_scores", ".parquet", ".csv", ".md", ".tex"),
    log:
        "logs/tabulate_scores.log",
    benchmark:
        "logs/benchmarks/tabulate_scores.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_scores"),
        spec=lambda w: canonical(report_plan.scores_spec(config)),
        code=rule_code("tabulate_scores"),
    message:
        "Table of all scores"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --table results/tables/all_scores > {log:q} 2>&1"


rule tabulate_levels:
    input:
        summary="results/tables/summary.parquet",
    output:
        absolute=multiext("results/tables/levels", ".parquet", ".csv", ".md", ".tex"),
        relative=multiext(
            "results/tables/levels_relative", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_levels.log",
    benchmark:
        "logs/benchmarks/tabulate_levels.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_levels"),
        spec=lambda w: canonical(report_plan.levels_spec(config)),
        code=rule_code("tabulate_levels"),
    message:
        "Tables of top-1 by level"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --absolute results/tables/levels"
        " --relative results/tables/levels_relative > {log:q} 2>&1"


rule plot_levels:
    input:
        summary="results/tables/summary.parquet",
    output:
        absolute=report(
            "results/figures/levels_absolute.svg",
            caption="../report/figures/levels_absolute.rst",
            category="Levels",
        ),
        absolute_png="results/figures/levels_absolute.png",
        relative=report(
            "results/figures/levels_relative.svg",
            caption="../report/figures/levels_relative.rst",
            category="Levels",
        ),
        relative_png="results/figures/levels_relative.png",
    log:
        "logs/plot_levels.log",
    benchmark:
        "logs/benchmarks/plot_levels.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_levels"),
        spec=lambda w: canonical(report_plan.levels_spec(config)),
        code=rule_code("plot_levels"),
    message:
        "Figures of top-1 by level"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --absolute results/figures/levels_absolute"
        " --relative results/figures/levels_relative > {log:q} 2>&1"


rule plot_few_shot:
    input:
        summary="results/tables/summary.parquet",
    output:
        figure=report(
            "results/figures/few_shot.svg",
            caption="../report/figures/few_shot.rst",
            category="Levels",
        ),
        figure_png="results/figures/few_shot.png",
    log:
        "logs/plot_few_shot.log",
    benchmark:
        "logs/benchmarks/plot_few_shot.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_few_shot"),
        spec=lambda w: canonical(report_plan.few_shot_spec(config)),
        code=rule_code("plot_few_shot"),
    message:
        "Figure of few-shot accuracy"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --figure results/figures/few_shot > {log:q} 2>&1"


rule compare_published:
    input:
        summary="results/tables/summary.parquet",
        paper=[
            ".snakemake/cogworks/resources/paper/cog_linear_probe.csv",
            ".snakemake/cogworks/resources/paper/cog_models.csv",
        ],
    output:
        table=multiext(
            "results/tables/published_{published}", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/compare_published/{published}.log",
    benchmark:
        "logs/benchmarks/compare_published/{published}.tsv"
    wildcard_constraints:
        published=paths.pattern(report_plan.published_sets(config)),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("compare_published"),
        spec=lambda w: canonical(report_plan.levels_spec(config)),
        code=rule_code("compare_published"),
    message:
        "Published models beside ours on {wildcards.published}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --paper .snakemake/cogworks/resources/paper --dataset {wildcards.published:q}"
        " --table results/tables/published_{wildcards.published:q} > {log:q} 2>&1"


rule rank_encoders:
    input:
        summary="results/tables/summary.parquet",
        paper=[
            ".snakemake/cogworks/resources/paper/cog_linear_probe.csv",
            ".snakemake/cogworks/resources/paper/cog_models.csv",
        ],
    output:
        table=multiext("results/tables/standing", ".parquet", ".csv", ".md", ".tex"),
    log:
        "logs/rank_encoders.log",
    benchmark:
        "logs/benchmarks/rank_encoders.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("rank_encoders"),
        spec=lambda w: canonical(report_plan.levels_spec(config)),
        code=rule_code("rank_encoders"),
    message:
        "Ranks among the published models"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --paper .snakemake/cogworks/resources/paper --table results/tables/standing > {log:q} 2>&1"


rule tabulate_transfer:
    input:
        scores="results/tables/scores.parquet",
        summary="results/tables/summary.parquet",
    output:
        transfer=multiext("results/tables/transfer", ".parquet", ".csv", ".md", ".tex"),
        trade_off=multiext(
            "results/tables/trade_off", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_transfer.log",
    benchmark:
        "logs/benchmarks/tabulate_transfer.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_transfer"),
        spec=lambda w: canonical(report_plan.transfer_spec(config)),
        code=rule_code("tabulate_transfer"),
    message:
        "Tables of training against transfer"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --scores {input.scores:q} --summary {input.summary:q}"
        " --transfer results/tables/transfer --trade-off results/tables/trade_off > {log:q} 2>&1"


rule compare_transfer:
    input:
        summary="results/tables/summary.parquet",
        transfer="results/tables/transfer.parquet",
        trade_off="results/tables/trade_off.parquet",
        paper=[
            ".snakemake/cogworks/resources/paper/trex_transfer.csv",
            ".snakemake/cogworks/resources/paper/trex_long_tail.csv",
            ".snakemake/cogworks/resources/paper/trex_projector.csv",
            ".snakemake/cogworks/resources/paper/sd_transfer.csv",
            ".snakemake/cogworks/resources/paper/sd_cog.csv",
        ],
    output:
        transfer=multiext(
            "results/tables/transfer_published", ".parquet", ".csv", ".md", ".tex"
        ),
        trade_off=multiext(
            "results/tables/trade_off_published", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/compare_transfer.log",
    benchmark:
        "logs/benchmarks/compare_transfer.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("compare_transfer"),
        spec=lambda w: canonical(report_plan.transfer_spec(config)),
        code=rule_code("compare_transfer"),
    message:
        "Published transfer beside ours"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --own-transfer {input.transfer:q}"
        " --own-trade-off {input.trade_off:q} --paper .snakemake/cogworks/resources/paper"
        " --transfer results/tables/transfer_published"
        " --trade-off results/tables/trade_off_published > {log:q} 2>&1"


rule plot_trade_off:
    input:
        scores="results/tables/scores.parquet",
        summary="results/tables/summary.parquet",
        paper=".snakemake/cogworks/resources/paper/trex_transfer.csv",
    output:
        figure=report(
            "results/figures/trade_off.svg",
            caption="../report/figures/trade_off.rst",
            category="Transfer",
        ),
        figure_png="results/figures/trade_off.png",
    log:
        "logs/plot_trade_off.log",
    benchmark:
        "logs/benchmarks/plot_trade_off.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_trade_off"),
        spec=lambda w: canonical(report_plan.transfer_spec(config)),
        code=rule_code("plot_trade_off"),
    message:
        "Figure of training against transfer"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --scores {input.scores:q} --summary {input.summary:q} --paper .snakemake/cogworks/resources/paper"
        " --figure results/figures/trade_off > {log:q} 2>&1"


rule tabulate_test_sets:
    input:
        scores="results/tables/scores.parquet",
    output:
        table=multiext(
            "results/tables/test_sets_{tested}", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_test_sets/{tested}.log",
    benchmark:
        "logs/benchmarks/tabulate_test_sets/{tested}.tsv"
    wildcard_constraints:
        tested=paths.pattern(report_plan.test_tables(config)),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_test_sets"),
        spec=lambda w: canonical(report_plan.test_sets_spec(config, w.tested)),
        code=rule_code("tabulate_test_sets"),
    message:
        "Table of test sets with {wildcards.tested}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --scores {input.scores:q} --table results/tables/test_sets_{wildcards.tested:q} > {log:q} 2>&1"


rule compare_test_sets:
    input:
        own="results/tables/test_sets_{tested}.parquet",
        paper=[
            ".snakemake/cogworks/resources/paper/trex_imagenet_sets.csv",
            ".snakemake/cogworks/resources/paper/sd_augmentation.csv",
            ".snakemake/cogworks/resources/paper/sd_imagenet_sets.csv",
        ],
    output:
        table=multiext(
            "results/tables/test_sets_published_{tested}",
            ".parquet",
            ".csv",
            ".md",
            ".tex",
        ),
    log:
        "logs/compare_test_sets/{tested}.log",
    benchmark:
        "logs/benchmarks/compare_test_sets/{tested}.tsv"
    wildcard_constraints:
        tested=paths.pattern(report_plan.published_test_tables(config)),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("compare_test_sets"),
        spec=lambda w: canonical(report_plan.test_sets_spec(config, w.tested)),
        code=rule_code("compare_test_sets"),
    message:
        "Published test sets beside ours with {wildcards.tested}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --own {input.own:q} --paper .snakemake/cogworks/resources/paper"
        " --table results/tables/test_sets_published_{wildcards.tested:q} > {log:q} 2>&1"


rule tabulate_concepts:
    input:
        filters=lambda w: plan.benchmarks[w.benchmark].summary("filters"),
        levels=lambda w: plan.benchmarks[w.benchmark].summary("level_summary"),
    output:
        filters=multiext(
            "results/tables/filters_{benchmark}", ".parquet", ".csv", ".md", ".tex"
        ),
        contents=multiext(
            "results/tables/contents_{benchmark}", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_concepts/{benchmark}.log",
    benchmark:
        "logs/benchmarks/tabulate_concepts/{benchmark}.tsv"
    wildcard_constraints:
        benchmark=paths.pattern(config["concepts"]),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_concepts"),
        code=rule_code("tabulate_concepts"),
    message:
        "Tables of the concepts of {wildcards.benchmark}"
    shell:
        "{params.script}"
        " --benchmark {wildcards.benchmark:q} --filters {input.filters:q} --levels {input.levels:q}"
        " --filter-table results/tables/filters_{wildcards.benchmark:q}"
        " --level-table results/tables/contents_{wildcards.benchmark:q} > {log:q} 2>&1"


rule plot_ranking:
    input:
        ranking=lambda w: paths.concepts(w.benchmark, "ranking"),
        levels=lambda w: paths.concepts(w.benchmark, "levels"),
    output:
        figure=report(
            "results/figures/ranking_{benchmark}.svg",
            caption="../report/figures/ranking.rst",
            category="Concepts",
            labels={"benchmark": "{benchmark}"},
        ),
        figure_png="results/figures/ranking_{benchmark}.png",
    log:
        "logs/plot_ranking/{benchmark}.log",
    benchmark:
        "logs/benchmarks/plot_ranking/{benchmark}.tsv"
    wildcard_constraints:
        benchmark=paths.pattern(config["concepts"]),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_ranking"),
        code=rule_code("plot_ranking"),
    message:
        "Figure of the ranking of {wildcards.benchmark}"
    shell:
        "{params.script}"
        " --ranking {input.ranking:q} --levels {input.levels:q}"
        " --figure results/figures/ranking_{wildcards.benchmark:q} > {log:q} 2>&1"


rule plot_image_counts:
    input:
        train=[
            paths.manifest(config, name, "train")
            for name in report_roles.pictured(config)
        ],
        test=[
            paths.manifest(config, name, "test")
            for name in report_roles.pictured(config)
        ],
    output:
        figure=report(
            "results/figures/images_per_concept.svg",
            caption="../report/figures/images_per_concept.rst",
            category="Concepts",
        ),
        figure_png="results/figures/images_per_concept.png",
    log:
        "logs/plot_image_counts.log",
    benchmark:
        "logs/benchmarks/plot_image_counts.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        script=script("plot_image_counts"),
        spec=lambda w: canonical(report_plan.image_counts_spec(config)),
        code=rule_code("plot_image_counts"),
    message:
        "Figure of the images of each concept"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --train {input.train:q} --test {input.test:q} --figure results/figures/images_per_concept > {log:q} 2>&1"


rule plot_ablation:
    input:
        scores="results/tables/scores.parquet",
    output:
        figure=report(
            "results/figures/ablation_{property}.svg",
            caption="../report/figures/ablation.rst",
            category="Transfer",
            labels={"along": "{property}"},
        ),
        figure_png="results/figures/ablation_{property}.png",
    log:
        "logs/plot_ablation/{property}.log",
    benchmark:
        "logs/benchmarks/plot_ablation/{property}.tsv"
    wildcard_constraints:
        property=paths.pattern(
            name.replace(" ", "_") for name in report_plan.ablations(config)
        ),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_ablation"),
        spec=lambda w: canonical(report_plan.ablation_spec(config, w.property)),
        code=rule_code("plot_ablation"),
    message:
        "Figure along {wildcards.property}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --scores {input.scores:q} --figure results/figures/ablation_{wildcards.property:q} > {log:q} 2>&1"


rule plot_rankings:
    input:
        summary="results/tables/summary.parquet",
    output:
        figure=report(
            "results/figures/rankings.svg",
            caption="../report/figures/rankings.rst",
            category="Levels",
        ),
        figure_png="results/figures/rankings.png",
    log:
        "logs/plot_rankings.log",
    benchmark:
        "logs/benchmarks/plot_rankings.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_rankings"),
        spec=lambda w: canonical(report_plan.rankings_spec(config)),
        code=rule_code("plot_rankings"),
    message:
        "Figure of other rankings"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --figure results/figures/rankings > {log:q} 2>&1"


rule compare_fine_tuning:
    input:
        summary="results/tables/summary.parquet",
    output:
        table=multiext("results/tables/fine_tuning", ".parquet", ".csv", ".md", ".tex"),
        figure=report(
            "results/figures/fine_tuning.svg",
            caption="../report/figures/fine_tuning.rst",
            category="Levels",
        ),
        figure_png="results/figures/fine_tuning.png",
    log:
        "logs/compare_fine_tuning.log",
    benchmark:
        "logs/benchmarks/compare_fine_tuning.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("compare_fine_tuning"),
        spec=lambda w: canonical(fine_tuned.spec(config)),
        code=rule_code("compare_fine_tuning"),
    message:
        "Frozen features against fine-tuning"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --summary {input.summary:q} --table results/tables/fine_tuning"
        " --figure results/figures/fine_tuning > {log:q} 2>&1"


rule tabulate_features:
    input:
        measures=report_plan.feature_files(config),
    output:
        table=multiext("results/tables/features", ".parquet", ".csv", ".md", ".tex"),
    log:
        "logs/tabulate_features.log",
    benchmark:
        "logs/benchmarks/tabulate_features.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_features"),
        spec=lambda w: canonical(report_plan.features_spec(config)),
        code=rule_code("tabulate_features"),
    message:
        "Table of feature measures"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --measures {input.measures:q} --table results/tables/features > {log:q} 2>&1"


rule plot_features:
    input:
        measures=report_plan.feature_files(config),
    output:
        figure=report(
            "results/figures/{measures}.svg",
            caption="../report/sections/features.rst",
            category="Features",
            labels={"figure": "{measures}"},
        ),
        figure_png="results/figures/{measures}.png",
    log:
        "logs/plot_features/{measures}.log",
    benchmark:
        "logs/benchmarks/plot_features/{measures}.tsv"
    wildcard_constraints:
        measures="features|singular_values",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_features"),
        spec=lambda w: canonical(report_plan.features_spec(config)),
        code=rule_code("plot_features"),
    message:
        "Figure of {wildcards.measures}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --measures {input.measures:q} --kind {wildcards.measures:q}"
        " --figure results/figures/{wildcards.measures:q} > {log:q} 2>&1"


rule tabulate_clones:
    input:
        tables=lambda w: report_plan.clone_files(config, w.kind),
    output:
        table=multiext(
            "results/tables/clones_{kind}", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_clones/{kind}.log",
    benchmark:
        "logs/benchmarks/tabulate_clones/{kind}.tsv"
    wildcard_constraints:
        kind="quality|similarity",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_clones"),
        spec=lambda w: canonical(report_plan.clones_spec(config, w.kind)),
        code=rule_code("tabulate_clones"),
    message:
        "Table of clones: {wildcards.kind}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --kind {wildcards.kind:q} --tables {input.tables:q}"
        " --table results/tables/clones_{wildcards.kind:q} > {log:q} 2>&1"


rule plot_training:
    input:
        metrics=lambda w: report_plan.metric_files(config, w.course),
    output:
        figure=report(
            "results/figures/training_{course}.svg",
            caption="../report/sections/training.rst",
            category="Training",
            labels={"figure": "{course}"},
        ),
        figure_png="results/figures/training_{course}.png",
    log:
        "logs/plot_training/{course}.log",
    benchmark:
        "logs/benchmarks/plot_training/{course}.tsv"
    wildcard_constraints:
        course="curves|traces",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("plot_training"),
        spec=lambda w: canonical(report_plan.training_spec(config, w.course)),
        code=rule_code("plot_training"),
    message:
        "Figure of training: {wildcards.course}"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --kind {wildcards.course:q} --metrics {input.metrics:q}"
        " --figure results/figures/training_{wildcards.course:q} > {log:q} 2>&1"


rule tabulate_label_noise:
    input:
        crossed=report_plan.crossed_files(config),
        classes=report_plan.crossed_classes(config),
    output:
        shares=multiext("results/tables/label_noise", ".parquet", ".csv", ".md", ".tex"),
        examples=multiext(
            "results/tables/label_noise_examples", ".parquet", ".csv", ".md", ".tex"
        ),
    log:
        "logs/tabulate_label_noise.log",
    benchmark:
        "logs/benchmarks/tabulate_label_noise.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("tabulate_label_noise"),
        spec=lambda w: canonical(report_plan.crossed_spec(config)),
        code=rule_code("tabulate_label_noise"),
    message:
        "Tables of label noise"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --crossed {input.crossed:q} --classes {input.classes:q}"
        " --shares results/tables/label_noise"
        " --examples results/tables/label_noise_examples > {log:q} 2>&1"


rule build_report:
    input:
        parts=report_sections.inputs(config),
        texts=report_sections.texts(config),
    output:
        html="results/report.html",
    log:
        "logs/build_report.log",
    benchmark:
        "logs/benchmarks/build_report.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        script=script("build_report"),
        config=report_sections.packed_config(config),
        spec=lambda w: canonical(report_sections.report_spec(config)),
        code=rule_code("build_report"),
    message:
        "The report"
    shell:
        "{params.script} --spec {params.spec:q}"
        " --config {params.config:q} --texts .snakemake/cogworks/workflow/report --output {output.html:q} > {log:q} 2>&1"


rule tables:
    input:
        [
            path
            for path in report_sections.inputs(config)
            if path.startswith("results/tables/")
        ],


rule figures:
    input:
        [
            path
            for path in report_sections.inputs(config)
            if path.startswith("results/figures/")
        ],
