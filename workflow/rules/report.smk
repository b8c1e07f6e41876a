# From score tables, features and manifests to tables, figures and one HTML page. Which exhibits
# there are follows from the config, and each waits for exactly the files that it shows. Those of the
# thesis are targets by their numbers.
from cogworks.report import listing
from cogworks.report.page import sections
from cogworks.report.planned import Exhibits
from cogworks.report.targets import LIKE_A_TARGET, Targets

exhibits = Exhibits(plan)
page = sections.page_spec(exhibits)
targets = Targets(exhibits)


rule table:
    input:
        lambda w: exhibits.tables[w.table].spec.files,
    output:
        multiext("results/tables/{table}", ".parquet", ".csv", ".md", ".tex"),
    log:
        "logs/table/{table}.log",
    benchmark:
        "logs/benchmarks/table/{table}.tsv"
    wildcard_constraints:
        table=paths.pattern(exhibits.tables),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("table"),
        runtime=requests.runtime("table"),
    params:
        script=script("make_table"),
        kind=lambda w: exhibits.tables[w.table].kind_name,
        spec=lambda w: exhibits.tables[w.table].spec.text,
        caveat=lambda w: exhibits.tables[w.table].caveat,
        code=lambda w: exhibits.tables[w.table].code,
    message:
        "Table {wildcards.table}"
    shell:
        "{params.script} --kind {params.kind:q} --spec {params.spec:q}"
        " --caveat={params.caveat:q} --output results/tables/{wildcards.table:q} > {log:q} 2>&1"


rule figure:
    input:
        lambda w: exhibits.figures[w.figure].spec.files,
    output:
        report(
            "results/figures/{figure}.svg",
            caption="../report/figure.rst",
            category=lambda w: sections.TITLES[
                exhibits.figures[w.figure].kind.section
            ],
            labels={"figure": "{figure}"},
        ),
        png="results/figures/{figure}.png",
    log:
        "logs/figure/{figure}.log",
    benchmark:
        "logs/benchmarks/figure/{figure}.tsv"
    wildcard_constraints:
        figure=paths.pattern(exhibits.figures),
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("figure"),
        runtime=requests.runtime("figure"),
    params:
        script=script("make_figure"),
        kind=lambda w: exhibits.figures[w.figure].kind_name,
        spec=lambda w: exhibits.figures[w.figure].spec.text,
        caveat=lambda w: exhibits.figures[w.figure].caveat,
        code=lambda w: exhibits.figures[w.figure].code,
        caption=lambda w: exhibits.figures[w.figure].caption,
    message:
        "Figure {wildcards.figure}"
    shell:
        "{params.script} --kind {params.kind:q} --spec {params.spec:q}"
        " --caveat={params.caveat:q} --output results/figures/{wildcards.figure:q} > {log:q} 2>&1"


# All scores in one long table, and their means over seeds: for the user, not for the exhibits.
rule collect_scores:
    input:
        exhibits.scores.files,
    output:
        scores=multiext("results/tables/scores", ".parquet", ".csv"),
        summary=multiext("results/tables/summary", ".parquet", ".csv"),
    log:
        "logs/collect_scores.log",
    benchmark:
        "logs/benchmarks/collect_scores.tsv"
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("collect_scores"),
        runtime=requests.runtime("collect_scores"),
    params:
        script=script("collect_scores"),
        spec=lambda w: exhibits.scores.text,
        code=lambda w: rule_code("collect_scores"),
    message:
        "All scores in one table"
    shell:
        "{params.script} --spec {params.spec:q} --scores results/tables/scores"
        " --summary results/tables/summary > {log:q} 2>&1"


rule build_report:
    input:
        parts=sections.shown(page),
        texts=sections.texts(page),
        # The page tells the reader of these files.
        scores=rules.collect_scores.output if plan.jobs else [],
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
        mem_mb=requests.mem_mb("build_report"),
        runtime=requests.runtime("build_report"),
    params:
        script=script("build_report"),
        # A function: Snakemake takes braces in a plain text for wildcards.
        spec=lambda w: page.text,
        code=lambda w: rule_code("build_report"),
    message:
        "The report"
    shell:
        "{params.script} --spec {params.spec:q} --texts .snakemake/cogworks/workflow/report"
        " --output {output.html:q} > {log:q} 2>&1"


rule tables:
    input:
        [table.path for table in exhibits.tables.values()],


rule figures:
    input:
        [path for path in sections.shown(page) if path.startswith("results/figures/")],


# `table_B_6`, `figure_4_7`, `chapter_4`, `paper`: what this config gives of the thesis.
for target, files in targets.files.items():

    rule:
        name:
            target
        input:
            files,


# Everything that is named like a target and is none would be looked for as a file.
rule not_given:
    input:
        lambda w: refuse(targets.refusal(w.target)),
    output:
        "{target}",
    wildcard_constraints:
        target=LIKE_A_TARGET,


# A target without outputs: it runs whenever it is asked for.
rule exhibits:
    log:
        "logs/exhibits.log",
    conda:
        "../../envs/base.yaml"
    threads: 1
    resources:
        mem_mb=requests.mem_mb("exhibits"),
        runtime=requests.runtime("exhibits"),
    params:
        # By Snakemake's own interpreter always: no environment holds Snakemake.
        script=place.Script("list_exhibits"),
        settings=lambda w: dry_run.settings_of(workflow).text,
        rows=lambda w: listing.spec(targets).text,
    message:
        "All exhibits: of the thesis, and others"
    shell:
        "{params.script} --spec {params.rows:q} --settings {params.settings:q} 2>&1 | tee {log:q}"
