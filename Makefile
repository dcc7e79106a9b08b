# Tallybook's own set-up. Needs python3 (3.11 or newer), make and git, nothing else.
# Everything is installed into .venv, from versions pinned by hash in requirements/.
# `make help` lists the targets.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first interpreter that is new enough; `make run PYTHON=/path/to/python` overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PINS := requirements
# Edits of the project's own files must not reinstall: the install is in place.
PROJECT := pyproject.toml src/tallybook/__init__.py

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environment -----------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "error: Tallybook needs Python 3.11 or newer" >&2; \
		echo "  because: none of python3, python3.11 … python3.14 on the PATH is" >&2; \
		echo "  try: install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) is not Python 3.11 or newer" >&2; \
		echo "  try: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON) (once)" >&2
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "error: $(PYTHON) can't make a virtual environment" >&2; \
		echo "  try: on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: $(PINS)/run.txt $(PROJECT) | $(BIN)/python
	@echo "installing what tally needs (once)" >&2
	@# An environment made by uv has no pip of its own.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(PIP) install --require-hashes -r $(PINS)/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(PINS)/dev.txt $(VENV)/.run
	@echo "installing what tests and checks need (once)" >&2
	@$(PIP) install --require-hashes -r $(PINS)/dev.txt
	@touch $@

# Guided fuzzing exists for few systems; where it can't be had, its tests are skipped.
$(VENV)/.fuzz: $(PINS)/fuzz.txt $(VENV)/.dev
	@$(PIP) install --require-hashes -r $(PINS)/fuzz.txt || echo "no guided fuzzing here" >&2
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev ## the environment for development, without running anything

# --- daily work ------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/.run ## read this machine's histories and show today; sample histories if there are none
	@$(BIN)/python tools/first_run.py $(BIN)/tally

.PHONY: test
test: $(VENV)/.dev ## the tests
	@$(BIN)/python -m pytest -q $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## lint, layout, types, layers, spelling, documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m pytest -q tests/test_shape.py tests/test_docs.py

.PHONY: check-long
check-long: $(VENV)/.fuzz ## all tests, with chaos runs, fuzzing and many more examples of each property
	@seed=$${FUZZ_SEED:-$$(date +%s)}; echo "the same again: make check-long FUZZ_SEED=$$seed"; \
	FUZZ_SEED=$$seed HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q -m "long or not long" \
		--hypothesis-seed=$$seed $(ARGS)

.PHONY: fix
fix: $(VENV)/.dev ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.run ## timing table of whole processes and of recording (ARGS="--mb 200 --runs 5")
	@$(BIN)/python bench/run.py $(ARGS)

.PHONY: bench-large
bench-large: $(VENV)/.run ## the same with 1 GB of histories and a million events: minutes, 3 GB of disk
	@$(BIN)/python bench/run.py --mb 1000 --runs 3 --events 1000000 $(ARGS)

.PHONY: bench-pricing
bench-pricing: $(VENV)/.run ## what opening the price book and pricing a million calls cost
	@$(BIN)/python bench/pricing.py $(ARGS)

.PHONY: bench-reports
bench-reports: $(VENV)/.run ## how fast ledgers of 1 and 10 million calls answer: 10 minutes, 2 GB of disk
	@$(BIN)/python bench/reports.py $(ARGS)
	@$(BIN)/python bench/reports.py --events 10000000 $(ARGS)

.PHONY: bench-gateway
bench-gateway: $(VENV)/.run ## how fast the log of a gateway is read (ARGS="--calls 100000")
	@$(BIN)/python bench/gateway.py $(ARGS)

.PHONY: bench-top
bench-top: $(VENV)/.run ## what a live screen on a million calls costs: 7 minutes (ARGS="--idle 600")
	@$(BIN)/python bench/top.py $(ARGS)

.PHONY: build
build: $(VENV)/.dev ## wheel and sdist into dist/
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist .

# --- maintainers -----------------------------------------------------------------------------

.PHONY: demo-data
demo-data: $(VENV)/.run ## write the sample histories again (same seed, same bytes)
	@$(BIN)/python tools/make_demo.py

.PHONY: docs
docs: $(VENV)/.run ## write what the documents take from the program: options, settings, exit codes
	@$(BIN)/python tools/make_docs.py

.PHONY: screens
screens: $(VENV)/.run ## draw the screens and pictures in the documents again
	@$(BIN)/python tools/make_screens.py
	@$(BIN)/python tools/make_pictures.py

.PHONY: prices
prices: $(VENV)/.dev ## build the shipped price book again from its pinned inputs
	@$(BIN)/python tools/build_prices.py

.PHONY: prices-check
prices-check: $(VENV)/.dev ## hold the price book against other data (ARGS="--litellm FILE --models-dev FILE")
	@$(BIN)/python tools/crosscheck_prices.py --model-prices $(ARGS)

.PHONY: lock
lock: ## choose versions anew and pin them by hash (needs uv)
	uv pip compile $(LOCK) pyproject.toml --group build -o $(PINS)/run.txt
	uv pip compile $(LOCK) pyproject.toml --group dev -c $(PINS)/run.txt -o $(PINS)/dev.txt
	uv pip compile $(LOCK) --group fuzz -o $(PINS)/fuzz.txt
LOCK := --upgrade --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.PHONY: clean
clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build dist bench/out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
