# Everything here runs on a fresh Debian 12 or Ubuntu machine with git, make and Python 3.11 or newer (with venv).
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup setup-dev demo test bench check lock clean

help:  ## say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/installed  ## the virtual environment, from the lock file, with the yellowcart command

.venv/installed: requirements/runtime.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Yellowcart needs Python 3.11 or newer; name one with PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing locked dependencies into .venv (once) …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/runtime.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup-dev: .venv/installed-dev

.venv/installed-dev: .venv/installed requirements/development.lock
	@echo "Installing locked development dependencies into .venv (once) …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/development.lock
	@touch $@

demo: setup  ## start a demo world on http://127.0.0.1:8000 (PORT=…, WORLD=douyin_2020, FRESH=1 starts over)
	@exec $(BIN)/yellowcart demo --port $(PORT) $(if $(WORLD),--world $(WORLD)) $(if $(filter 1 yes true,$(FRESH)),--fresh)

# The tests start a hundred processes: without kept bytecode each of them would compile the whole source again.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup-dev check  ## every check and every test
	@$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

check: setup-dev  ## style, types and walls between the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup  ## measure, and write the figures into docs/benchmarks.md
	@$(BIN)/python -m bench --write

lock:  ## write the lock files anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group build pyproject.toml -o requirements/runtime.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --group dev -c requirements/runtime.lock pyproject.toml -o requirements/development.lock

clean:  ## remove what was installed and every local datum, the demo world included
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
