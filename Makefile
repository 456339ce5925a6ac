# Everything a newcomer or a machine runs. `make help` says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo run test check lint types arrows generated bench vectors docs clean

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

run: $(VENV)/.ready  ## leave a demonstration backend up, with its OpenAPI page
	@$(BIN)/python -m examples.demo.serve

test: $(VENV)/.ready-dev  ## every test, on SQLite and on PostgreSQL with Redis
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

docs: $(VENV)/.ready-dev  ## write docs/openapi.json again
	@$(BIN)/python -m apcv_backend openapi --write docs/openapi.json

clean:  ## remove what the commands made
	rm -rf $(VENV) demo var node_modules benchmarks/peer/node_modules build dist *.egg-info

# --- the virtual environment, made once and again when the locked requirements change ---------------

$(VENV)/.ready: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt requirements.txt
	@$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.ready

define install
	if [ -z "$(PYTHON)" ]; then \
	  echo "Il manque Python 3.11 ou plus récent. Debian/Ubuntu : apt install python3 python3-venv" >&2; exit 1; fi; \
	if [ ! -x $(BIN)/python ]; then $(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  echo "Il manque le module venv de Python. Debian/Ubuntu : apt install python3-venv" >&2; exit 1; }; fi; \
	echo "Installation de $(1) (versions et empreintes verrouillées)…"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) || { \
	  echo "L'installation a échoué : il faut un accès à un index de paquets Python." >&2; exit 1; }
endef
