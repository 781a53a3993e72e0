# Every task of a developer and of CI. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Whoever forbids Python to keep compiled modules waits for each start to compile them again: 15 seconds.
export PYTHONDONTWRITEBYTECODE :=
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --no-compile --disable-pip-version-check --quiet

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "deskfleet needs Python 3.11 or newer: set PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not create $(VENV): is the venv module (Debian: python3-venv) installed?"; exit 1; }

$(VENV)/.runtime: requirements.txt requirements-nodeps.txt pyproject.toml scripts/build_model.py | $(BIN)/python
	@echo "Installing what the product needs (about a minute) ..."
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --require-hashes -r requirements-nodeps.txt
	@$(PIP) --no-deps -e .
	@$(BIN)/python scripts/build_model.py
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the developers' tools ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.dev ## install everything, start nothing

up: $(VENV)/.runtime ## start the whole product on http://localhost:8000 (EMPTY=1: without the demo desk)
	@exec $(BIN)/deskfleet up $(if $(EMPTY),--empty)

services: $(VENV)/.dev ## start Redis, RabbitMQ and the other servers that the tests need
	@$(BIN)/python scripts/services.py

lint: $(VENV)/.dev ## ruff, types, import contracts, house rules
	@$(BIN)/ruff check src tests scripts migrations
	@$(BIN)/ruff format --check --quiet src tests scripts migrations || { echo "run: make format"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/house_lint.py

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff format src tests scripts migrations
	@$(BIN)/ruff check --fix --quiet src tests scripts migrations

test: lint services ## everything: lint, types, contracts, unit, integration, journey and chaos tests, coverage
	@$(BIN)/python scripts/run_tests.py

test-fast: services ## unit and integration tests alone
	@$(BIN)/pytest -q -m "not journey and not chaos and not slow"

test-journeys: services ## the journeys alone
	@$(BIN)/pytest -q -m journey

test-slow: services ## what takes minutes: broken lines, dashboards and paging on real servers, the image, the cloud
	@$(BIN)/pytest -q -m slow

chaos: services ## kill processes at random points (KILLS=n)
	@$(BIN)/python scripts/chaos.py --kills $(or $(KILLS),200)

bench: services ## measure; prints one JSON object last
	@$(BIN)/python scripts/bench.py

soak: services ## a day's load in MINUTES=n (PEAK=users): growth, failures, slowness, losses
	@$(BIN)/python scripts/soak.py --minutes $(or $(MINUTES),5) --peak $(or $(PEAK),12)

evaluate: $(VENV)/.dev ## measure the quality of every part beside its target (ONLY="group", RECORD=1)
	@$(BIN)/python -W ignore -m scripts.evaluate $(if $(ONLY),--only "$(ONLY)") $(if $(RECORD),--record)

check: test check-ops ## what CI runs

check-ops: $(VENV)/.dev ## check the operations files
	@$(BIN)/python -m scripts.check_ops

ops-files: $(VENV)/.dev ## write rules, their tests, dashboards and the table of costs anew
	@$(BIN)/python -m scripts.observability.generate
	@$(BIN)/python -m scripts.cost_table

clean: ## remove the environment and caches; data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build src/*.egg-info

.PHONY: help setup up services lint format test test-fast test-journeys test-slow chaos bench soak evaluate check check-ops ops-files clean
