# Everything a newcomer or a machine runs. `make help` says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo run test check lint types arrows generated bench vectors screens docs clean

# The newest suitable Python of this machine; `make PYTHON=…` chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
export PYTHONWARNINGS ?= default
# `make test JOBS=1` for one process.
JOBS ?= 2

help:  ## this page
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.ready  ## seventeen people: enrol, issue, show, verify with the backend off; pictures in demo/
	@$(BIN)/python -m examples.demo

run: $(VENV)/.ready $(VENV)/.web  ## leave a demonstration backend up, with all its pages (see docs/desk.md for ARGS)
	@$(BIN)/python -m examples.demo.serve $(ARGS)

test: $(VENV)/.ready-dev $(VENV)/.web-dev  ## every test, on SQLite and on PostgreSQL with Redis, and in a browser
	@bash tests/prepare.sh
	@$(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)

check: lint types arrows generated test  ## what continuous integration runs

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	@$(BIN)/mypy

arrows: $(VENV)/.ready-dev
	@$(BIN)/lint-imports --no-cache

generated: $(VENV)/.ready-dev
	@$(BIN)/python tests/vectors/generate.py --check
	@$(BIN)/python tests/vectors/generate_two_way.py --check
	@$(BIN)/python -m apcv_backend openapi --check docs/openapi.json

bench: $(VENV)/.ready-dev  ## each figure beside its limit or a peer, measured in the same run
	@$(BIN)/python -m benchmarks

vectors: $(VENV)/.ready-dev  ## write the golden vectors again
	@$(BIN)/python tests/vectors/generate.py
	@$(BIN)/python tests/vectors/generate_two_way.py

screens: $(VENV)/.ready-dev $(VENV)/.web-dev  ## picture every page again, into docs/screens/
	@bash tests/prepare.sh
	@$(BIN)/python -m tests.browser.screens

docs: $(VENV)/.ready-dev  ## write docs/openapi.json again
	@$(BIN)/python -m apcv_backend openapi --write docs/openapi.json

clean:  ## remove what the commands made
	rm -rf $(VENV) demo var build dist *.egg-info
	find . -name node_modules -prune -exec rm -rf {} +

# --- the virtual environment, made once and again when the locked requirements change ---------------

$(VENV)/.ready: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt requirements.txt
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.ready

# Parts of the pages that others keep (npm), by exact versions, into ignored folders; served by ourselves.
WEB := mobile_mock/pwa verifier/page
WEB_DEV := $(WEB) tests/browser tests/clients

$(VENV)/.web: $(WEB:%=%/package-lock.json) | $(VENV)/.ready
	@$(call npm_ci,$(WEB))
	@touch $@

$(VENV)/.web-dev: $(WEB_DEV:%=%/package-lock.json) | $(VENV)/.ready-dev
	@$(call npm_ci,$(WEB_DEV))
	@touch $@ $(VENV)/.web

# The machine's npm; without one, the one in a wheel.
define npm_ci
	npm=$$(command -v npm) || { npm=$(CURDIR)/$(BIN)/npm; export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-npm.txt; }; \
	for folder in $(1); do \
	  "$$npm" ci --prefix $$folder --ignore-scripts --no-audit --no-fund --silent || { \
	    echo "npm ci a échoué dans $$folder : les pages qui s'en servent n'auront pas de caméra." >&2; }; \
	done
endef

define install
	if [ -z "$(PYTHON)" ]; then \
	  echo "Il manque Python 3.11 ou plus récent. Debian/Ubuntu : apt install python3 python3-venv" >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then $(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  echo "Il manque le module venv de Python. Debian/Ubuntu : apt install python3-venv" >&2; exit 1; }; fi; \
	echo "Installation de $(1) (versions et empreintes verrouillées)…"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) || { \
	  echo "L'installation a échoué : il faut un accès à un index de paquets Python." >&2; exit 1; }
endef
