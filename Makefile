# Every chore of the project, and the only list of them; CI runs the same ones. `make help` explains each.
# The environment lives in .venv and is made on first use by whatever Python 3.11 to 3.14 is found:
#     make test PYTHON=/opt/python3.12/bin/python3

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV ?= .venv
OUT ?= demo
# Where the public metadata and recordings lie, for those who have them; `manifests`, `test-real` and `bench` use it.
SHARED ?= ../shared

# A candidate must start (a version manager's placeholder may not) and be of a supported version; 3.14 comes last, since
# TensorFlow, which the tests need, has no finished release for it.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, int(sys.argv[1])))
PYTHON ?= $(shell for end in 14 15; do for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	if $$p -c '$(SUPPORTED)' $$end >/dev/null 2>&1; then echo $$p; exit; fi; done; done)

# The Pythons of test-newest and test-oldest, looked for only when one of them is run.
NEWEST ?= $(shell .ci/find-python 3.14 3.13 3.12 3.11)
OLDEST ?= $(shell .ci/find-python 3.11)

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Stamps say what is installed already; they lie in the environment and vanish with it.
MADE := $(VENV)/.made
BASE := $(VENV)/.installed-base
DEV := $(VENV)/.installed-dev
DOCS := $(VENV)/.installed-docs

.PHONY: help setup demo test test-slow test-newest test-oldest test-real check format bench bench-add harden manifests docs collections wheel clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(BASE)  ## make the environment, with the command lusdata in it
	@echo "Done. Now: . $(BIN)/activate"

demo: $(BASE)  ## run the main job on phantom recordings, into the folder demo/ (or OUT=folder)
	@$(PY) -m lusdata demo --out "$(OUT)"

test: $(DEV)  ## run the default tests: offline, no graphics card, four minutes on two cores
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile

test-slow: $(DEV)  ## run the slow tests: every model fitted to phantoms, the pages in a browser where there is one
	@$(PY) -m pytest -n auto --maxprocesses 2 --dist loadfile -m "(slow or train) and not real"

test-newest:  ## run the default tests from the built wheel with the newest of everything, on the newest Python found
	@.ci/test-wheel newest "$(NEWEST)"

test-oldest:  ## run the default tests from the built wheel with the oldest of everything that is supported
	@.ci/test-wheel oldest "$(OLDEST)"

test-real: $(DEV)  ## run the tests on the public recordings in ../shared; skipped with a reason where they are not
	@LUSDATA_SHARED="$(abspath $(SHARED))" $(PY) -m pytest -n auto --maxprocesses 2 --dist loadfile -m real

check: $(DEV)  ## run what a pull request must pass besides the tests: format, lint, types, layers, manifests, releases
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q tests/test_layering.py tests/test_packaging.py
	@$(PY) -m lusdata validate
	@$(PY) -m lusdata release --check
	@if [ -e .git ]; then $(PY) -m lusdata check; else echo "lusdata check is left out: this is no git repository"; fi

format: $(DEV)  ## put the code into the project's format and mend what the linter can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: $(DEV)  ## measure building against decoding alone, and the start-up times; prints ratios
	@$(PY) -m benchmarks --corpus "$(SHARED)/corpus"

bench-add: $(DEV)  ## measure what adding rests on: scan, writing, duplicates (half an hour); docs/measured.md has figures
	@$(PY) -m benchmarks.sector --corpus "$(SHARED)/corpus" "$(SHARED)/corpus_blues"
	@$(PY) -m benchmarks.screens --corpus "$(SHARED)/corpus" "$(SHARED)/corpus_blues"
	@$(PY) -m benchmarks.looks
	@$(PY) -m benchmarks.text --corpus "$(SHARED)/corpus" "$(SHARED)/corpus_blues"
	@$(PY) -m benchmarks.duplicates --mirror pocus="$(SHARED)/corpus" --mirror blues="$(SHARED)/corpus_blues" --out build/duplicates

harden: $(DEV)  ## try what harms: mutated media and manifests, servers and folders that lie, bits that flip, kills (hours; HARDEN="--kills 20" for less); prints a table
	@$(PY) -m benchmarks.harden --shared "$(SHARED)" $(HARDEN)

manifests: $(BASE)  ## make the shipped manifests again from the public metadata in ../shared
	@test -d "$(SHARED)/facts" || { echo "make manifests: no folder $(SHARED)/facts; set SHARED=folder"; exit 2; }
	@$(PY) -m lusdata import pocus "$(SHARED)/facts" --media "$(SHARED)/corpus"
	@$(PY) -m lusdata import blues "$(SHARED)/corpus_blues"
	@$(PY) -m lusdata import atlas "$(SHARED)/facts"
	@$(PY) -m lusdata import cit "$(SHARED)/facts/cit"
	@$(PY) -m lusdata validate

docs: $(DOCS)  ## build the documentation site into build/site; a link that leads nowhere fails it
	@$(PY) -m docs.site
	@$(BIN)/zensical build --strict --config-file mkdocs.yml

collections: $(BASE)  ## make docs/collections.md again from the files in docs/collections
	@$(PY) docs/collections

wheel: $(BASE)  ## build the wheel into dist/
	@$(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

clean:  ## remove what the chores made, except the demo's folder and the cache of recordings
	rm -rf "$(VENV)" build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find lusdata tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(MADE):
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.14 found; set PYTHON=path"; exit 2; }
	@echo "Making the environment in $(VENV) with $(PYTHON) (once)"
	@$(PYTHON) -m venv "$(VENV)"
	@touch $@

$(BASE): pyproject.toml constraints.txt $(MADE)
	@echo "Installing lusdata and what it needs (once; 250 MB to download, 0.8 GB on disk)"
	@$(INSTALL) --editable .
	@touch $@

$(DEV): $(BASE)
	@echo "Installing what the tests and checks need (once; 3.5 GB on disk, most of it TensorFlow)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@

$(DOCS): $(BASE)
	@echo "Installing what builds the pages (once)"
	@$(INSTALL) --editable '.[docs]'
	@touch $@
