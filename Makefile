# Everything anybody runs here. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo gallery test test-elsewhere check bench soak audit lock clean
export PYTHON
WORKERS ?= auto
PART ?= all

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

setup:           ## install what running Parvis needs, into .venv
	@packaging/setup.sh demo

setup-test:
	@packaging/setup.sh test

demo: setup      ## play the whole path: resident, sealing, sync, desk (a window where there is a screen)
	@.venv/bin/python -m kiosk.demo --out build/demo

gallery: setup-test ## draw and measure every screen in every size into build/gallery
	@.venv/bin/python -m tests.gallery

test: setup-test ## all tests, a worker for each core, in a new order each time (SEED=… for one that was, ARGS=… for pytest)
	@.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal $(if $(SEED),--randomly-seed=$(SEED)) $(ARGS)

test-elsewhere: setup-test ## all tests on other days, in other zones, locales, folders…: hours; goes on where it was stopped (ONLY=name)
	@.venv/bin/python -m tests.elsewhere --part $(PART) --workers $(WORKERS) $(if $(TURN),--turn) $(if $(ONLY),--only "$(ONLY)") $(ARGS)

check: setup-test ## formatting, lint, types, import rules, translations
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/python -m tests.translations

bench: setup-test ## the figures of docs/benchmarks.md, measured here
	@.venv/bin/python -m tests.bench

soak: setup-test ## a million schedules of faults between device, stick and server: hours; goes on where it was stopped
	@.venv/bin/python -m tests.sync.soak

audit: setup-test ## look for known flaws in the locked packages (asks PyPI's advisories)
	@.venv/bin/python -m venv build/audit
	@build/audit/bin/pip install -q --disable-pip-version-check pip-audit==2.9.0
	@build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r packaging/requirements.lock

lock:            ## bring packaging/requirements.lock up to date (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --universal --python-version 3.11 --generate-hashes --extra all --group dev -q pyproject.toml -o packaging/requirements.lock

clean:           ## remove what was built, and the virtual environment
	rm -rf .venv build dist
