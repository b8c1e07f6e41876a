# A door to the workflow. A plain `include:` would leave it without a default target.
workflow.include("workflow/Snakefile", overwrite_default_target=True)
