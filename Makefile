# The only commands anyone must remember: make demo, make test, make quick, make nightly, make lint, make serve, make cluster, make bench.
# The newest usual Python that runs: the production server needs 3.12 or newer, all else 3.11 or newer.
PYTHON ?= $(shell for python in python3.13 python3.12 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.1[23].*/bin/python3; do \
	$$python -c "import ensurepip, sqlite3, ssl" 2>/dev/null && command -v $$python && exit; done; echo python3)
# Tests start some two hundred processes: each would compile all of this anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
INSTALL := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
# pip itself would compile on one core; some packages hold templates that are no Python, which is nobody's error.
COMPILE := PYTHONWARNINGS=ignore $(BIN)/python -m compileall -qq -j 0 .venv/lib || true
QUICK := tests/test_layers.py tests/test_docs.py tests/prompts tests/graph tests/app tests/tools --ignore=tests/tools/backends/local --ignore=tests/tools/backends/ray --ignore=tests/tools/extras
PORT ?= 2024
REQUEST ?= Read the notice in examples/notice.png aloud, tell me which language it is in and whether its tone is positive, and show me its outlines.

.PHONY: demo test nightly fuzz quick lint serve cluster bench clients open-webui notebooks docs clean

demo: .venv/demo  ## Answer a real request about a real picture
	$(BIN)/hugginggpt ask "$(REQUEST)"

test: .venv/dev  ## Everything that must hold: formatting, types, behaviour
	$(MAKE) lint
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

nightly: .venv/dev fuzz  ## What takes minutes of every core: clusters that lose nodes, every fault, 100,000 damaged inputs, all clients
	$(BIN)/python -m pytest -m nightly
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.soak --minutes 10 --clients 64
	$(MAKE) clients

fuzz: .venv/dev  ## Damaged plans, files, requests and descriptions of tools, another hundred thousand each day
	$(BIN)/python -W ignore -m benchmarks.fuzz --cases 100000 --seed $$(date +%Y%j)

quick: .venv/dev  ## What most changes need, in less than a minute: no servers, no browser, no models but the built-in ones
	$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not slow and not nightly" $(QUICK)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Gradio makes the folder of an upload on the event loop, hence --allow-blocking; our own code is tested without it.
serve: .venv/serve  ## LangGraph's API server with Studio and the page at /app, on 127.0.0.1 only
	@echo "The page will be at http://127.0.0.1:$(PORT)/app; if that port is taken, at /app of the API named below"
	LANGGRAPH_CLI_NO_ANALYTICS=1 LANGGRAPH_NO_VERSION_CHECK=true GRADIO_ANALYTICS_ENABLED=False \
	$(BIN)/langgraph dev --port $(PORT) --no-browser --allow-blocking --n-jobs-per-worker 8

cluster: .venv/cluster  ## Postgres, Redis, two servers and two Ray nodes on this machine, some of which are killed: all is answered once
	$(BIN)/python -m benchmarks.cluster --show

clients: .venv/dev .venv-clients/made  ## Other people's clients, unchanged, against our server
	$(BIN)/python -m pytest tests/clients --ignore tests/clients/test_open_webui.py

open-webui: .venv/dev .venv-clients/open-webui/made  ## Open WebUI itself, several GB with what it depends on, against our server
	$(BIN)/python -m pytest tests/clients/test_open_webui.py

notebooks: .venv/dev  ## Run the notebooks, and keep them with what they show
	PYTHONWARNINGS=ignore $(BIN)/jupyter-execute --inplace --timeout=300 --NotebookClient.record_timing=False notebooks/*.ipynb

bench: .venv/dev  ## What is measured: orchestration, serving, pipelines, the page
	$(BIN)/python -m benchmarks.execution
	$(BIN)/python -m benchmarks.arrival
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.serving
	$(BIN)/python -m benchmarks.pipelines
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.cluster
	$(BIN)/python -m benchmarks.answers
	$(BIN)/python -m benchmarks.memory

docs: .venv/dev  ## The documentation site, in site/; a broken link is an error
	$(BIN)/python -m mkdocs build --strict

clean:
	rm -rf .venv .venv-clients build *.egg-info

# One stamp per set of extras; each installs what it lacks over the last.
.venv/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	touch $@

CLIENTS := .venv-clients/bin/python -m pip --quiet --disable-pip-version-check
FIRST := .venv-clients/first/bin/python -m pip --quiet --disable-pip-version-check

.venv-clients/made: tests/clients/requirements.txt tests/clients/first.txt tests/clients/javascript/package.json
	$(PYTHON) -m venv .venv-clients && $(PYTHON) -m venv .venv-clients/first
	$(CLIENTS) install --upgrade pip && $(CLIENTS) install --requirement tests/clients/requirements.txt
	$(FIRST) install --upgrade pip && $(FIRST) install --requirement tests/clients/first.txt
	npm install --silent --no-audit --no-fund --no-package-lock --prefix tests/clients/javascript
	touch $@

.venv-clients/open-webui/made: tests/clients/open_webui.txt
	$(PYTHON) -m venv .venv-clients/open-webui
	.venv-clients/open-webui/bin/python -m pip --quiet --disable-pip-version-check install --requirement tests/clients/open_webui.txt
	touch $@

.venv/demo: .venv/pip pyproject.toml constraints.txt
	$(INSTALL) -e .[embedded,speech]
	$(COMPILE)
	touch $@

.venv/serve: .venv/demo
	$(INSTALL) -e .[embedded,speech,serve,studio,page,tools]
	$(COMPILE)
	touch $@

.venv/cluster: .venv/demo
	$(INSTALL) -e .[embedded,speech,local,serve,cluster,ray,page,tools]
	$(COMPILE)
	touch $@

.venv/dev: .venv/demo
	$(INSTALL) -e .[embedded,speech,local,serve,cluster,ray,s3,studio,page,tools,docs,dev]
	$(COMPILE)
	! command -v npm >/dev/null || npm install --silent --no-audit --no-fund --prefix tests/server/javascript
	touch $@
