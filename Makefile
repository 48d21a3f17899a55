# `make demo`: set up .venv and show one allocation. `make test`: set up .venv and run every check.
# `make quick`: lint and the fast tests, while you work: all tests but those that stand in SLOW.
# `make docs`: the pages as a site in build/docs.
# `make test-newest`: the tests, and every command's JSON, with the newest versions that the metadata allows.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
NEWEST := .venv-newest
PIP := -m pip install --quiet --disable-pip-version-check
PACK := scenarios/quickstart
SLOW := algebra/test_exact.py benchmarks compare plan problem/test_problem_facts.py problem/test_problem_fuzz.py \
  pyomo_model retire scenario/test_scenario.py scenario/test_scenario_draws.py rules/test_brute.py \
  rules/test_exceptions.py rules/test_keep_or_retire.py rules/test_naive.py solve stages test_arcs.py \
  test_cli_compare.py test_cli_edges.py test_cli_retire.py test_exact.py test_hostile_yaml.py test_notebooks.py \
  test_properties.py test_published.py test_scenarios.py ties
JSON := demo "check $(PACK)" "allocate $(PACK) --contract protect_dtc" "retire $(PACK)" "price $(PACK)" \
  "explain $(PACK) --sku LAMP --channel amazon" \
  "compare $(PACK) --jobs 2 --out $(NEWEST)/runs"

# The pages as a site in build/docs: warnings, lost links and lost anchors are errors.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -c docs . build/docs
	@echo "Built: build/docs/index.html"

$(VENV)/.docs: $(STAMP)
	$(BIN)/python $(PIP) --constraint constraints.txt --editable ".[docs]"
	touch $@

# Reports and pictures of every pack under docs/gallery, and a browser that looks at each. It needs Chromium and npm, and
# says first which of them is missing.
gallery: $(STAMP)
	$(BIN)/python -m gallery.ready
	npm install --silent --no-fund --no-audit --no-save --prefix .gallery axe-core@4
	$(BIN)/python -m gallery.pages
	$(BIN)/python -m pytest gallery --numprocesses=2 --durations=10

.PHONY: demo docs gallery test quick lint types unit test-newest newest json clean

demo: $(STAMP)
	$(BIN)/allocopt demo

test: lint types unit

quick: lint
	$(BIN)/python -m pytest $(addprefix --ignore=tests/,$(SLOW))

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The library, and the Python of the pages.
types: $(STAMP)
	$(BIN)/python -m docs.typed build/pages
	$(BIN)/mypy src build/pages

unit: $(STAMP)
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --durations=25

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --constraint constraints.txt --editable ".[dev,benchmarks]"
	$(BIN)/python -m allocopt.solve.prices
	touch $(STAMP)

test-newest: newest json
	$(NEWEST)/bin/python -m pytest --numprocesses=2 --dist=loadfile

# Not the extras of highspy: they hold it at their own version.
newest:
	test -d $(NEWEST) || $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python $(PIP) --upgrade --upgrade-strategy eager --editable ".[dev,peers]"
	$(NEWEST)/bin/python -m allocopt.solve.prices

# What each command prints for machines is JSON and nothing else.
json: newest
	rm -rf $(NEWEST)/runs
	set -e; for command in $(JSON); do \
	  echo "allocopt $$command --json"; \
	  $(NEWEST)/bin/allocopt $$command --json | $(NEWEST)/bin/python -m json.tool > /dev/null; \
	done

clean:
	rm -rf $(VENV) $(NEWEST) .mypy_cache .ruff_cache .pytest_cache
