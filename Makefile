# `make` alone lists what can be done. Everything runs from .venv, which is made when it is missing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:

PYTHON ?= python3
SOURCE ?= $(shell sed -n 's/^source: *//p' params.yaml)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# scikit-learn brings the OpenMP library that LightGBM misses on a bare system (see setup).
export LD_LIBRARY_PATH := $(CURDIR)/.venv/lib/openmp:$(LD_LIBRARY_PATH)

READY := .venv/.ready

.PHONY: help setup data repro test lint lab bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10
	@echo
	@echo 'repro takes SOURCE=name (a file in data/sources/), data takes FROM=folder.'

setup: $(READY) ## make .venv with the pinned dependencies

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
		echo "Python 3.11 is needed; say which with: make setup PYTHON=python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv || {
		echo "The venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	mkdir -p .venv/lib/openmp
	.venv/bin/python -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null || {
		ln -sf ../python3.11/site-packages/scikit_learn.libs/libgomp-*.so* .venv/lib/openmp/libgomp.so.1
		echo 'export LD_LIBRARY_PATH="$$VIRTUAL_ENV/lib/openmp:$${LD_LIBRARY_PATH:-}"' >> .venv/bin/activate
		echo "libgomp1 is not installed: the copy that scikit-learn brings is used"; }
	touch $@

data: $(READY) ## copy the raw files of public sources from a folder and check them: FROM=folder
	@test -n "$(FROM)" || { echo "say where they are: make data FROM=folder" >&2; exit 1; }
	python -m src.data.fetch --from "$(FROM)"

repro: $(READY) ## run what has changed, from raw files to reports: SOURCE=name
	@if [ -f "requirements-$(SOURCE).txt" ]; then
		python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "requirements-$(SOURCE).txt"
	fi
	python -m src.data.choose "$(SOURCE)"
	dvc repro
	@echo
	ls reports/*.html reports/*/*.html

test: $(READY) ## run all tests: those of the whole chain, which mostly wait, beside the others
	@log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	python -m pytest tests/pipeline >"$$log" 2>&1 & chain=$$!
	failed=0
	python -m pytest --ignore=tests/pipeline || failed=1
	wait $$chain || failed=1
	cat "$$log"
	exit $$failed

lint: $(READY) ## check style, imports between the floors, and notebooks without outputs
	ruff format --check .
	ruff check .
	lint-imports
	nbstripout --verify notebooks/*.ipynb

lab: $(READY) ## open JupyterLab
	jupyter lab --notebook-dir=.

bench: $(READY) ## time a run from scratch, and the metrics of a million leads: half an hour
	python -m benchmarks.pipeline
	python -m benchmarks.explicit
	python -m benchmarks.implicit
	@if python -c 'import pyspark' 2>/dev/null; then python -m benchmarks.spark 10k 100k
	else echo "PySpark is not installed, see docs/scale.md: its engine is not timed"; fi

clean: ## remove what can be made again, but not the raw files put there by hand
	rm -rf .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf data/interim data/features data/processed data/scored models reports dvc_plots
