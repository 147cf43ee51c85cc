# ketway: `make demo` and `make test` work on a machine that has Python 3.11 or newer, pip and make.

PYTHON ?= python3
# Options for installing torch alone, e.g. an index of CPU builds: make demo TORCH_OPTIONS="--index-url ..."
TORCH_OPTIONS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# Every published client that has an environment of its own, and those of them that `make test` runs.
CLIENTS := $(patsubst requirements/parity/%.txt,%,$(wildcard requirements/parity/*.txt))
EVERYDAY := 0.8.1 scaleway-312 scaleway-g1
# How long `make soak` goes on, and on which database: sqlite or postgresql; empty plays on both by turns.
SOAK_S ?= 3600
SOAK_ON ?=
# What `make bench` measures, if not all.
MEASURES ?=

.DEFAULT_GOAL := help
.PHONY: help demo serve test soak postgres parity check bench lock clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(STAMPS)/ketway  ## run real jobs through the vendors' clients on a throw-away server
	@$(BIN)/ketway demo

serve: $(STAMPS)/ketway  ## run all of ketway on this machine
	@$(BIN)/ketway serve

test: $(STAMPS)/ketway  ## run every test, with the newest clients and some old ones
	@tools/parity.sh $(EVERYDAY)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not older"

soak: $(STAMPS)/ketway  ## kill, pause and starve servers at random for SOAK_S seconds (an hour), as root; SOAK_ON=sqlite or postgresql: on that alone
	@SOAK_S=$(SOAK_S) SOAK_ON=$(SOAK_ON) $(BIN)/python -W "ignore:XDG_RUNTIME_DIR" -m tests.system.crashes.soak

postgres: $(STAMPS)/ketway  ## run the surfaces' tests on PostgreSQL, as `make test` does on SQLite
	@KETWAY_TESTS_ON_POSTGRES=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/api tests/cli tests/services

parity: $(STAMPS)/ketway  ## run the vendors' clients, every version that is kept
	@tools/parity.sh $(CLIENTS)
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/parity

check: $(STAMPS)/ketway  ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(STAMPS)/ketway .parity/peers/made  ## measure all, or MEASURES, beside budgets and other queues
	@$(BIN)/python -m bench $(MEASURES)

lock:  ## write requirements/lock.txt anew
	@tools/lock.sh

clean:  ## remove what was made
	rm -rf $(VENV) .parity .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Other queues, each at its best, for `make bench` alone.
.parity/peers/made: requirements/peers.txt
	@echo "installing the queues that ketway is measured beside (once)"
	@rm -rf .parity/peers
	@$(PYTHON) -m venv .parity/peers
	@.parity/peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ketway needs Python 3.11 or newer; say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "no virtual environment can be made; on Debian: apt install python3-venv" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

# Torch first and by itself: the plain requirement of others would bring a build with gigabytes of CUDA.
$(STAMPS)/torch: requirements/torch.txt $(STAMPS)/venv
	@echo "installing torch (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH_OPTIONS) -r requirements/torch.txt
	@touch $@

$(STAMPS)/locked: requirements/lock.txt $(STAMPS)/torch
	@echo "installing the emulators, the clients and the tools (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/lock.txt
	@touch $@

$(STAMPS)/ketway: pyproject.toml $(STAMPS)/locked
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
