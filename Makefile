# make demo: everything from nothing to results/demo. make test: the tests. make help lists the rest.
# PYTHON=... takes a certain interpreter; without it envs/find_python.sh looks for one, the newest that fits but for python3.
PYTHON ?=
PYTHONS := 3.13 3.12 3.11
# mmcv 2.1.0 itself cannot be built under 3.13 (docs/gpu.md).
OPENMMLAB_PYTHONS := 3.12 3.11
CORES ?= all
# Tests run in so many processes; logical is one for each core that the system counts. A file's tests stay together.
TEST_PROCESSES ?= logical
VENV := .venv
BIN := $(VENV)/bin
OPENMMLAB := .venv-openmmlab
DOCS := .venv-docs
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
# setuptools must be there before chumpy is built.
PIP_OPTIONS := install --quiet --no-build-isolation -c constraints.txt
PIP_INSTALL := $(BIN)/pip $(PIP_OPTIONS)

.PHONY: help demo demo-report tables env dev python openmmlab-python docs-python pins networks measure standins test test-slow test-faults fuzz test-browser test-cluster openmmlab \
	test-openmmlab lint format types overlays report benchmarks findings schemas look doctor docs clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: env ## install, fetch the networks, render the synthetic sport, run the whole chain
	$(SNAKEMAKE) results/demo/table1.csv results/demo/table3.csv results/demo/table4.csv results/demo/figure3.csv
	@echo; cat results/demo/table1.md; echo; cat results/demo/table3.md; echo; cat results/demo/table4.md

tables: env ## every table of the paper on the demo, with baselines and ablations (hours)
	$(SNAKEMAKE) --configfile docs/examples/demo_all.yaml -- results/demo/tables.md
	@echo; cat results/demo/tables.md

env: $(VENV)/.runtime ## only install what the workflow needs, into .venv
dev: $(VENV)/.dev ## install what tests and checks need besides

pins: ## copy requirements.txt, constraints.txt and envs/xtcocotools into the script of the conda environments
	sed -i -e "/<<'REQUIREMENTS'/,/^REQUIREMENTS/{//!d}" -e "/<<'REQUIREMENTS'/r requirements.txt" \
		-e "/<<'CONSTRAINTS'/,/^CONSTRAINTS/{//!d}" -e "/<<'CONSTRAINTS'/r constraints.txt" \
		-e "/<<'PROJECT'/,/^PROJECT/{//!d}" -e "/<<'PROJECT'/r envs/xtcocotools/pyproject.toml" \
		-e "/<<'MODULE'/,/^MODULE/{//!d}" -e "/<<'MODULE'/r envs/xtcocotools/xtcocotools.py" envs/vpd.post-deploy.sh

networks: env ## fetch and convert the embedded networks, as the workflow does by itself
	$(BIN)/python -m vpdlib.weights --networks-dir resources/networks $(if $(VPD_DOWNLOADS),--downloads-dir $(VPD_DOWNLOADS))

demo-report: env ## the demo's results as pages to look at: results/demo/report/index.html
	$(SNAKEMAKE) results/demo/predictions.csv results/demo/found.csv results/demo/to_label.csv
	$(SNAKEMAKE) results/demo/report/index.html

measure: env ## compare the demo's tracks, teacher and student with the ground truth
	$(SNAKEMAKE) results/demo/accuracy.csv results/demo/kept_frames.csv

# Each time, since the system's Python may have become another one since.
python:
	@sh envs/find_python.sh $(VENV) "$(PYTHON)" $(PYTHONS) >/dev/null

docs-python:
	@sh envs/find_python.sh $(DOCS) "$(PYTHON)" $(PYTHONS) >/dev/null

openmmlab-python:
	@sh envs/find_python.sh $(OPENMMLAB) "$(PYTHON)" $(OPENMMLAB_PYTHONS) >/dev/null

$(VENV)/.base: | python
	"$$(sh envs/find_python.sh $(VENV) "$(PYTHON)" $(PYTHONS))" -m venv $(VENV)
	$(BIN)/pip install --quiet 'setuptools<81' wheel -c constraints.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/.base requirements.txt constraints.txt $(wildcard envs/xtcocotools/*.py envs/xtcocotools/*.toml)
	$(PIP_INSTALL) -r requirements.txt
	@touch $@
	@echo "Installed into $(VENV); to use it: . $(BIN)/activate" >&2

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt requirements-formats.txt
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

test: dev networks ## unit tests and the small workflow tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

test-slow: dev networks ## tests of some minutes each: networks trained, floor exercises from label to table
	$(BIN)/python -m pytest -m slow

test-faults: dev networks ## kills, full disks, damaged files and the like, all rows of docs/reliability.md (half an hour)
	$(BIN)/python -m pytest tests/faults -m '' -s

fuzz: dev ## damaged and odd files to every reader, ten minutes each (VPD_FUZZ_SECONDS)
	$(BIN)/python -m pytest tests/fuzz -m fuzz -s

test-browser: dev ## every page of a built site in Chromium, from a disk and a server (apt-get install chromium; ten minutes)
	$(PIP_INSTALL) -r requirements-browser.txt
	$(BIN)/python -m pytest tests/browser -m browser

test-cluster: dev networks ## the chain and faults on a real Slurm of two nodes, started in a folder (apt-get install slurm-wlm munge)
	$(BIN)/python -m pytest tests/cluster -m cluster -s

openmmlab: $(OPENMMLAB)/.built ## the full mmcv and its operators, built into an environment of its own (10 to 20 minutes)

# The pins of .venv, mmcv in place of mmcv-lite. mmcv is built against the torch that is installed by then (ninja, which
# builds in parallel, must be on the path); with CUDA's compiler and a GPU, or FORCE_CUDA=1, for CUDA too.
$(OPENMMLAB)/.built: requirements.txt requirements-dev.txt constraints.txt | openmmlab-python
	"$$(sh envs/find_python.sh $(OPENMMLAB) "$(PYTHON)" $(OPENMMLAB_PYTHONS))" -m venv $(OPENMMLAB)
	$(OPENMMLAB)/bin/pip install --quiet 'setuptools<81' wheel ninja==1.13.2 -c constraints.txt
	grep -hv -e '^mmcv-lite' -e '^-r' requirements.txt requirements-dev.txt >$(OPENMMLAB)/requirements.txt
	$(OPENMMLAB)/bin/pip $(PIP_OPTIONS) -r $(OPENMMLAB)/requirements.txt
	PATH="$(abspath $(OPENMMLAB)/bin):$$PATH" CFLAGS="-O1 -g0 -w" MMCV_WITH_OPS=1 MAX_JOBS=$(or $(MAX_JOBS),2) \
		$(OPENMMLAB)/bin/pip $(PIP_OPTIONS) \
		$(subst mmcv-lite,mmcv,$(shell grep '^mmcv-lite==' requirements.txt))
	@touch $@

test-openmmlab: openmmlab ## the tests of mmdet, mmpose and the compatibility module on the full mmcv
	$(OPENMMLAB)/bin/python -m vpdlib.weights --networks-dir resources/networks $(if $(VPD_DOWNLOADS),--downloads-dir $(VPD_DOWNLOADS))
	$(OPENMMLAB)/bin/python -m pytest tests/people tests/poses tests/test_compat.py

lint: dev ## formatting, lint, layers, Snakefile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

format: dev ## format everything
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile rules

types: dev ## static types
	$(BIN)/mypy

standins: dev networks ## FSJump6 from its labels to table1.csv, on a dozen stand-in videos (about half an hour)
	$(BIN)/python -m tests.paper_standins fsjump6 build/standins --clips 12 \
		--downloads-dir $(or $(VPD_DOWNLOADS),resources/downloads)
	env -u VPD_DATA $(SNAKEMAKE) --configfile build/standins/fsjump6.yaml -- \
		results/fsjump6/table1.csv results/fsjump6/figure3.csv
	@echo; cat results/fsjump6/table1.csv

overlays: env ## videos to look at, one per shard of the demo
	$(SNAKEMAKE) results/demo/overlays/test_000.mp4 results/demo/overlays/test_003.mp4

REPORTED := $(patsubst %,results/demo/%,table1.csv table3.csv table4.csv figure3.csv predictions.csv found.csv to_label.csv \
	kept_frames.csv accuracy.csv overlays/test_000.mp4 overlays/test_003.mp4)

report: env ## Snakemake's own report of the demo, with the pages to look at: results/demo/report.zip
	$(SNAKEMAKE) $(REPORTED)
	$(SNAKEMAKE) results/demo/site
	$(BIN)/snakemake --report results/demo/report.zip $(REPORTED) results/demo/site

benchmarks: dev ## measured comparisons with named peers
	@for script in benchmarks/[!_]*.py; do PYTHONPATH=. $(BIN)/python $$script || exit 1; done

findings: ## check that outside tools still do what findings/ says of them (installs each into a temporary folder)
	@PYTHON="$$(sh envs/find_python.sh $(VENV) "$(PYTHON)" $(PYTHONS))" || exit 1; export PYTHON; changed=; \
	for script in findings/[!_]*.sh; do \
		echo "== $$script"; sh $$script || changed="$$changed $$script"; \
	done; \
	[ -z "$$changed" ] || { echo "not as recorded:$$changed" >&2; exit 1; }

schemas: dev ## regenerate the JSON schemas of the configuration and docs/settings.md
	$(BIN)/python -m vpdlib.config.schema
	$(BIN)/python -m vpdlib.config.reference

look: env ## the first picture: what is seen in a real clip, or in VIDEO=my.mp4
	$(BIN)/python -m vpdlib look --out build/look $(if $(VIDEO),-- '$(subst ','\'',$(VIDEO))')

doctor: env ## what works here, and what to do about the rest
	$(BIN)/python -m vpdlib doctor

docs: $(DOCS)/.built ## docs/ as a site, build/docs/index.html, opened from disk
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet --strict
	@echo build/docs/index.html

$(DOCS)/.built: requirements-docs.txt constraints.txt | docs-python
	"$$(sh envs/find_python.sh $(DOCS) "$(PYTHON)" $(PYTHONS))" -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet -r requirements-docs.txt -c constraints.txt
	@touch $@

clean: ## remove results and caches, keep .venv and networks
	rm -rf results .snakemake .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
