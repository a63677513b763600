# Two commands set everything up: `make demo` shows the whole job, `make test` runs every test.
.PHONY: setup demo test check format

VENV := .venv
PYTHON ?= python3

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[postgresql]" --group dev
	touch $@

demo: setup
	$(VENV)/bin/coopdigest demo

test: setup
	$(VENV)/bin/python -m pytest -n 2 -q

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
