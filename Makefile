# tweetdesk: what a developer types. Everything lives in .venv; nothing needs root.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WORKERS ?= auto

.PHONY: demo test check bench live pictures docs constraints clean

demo: .venv/ready ## open the desk on the built-in sandbox
	$(BIN)/tweetdesk demo

test: .venv/ready-dev ## set up and run the tests
	$(BIN)/python -m pytest -n $(WORKERS) tests

check: .venv/ready-dev ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

live: .venv/ready-dev ## tests against the servers that TWEETDESK_LIVE describes
	$(BIN)/python -m pytest tests/live -m live

bench: .venv/ready-dev ## measure; each benchmark prints JSON
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

pictures: .venv/ready-dev ## make the pictures of README.md and docs/
	$(BIN)/python docs/pictures.py

docs: .venv/ready-dev ## write the generated pages of docs/ again
	$(BIN)/python docs/generate.py

constraints: .venv/ready-dev ## pin every dependency anew
	$(BIN)/uv pip compile --python-version 3.11 --universal --no-emit-index-url --no-emit-find-links \
	  --no-header --no-annotate --extra dev --extra serve --extra clients pyproject.toml -o constraints.txt

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tweetdesk needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/ready-dev: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch .venv/ready $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
