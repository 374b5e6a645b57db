# make demo   set up, run the whole pipeline on the embedded sample, print the metrics, the path of the report, and the
#             command that opens the search page
# make test   set up, run all tests
# make test-fast   set up, run the tests of single parts: not tests/end_to_end, and not what is marked slow
# make lint   set up, check format, mistakes, types, the order of imports, the declared packages
# make runs PACK=/path/of/a/pack [JOBS=2] [RUNS="models ..."]   the runs of experiments/charades.yaml as experiments
# make runs PLAN=experiments/sample.yaml   those of another plan
# make table [PACK=...] [PLAN=...] [RUNS="models ..."]   their results in Markdown
# make pins [OF=--upgrade]   write requirements*.txt anew; see .ci/pins
# PYTHON=python3.12 make demo   with another interpreter (3.11 to 3.13)

PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export OMP_WAIT_POLICY ?= PASSIVE
OF_PLAN = $(if $(PLAN),--plan '$(PLAN)') $(if $(PACK),--pack '$(PACK)')

.PHONY: demo test test-fast setup lint pins runs table

demo: setup
	dvc repro
	@echo
	@dvc metrics show
	@echo
	@echo "Report: $(CURDIR)/outputs/report.html"
	@echo "Search: $(VENV)/bin/amdnet serve    (the page is then at http://127.0.0.1:8000/)"

# A file of tests is one process's, in the order of tests/conftest.py. There are at most four: each may take 4 GB.
TOGETHER = -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: setup
	python -m pytest $(TOGETHER)

test-fast: setup
	python -m pytest $(TOGETHER) --ignore=tests/end_to_end -m 'not slow'

runs: setup
	python -m experiments run $(RUNS) $(OF_PLAN) --jobs $(or $(JOBS),1)

table: setup
	@python -m experiments table $(RUNS) $(OF_PLAN)

lint: setup
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo
	deptry pipeline stages tools
	deptry --exclude '\.venv' --ignore DEP002,DEP004 benchmarks experiments tests

pins:
	.ci/pins $(OF)

setup: $(VENV)/.installed

# Every file is checked against its hash; --no-deps, since the lists are whole. What comes as source is built by the
# setuptools of the list, which is therefore installed first. Where the package index has no CPU build of torch, it is
# the CUDA build, which needs more.
INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps
LISTED := $(INSTALL) --require-hashes --no-build-isolation --requirement

$(VENV)/.installed: requirements.txt requirements-cpu.txt requirements-cuda.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "This project needs Python 3.11 to 3.13, and $(PYTHON) is %d.%d. Try: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	@awk '/^[a-z]/ { keep = /^setuptools==/ } keep' requirements.txt > $(VENV)/setuptools.txt
	$(LISTED) $(VENV)/setuptools.txt
	$(LISTED) requirements-cpu.txt 2> /dev/null || $(LISTED) requirements-cuda.txt
	$(LISTED) requirements.txt
	$(INSTALL) --no-build-isolation --editable .
	@touch $@
