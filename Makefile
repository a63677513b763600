# Two commands set everything up: `make demo` shows the whole job, `make test` runs every test.
.PHONY: setup tools demo test test-long bench pictures check format

VENV := .venv
PYTHON ?= python3

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[postgresql]" --group dev
	touch $@

# What the tests and the bench judge issues by (axe-core, html-validate, npm's mjml). Without it they say what they skip.
tools: node_modules/.ready

node_modules/.ready: package.json package-lock.json .npmrc
	@if ! command -v npm >/dev/null; then echo "npm is missing: accessibility, markup and speed are not compared"; \
	elif npm ci --loglevel=error --no-progress >/dev/null; then touch $@; \
	else echo "npm ci failed: accessibility, markup and speed are not compared"; fi

demo: setup
	$(VENV)/bin/coopdigest demo

test: setup tools
	$(VENV)/bin/python -m pytest -n 2 -q

# Everything that takes minutes: the long rounds of the tests, then 200 kills, whose figures go into docs/reliability.md.
test-long: setup tools
	$(VENV)/bin/python -m pytest -n 2 -q -m long
	$(VENV)/bin/python -m coopdigest.testing.kill_rounds --kills 200 --recipients 5000 --write docs/reliability.md

# Composing and delivering beside what others use; fails when a bar is missed. See docs/performance.md.
bench: setup tools
	@failed=0; $(VENV)/bin/python -m bench.compose || failed=1; \
	$(VENV)/bin/python -m bench.delivery || failed=1; exit $$failed

# The pictures in docs/pictures, drawn in Chromium.
pictures: setup
	PYTHONPATH=tests/features $(VENV)/bin/python docs/pictures/draw.py

check: setup
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: setup
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
