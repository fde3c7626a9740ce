# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Options for pip go into PIP_ARGS, for example on a Linux machine without a GPU (saves gigabytes):
#   make demo PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_ARGS ?=
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS) \
	--config-settings editable_mode=compat
export HF_HUB_OFFLINE := 1
export DO_NOT_TRACK := 1

.PHONY: demo nights test check test-slow docs picture clean help

help:
	@echo "make demo       set up, then score the example comments with the embedded model"
	@echo "make nights     set up, with Evidently's reports and dashboards"
	@echo "make test       set up, then all checks and tests"
	@echo "make check      style, types and architecture only"
	@echo "make test-slow  the long soaks"
	@echo "make docs       write docs/cli.md and docs/predictions.md anew"
	@echo "make picture    draw docs/images/architecture.svg anew from the imports"
	@echo "make clean      remove the virtual environment and the demo"

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "yeban needs Python 3.11 or newer, this is " + sys.version)'
	@echo "Setting up $(VENV) (a few minutes the first time) ..."
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(INSTALL) -e ".[dev,nights,relabel]"
	@touch $@

$(VENV)/.nights: $(VENV)/.base
	@$(INSTALL) -e ".[nights]"
	@touch $@

nights: $(VENV)/.nights

demo: $(VENV)/.base
	@rm -rf demo && cp -r examples/demo demo
	$(BIN)/yeban score comment --date 2026-01-05 --home demo
	@echo
	@$(BIN)/python examples/query.py demo
	@echo "Query it yourself: $(BIN)/python examples/query.py demo, or open demo/yeban.duckdb with DuckDB."
	@echo "Try a text of your own: $(BIN)/yeban predict comment --home demo 物流很快,下次还来"

check: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal

test-slow: $(VENV)/.dev
	YEBAN_TESTS=thorough $(BIN)/python -m pytest -m "slow or thorough" --timeout 3600

docs: $(VENV)/.base
	$(BIN)/python -m jobs.cli.reference
	$(BIN)/python -m storage.warehouse.columns_page

picture: $(VENV)/.dev
	$(BIN)/python -m docs.picture

clean:
	rm -rf $(VENV) demo
