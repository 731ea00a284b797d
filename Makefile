# Parley's commands. Everything they install stays in .venv; everything they keep stays in PARLEY_DATA.
PYTHON ?= python3
STATIC_ROOT ?= staticfiles
TESTS ?=

bin := .venv/bin
python := $(bin)/python
pip_install := $(python) -m pip install --quiet --disable-pip-version-check --require-hashes

# As root on Debian; elsewhere it names what is missing.
install_programs := project/management/cluster/install-programs

# A step is done again only when what it stands on has changed.
base := .venv/base-installed
dev := .venv/dev-installed
static := $(STATIC_ROOT)/staticfiles.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run cluster test bench check check-style check-types check-imports check-migrations check-deployment \
	check-vendored check-places lock clean

help: ## Tell what there is
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(base) $(static) ## Serve http://127.0.0.1:8000 with the worker (PORT, HOST, PARLEY_DATA; DEMO=1 adds people)
	@$(python) manage.py migrate --no-input --verbosity 0
	@$(if $(filter 1,$(DEMO)),$(python) manage.py demo)
	@exec $(python) manage.py serve

cluster: $(base) $(static) ## Serve it with PostgreSQL, Redis, two web processes, worker and proxy (PORT, PARLEY_DATA)
	@$(install_programs) initdb redis-server caddy
	@export PARLEY_DATA="$${PARLEY_DATA:-data/cluster}"; exec $(python) manage.py cluster --until-parent-ends

test: $(dev) ## Run every test, on SQLite and on PostgreSQL with Redis (TESTS=tests/chat runs some)
	@$(install_programs) chromium redis-server initdb caddy
	@status=0; \
	$(python) -m pytest $(TESTS) || status=$$?; \
	PARLEY_TEST_ON=postgresql $(python) -m pytest -m "not browser" $(TESTS) || status=$$?; \
	exit $$status

bench: $(dev) $(static) ## Measure, print a table and write bench.json (CARDS=10000)
	@$(install_programs) chromium redis-server initdb
	@$(python) -m tests.bench $(if $(CARDS),--cards $(CARDS)) $(if $(BENCH_JSON),--json $(BENCH_JSON))

check: check-style check-types check-imports check-migrations check-deployment
check: check-vendored check-places ## Run every check that is not a test

check-style: $(dev)
	$(bin)/ruff check
	$(bin)/ruff format --check

check-types: $(dev)
	@$(in_empty_place) $(bin)/mypy

check-imports: $(dev)
	$(bin)/lint-imports --no-logo

check-migrations: $(dev)
	@$(in_empty_place) $(python) manage.py makemigrations --check --dry-run

check-deployment: $(dev)
	@$(in_empty_place) $(as_deployed) $(python) manage.py check --deploy --fail-level WARNING

check-vendored:
	cd static/vendor && sha256sum --check --quiet SHA256SUMS

# Nothing in the repository names a registry's host or a place on somebody's machine. The brackets keep the
# pattern from finding itself; grep ends with 1 where it found nothing.
hosts := py[p]i\.org|python[h]osted\.org|registry\.n[p]mjs|n[p]mjs\.com|deb\.d[e]bian\.org
folders := (^|[^[:alnum:].])/(home|opt|root|wor[k]|tmp/s[c]ratch)/
check-places:
	@git grep --no-index --exclude-standard -nIE '$(hosts)|$(folders)' -- . ; \
	test $$? -eq 1 || { echo "These lines name a registry's host or a place on one machine."; exit 1; }

install: $(dev) ## Make .venv with everything for development

lock: ## Renew requirements/*.txt with the newest versions that fit
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet pip-tools
	cd requirements && for name in base dev; do $(compile) $$name.in --output-file $$name.txt; done

clean: ## Remove what these commands made, but no data
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache $(STATIC_ROOT)

$(base): requirements/base.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or newer.")'
	@echo "Installing what Parley needs into .venv"
	@$(PYTHON) -m venv .venv
	@$(pip_install) -r requirements/base.txt
	@touch $@

$(dev): requirements/dev.txt $(base)
	@echo "Installing what tests and checks need into .venv"
	@$(pip_install) -r requirements/dev.txt
	@touch $@

$(static): $(base) $(shell find static -type f) project/settings.py project/storage.py
	@$(in_empty_place) $(python) manage.py collectstatic --no-input --verbosity 0
	@touch $@

# Checks read the settings, and that makes a data folder: theirs goes away again.
in_empty_place = export PARLEY_DATA="$$(mktemp -d)"; trap 'rm -rf "$$PARLEY_DATA"' EXIT;
as_deployed = ORIGIN=https://chat.example.org EMAIL_URL=smtp://mail.example.org BEHIND_PROXY=1 DEBUG=0 \
	SECRET_KEY=$$($(python) -c 'import secrets; print(secrets.token_urlsafe(50))')

# The lock is made from the public index alone, whatever else this machine's pip knows.
compile = env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock" \
	../.venv/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options
