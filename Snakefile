from snakemake.utils import min_version

min_version("9.10")


# One complete config at a time: a --configfile replaces the embedded default instead of being
# merged into it, or the default's data sets and encoders would turn up in everybody's results.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/preflight.smk"
include: "workflow/rules/concepts.smk"
include: "workflow/rules/images.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/encoders.smk"
include: "workflow/rules/probes.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/report.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        "results/report.html",
