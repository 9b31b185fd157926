# All that is done with jensen, from a fresh machine with Python 3.11 or newer and make.

.DEFAULT_GOAL := help
.PHONY: help setup browser sdmetrics demo test lint docs check format pictures notebook benchmark lock clean

VENV := .venv
BIN := $(VENV)/bin
# The first Python that is new enough; another one: make PYTHON=/path/to/python3 ...
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && \
	echo $$p && break; done)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name what; do printf 'make %-10s %s\n' "$$name" "$$what"; done

setup: $(VENV)/.dev browser ## the environment of developers, and the hooks of git
	@if [ -e .git ]; then $(BIN)/prek install -q; fi

browser: ## Chromium, for the tests of reports: Debian's, if there is none and root asks
	@if { command -v chromium || command -v chromium-browser || command -v google-chrome || \
		command -v google-chrome-stable; } >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then \
		echo 'Installing Chromium, once ...'; \
		apt-get -qq update && apt-get -qq install --no-install-recommends -y chromium >/dev/null || \
			echo 'Chromium could not be installed: the tests of reports will say so.' >&2; \
	else \
		echo 'The tests of reports need Chromium, and none was found; install it, on Debian' \
			'with: apt-get install chromium' >&2; \
	fi

demo: $(VENV)/.core ## fit a small table of real data, write more rows of it, print the bound
	@mkdir -p build
	$(BIN)/jensen more examples/penguins.csv -n 1000 -o build/more-penguins.csv --force
	@echo
	@echo 'The first rows of build/more-penguins.csv:'
	@head -n 6 build/more-penguins.csv

# SDMetrics cannot live beside NumPy 2; a test asks it itself, where it could be installed.
sdmetrics: $(VENV)/.dev ## SDMetrics in an environment of its own, which a test compares figures with
	@$(BIN)/python -m benchmarks.environments sdmetrics >/dev/null || \
		echo 'SDMetrics could not be installed: one test will be skipped.' >&2

test: $(VENV)/.dev browser sdmetrics ## all tests, those of the documentation among them
	$(BIN)/python -m pytest

lint: $(VENV)/.dev ## style, format, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: $(VENV)/.dev ## every block of code in README.md and docs/, executed
	$(BIN)/python -m pytest tests/test_docs.py

check: lint test ## what must pass before a change lands: lint, tests, documentation

format: $(VENV)/.dev ## put the code into its format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

pictures: $(VENV)/.dev ## make the pictures of the documentation anew
	$(BIN)/python -m docs.pictures.make
	$(BIN)/python -m docs.pictures.derivation
	$(BIN)/python -m docs.pictures.gap
	$(BIN)/python -m docs.pictures.likelihood
	$(BIN)/python -m docs.pictures.tutorials
	$(BIN)/python -m docs.pictures.report
	$(BIN)/python -m docs.pictures.peers

notebook: $(VENV)/.dev ## write docs/derivation.md as a notebook
	$(BIN)/python -m docs.notebook

benchmark: $(VENV)/.dev ## figures of the README and docs/ anew; days, with peers that are not recorded
	$(BIN)/python -m benchmarks.tables
	$(BIN)/python -m benchmarks.readme
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.decoders
	$(BIN)/python -m benchmarks.conditions
	$(BIN)/python -m benchmarks.imputation
	$(BIN)/python -m benchmarks.debd
	$(BIN)/python -m benchmarks.likelihood --data caltech101_silhouettes --epochs 100
	$(BIN)/python -m benchmarks.likelihood
	$(BIN)/python -m benchmarks.peers

# One version for all Pythons where there is one; the hashes of all files, the host of none.
PIN := $(BIN)/uv pip compile pyproject.toml --quiet --universal --fork-strategy fewest \
	--python-version 3.11 --generate-hashes --custom-compile-command 'make lock'

lock: $(VENV)/.made ## pin the newest versions of all dependencies
	$(BIN)/python -m pip install --quiet uv
	$(PIN) --upgrade --group build -o requirements.txt
	$(PIN) --upgrade --group dev -o requirements-dev.txt

clean: ## remove all that make has made
	rm -rf $(VENV) build dist

$(VENV)/.made:
	@if [ -z '$(PYTHON)' ]; then \
		echo 'Python 3.11 or newer must be installed, and none was found; install it, or say' \
			'make PYTHON=/path/to/python3.' >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)
	@touch $@

# Without build isolation and dependencies, so that nothing is installed but what is pinned.
JENSEN := --quiet --no-deps --no-build-isolation --editable .
PIP := $(BIN)/python -m pip install --disable-pip-version-check

$(VENV)/.core: $(VENV)/.made requirements.txt pyproject.toml
	@echo 'Installing what jensen needs into $(VENV), once ...'
	@$(PIP) --quiet --require-hashes -r requirements.txt
	@$(PIP) $(JENSEN)
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.txt pyproject.toml
	@echo 'Installing what jensen and its tests need into $(VENV), once ...'
	@$(PIP) --quiet --require-hashes -r requirements-dev.txt
	@$(PIP) $(JENSEN)
	@touch $(VENV)/.core $@
