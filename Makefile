# Everything needs only Python 3.11+ and make.  `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV   := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help setup demo test test-speech test-train test-cluster check format bench clean

help:            ## list the targets
	@grep -E '^[a-z-]+: *.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable '.'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test,check]'
	@touch $@

setup: $(VENV)/installed   ## make .venv and install Bandmate into it

demo: $(VENV)/installed    ## mix and master a short song with planted faults, and print what was found
	$(BIN)/bandmate demo --out build/demo

test: $(VENV)/installed-dev    ## every test
	$(BIN)/python -m pytest -n 2

test-speech: $(VENV)/installed-dev    ## install the speech extra and test it
	$(PIP) install --quiet --constraint constraints.txt --editable '.[speech]'
	$(BIN)/python -m pytest tests/sound/test_speech.py

test-train: $(VENV)/installed-dev    ## install the train extra and test teaching networks
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train]'
	$(BIN)/python -m pytest tests/learn/test_training.py

test-cluster: $(VENV)/installed-dev    ## install the train and cluster extras and test learning on two workers
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,cluster]'
	$(BIN)/python -m pytest tests/learn/test_cluster.py

check: $(VENV)/installed-dev   ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed-dev  ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-dev   ## speed and memory, as ratios
	$(PIP) install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m benchmarks

clean:           ## remove what can be made again
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis
