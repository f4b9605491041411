# Every command of this project; `make help` lists them. What a command needs, it makes first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
export VENV PYTHON
# Debian keeps daemons (mosquitto) where an ordinary user's PATH does not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

CODE := monitor drivers simulator migrations tests
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-annotate --custom-compile-command "make lock"

.PHONY: help test demo lint bench prove mutants lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  make %-6s %s\n' "$$name" "$$what"; done

test: $(VENV)/stamp-dev ## install what is missing, then linters, types and every test: what the build server runs
	@.ci/system mosquitto chromium libatomic
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(ARGS)

demo: $(VENV)/stamp-runtime ## a simulated pump, the monitor and the dashboard; needs no configuration and no broker
	$(BIN)/pumpwatch demo $(ARGS)

lint: $(VENV)/stamp-dev ## formatter, linter, types and import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/stamp-dev ## the measurements that the README quotes
	@.ci/system mosquitto alertmanager
	$(BIN)/python tests/benchmarks/run.py $(ARGS)

prove: $(VENV)/stamp-dev ## the long proofs of the core, bounded by PROVE_MINUTES (20); report in build/prove-report.md
	$(BIN)/python tests/proof/prove.py $(ARGS)

mutants: $(VENV)/stamp-dev ## mutation testing of the core (ARGS="policy.py plan.py" for some files); survivors in build/mutants.txt
	$(BIN)/python tests/proof/mutants.py $(ARGS)

lock: $(VENV)/stamp-dev ## make the lock files anew, with the newest versions that fit
	$(COMPILE) --upgrade pyproject.toml --output-file requirements.lock
	$(COMPILE) --upgrade --constraint requirements.lock --group build --output-file requirements-build.lock
	$(COMPILE) --upgrade --constraint requirements.lock --constraint requirements-build.lock \
	  --group dev pyproject.toml --output-file requirements-dev.lock

clean: ## remove everything that the commands above made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/stamp-dev: requirements-dev.lock pyproject.toml .ci/venv
	@.ci/venv requirements-dev.lock
	@touch $(VENV)/stamp-runtime $@

$(VENV)/stamp-runtime: requirements.lock requirements-build.lock pyproject.toml .ci/venv
	@.ci/venv requirements.lock requirements-build.lock
	@touch $@
