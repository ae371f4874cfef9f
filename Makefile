# `make` alone lists what can be done. Everything runs from .venv, which is made when it is missing.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:

# What the caller says is text: make neither expands it, as it would $(shell ...), nor writes it into a
# command. Recipes read it from the environment, between quotes.
override SOURCE := $(value SOURCE)
override FROM := $(value FROM)
override PYTHON := $(or $(value PYTHON),python3)
override PATH := $(CURDIR)/.venv/bin:$(value PATH)
# scikit-learn brings the OpenMP library that LightGBM misses on a bare system (see setup).
override LD_LIBRARY_PATH := $(CURDIR)/.venv/lib/openmp:$(value LD_LIBRARY_PATH)
export SOURCE FROM PYTHON PATH LD_LIBRARY_PATH

# Where this is set, each of a run's programs would compile pandas and the others again.
unexport PYTHONDONTWRITEBYTECODE

READY := .venv/.ready

.PHONY: help setup data repro test lint lab messages bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10
	@echo
	@echo 'repro takes SOURCE=name (a file in data/sources/), data takes FROM=folder.'

setup: $(READY) ## make .venv with the pinned dependencies: PYTHON=python3.13

$(READY): requirements.txt requirements-setup.txt pyproject.toml
	@"$$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
		echo "Python 3.11, 3.12 or 3.13 is needed; say which with: make setup PYTHON=python3.13" >&2; exit 1; }
	echo "making .venv with $$("$$PYTHON" --version)"
	"$$PYTHON" -m venv .venv || {
		echo "The venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	echo "installing the pinned packages"
	python -m src.install
	touch $@
	# Half a minute of a core, of use to the first run, which waits for it where it needs it.
	python -m src.features.prepare >/dev/null 2>&1 &
	echo "ready; the implicit metrics are being compiled in the background"

data: $(READY) ## copy the raw files of public sources from a folder and check them: FROM=folder
	@test -n "$$FROM" || { echo "say where they are: make data FROM=folder" >&2; exit 1; }
	python -m src.data.fetch --from="$$FROM"

repro: $(READY) ## run what has changed, from raw files to reports: SOURCE=name
	@python -m src.run

test: $(READY) ## run all tests on every core; those of the whole chain are the work of one
	python -m pytest -n logical

lint: $(READY) ## check style, imports between the floors, and notebooks without outputs
	ruff format --check .
	ruff check .
	lint-imports
	nbstripout --verify notebooks/*.ipynb

lab: $(READY) ## open JupyterLab
	@[ "$$(id -u)" -ne 0 ] || set -- --allow-root
	jupyter lab --notebook-dir=. "$$@"

messages: $(READY) ## bring the catalogues of translations up to date with the sentences of the pages
	python -m src.reports.messages

bench: $(READY) ## time a run from scratch, and the metrics of a million leads: half an hour
	python -m benchmarks.pipeline
	python -m benchmarks.explicit
	python -m benchmarks.implicit
	@if python -c 'import pyspark' 2>/dev/null; then python -m benchmarks.spark 10k 100k
	else echo "PySpark is not installed, see docs/scale.md: its engine is not timed"; fi

clean: ## remove what can be made again, but neither raw files nor .venv nor what DVC keeps
	@sed -n '/make clean/,/^$$/ s|^/*\([.a-z_][.a-z_/]*\)/$$|\1|p' .gitignore | xargs -d '\n' rm -rf --
