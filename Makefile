# caravan — «make» alone prints what there is.
PYTHON ?= python3
PORT ?= 8000
SPEED ?= 1200
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help run test check bench fmt clean lock pictures basemap browser

help: ## esta lista
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN) ## la demostración: la noche del 15 de mayo de 2023 (PORT=8000 SPEED=1200; SPEED=0 la juega de una vez)
	$(BIN)/caravan demo --port $(PORT) --speed $(SPEED) --data .demo

test: $(DEV) browser ## todas las pruebas
	$(BIN)/python -m pytest

check: $(DEV) ## estilo, tipos, capas, protocolos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/caravan check protocols/*.yaml

bench: $(DEV) ## las cifras, con la máquina descrita
	$(BIN)/python -m bench

fmt: $(DEV) ## da formato
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

pictures: $(DEV) browser ## las imágenes de docs/img, hechas por el propio programa
	$(BIN)/python tools/pictures.py

lock: $(DEV) ## vuelve a fijar las dependencias con sus huellas
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build -o requirements/run.txt
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

basemap: $(DEV) ## deriva el mapa base: make basemap SOURCE=carpeta STATE=11
	$(BIN)/python tools/derive_basemap.py --source $(SOURCE) --state $(STATE)

clean: ## borra el entorno y los datos de la demostración
	rm -rf $(VENV) .demo dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage

browser: $(DEV)
	@$(BIN)/python tools/find_browser.py

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hace falta Python 3.11 o más nuevo: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Falta el módulo venv de Python (en Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(RUN): requirements/run.txt pyproject.toml | $(VENV)/.uv
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@
