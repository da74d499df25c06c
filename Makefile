# Every command of the project. `make` alone lists them.

.DEFAULT_GOAL := help
SHELL := /bin/bash

BIN := .venv/bin
ENV := .venv/.complete
# `sam build` takes python3.13 and pip from PATH. Compiled modules are kept, wherever that was turned off: tests start twice as fast.
USE := export PATH="$(CURDIR)/$(BIN):$$PATH" SAM_CLI_TELEMETRY=0 PYTHONDONTWRITEBYTECODE=;
STACK ?= sigbridge
# One more than there are cores: the tests of the local stack wait for its minutes to pass.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PROFILE ?= default
pytest = pytest -n $(JOBS) --hypothesis-profile=$(PROFILE)

in_region = $(if $(REGION),--region $(REGION))

.PHONY: help env lock run up down test unit functional stack quick simulate check lint types validate openapi costs build deploy companion remove bench recording sam-local clean

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{printf "  make %-11s %s\n", $$1, $$2}'

env: $(ENV) ## make the environment .venv from requirements.lock

$(ENV): requirements.lock pyproject.toml .python-version tools/environment
	@tools/environment

lock: $(ENV) ## resolve the dependencies into the three requirements files; UPGRADE=1 takes newer versions
	@$(USE) uv pip compile pyproject.toml --group layer --group formatter --group dev $(if $(UPGRADE),--upgrade) --quiet --python-version 3.13 \
	  --generate-hashes --no-header --no-annotate -o requirements.lock >/dev/null
	@$(USE) for target in layer:layers/sigbridge formatter:functions/formatter; do \
	  uv pip compile --group $${target%%:*} --quiet --python-version 3.13 \
	    --generate-hashes --no-header --no-annotate -c requirements.lock -o $${target#*:}/requirements.txt >/dev/null || exit; \
	done
	@echo "written: requirements.lock, layers/sigbridge/requirements.txt, functions/formatter/requirements.txt"

run: $(ENV) ## start the local stack, play the demonstration, stay up until Ctrl-C
	@$(USE) exec python -m sigbridge_local run

up: $(ENV) ## start the local stack in the background, described in .local/stack.json
	@$(USE) exec python -m sigbridge_local up

down: $(ENV) ## stop the local stack
	@$(USE) exec python -m sigbridge_local down

test: $(ENV) ## run every test that needs no Docker, in parallel; JOBS=2 PROFILE=quick|default|ci
	@$(USE) $(pytest) tests

unit: $(ENV) ## run the tests of pure functions, and of the services against a store in memory
	@$(USE) $(pytest) tests/unit tests/services

functional: $(ENV) ## run the tests of whole handlers and programs
	@$(USE) $(pytest) tests/functional tests/public_cases tests/simulator

stack: $(ENV) ## run the tests of the deployed local stack
	@$(USE) pytest tests/stack

simulate: $(ENV) ## play Sigfox Cloud against the stack and check every promise; DEVICES= MINUTES= SCALE= FAULTS= SEED= BASE_URL= KEY=
	@$(USE) exec python -m sigfox_simulator $(foreach option,DEVICES MINUTES SCALE FAULTS SEED BASE_URL KEY APPLICATION,\
	  $(if $($(option)),--$(subst _,-,$(shell echo $(option) | tr A-Z a-z)) $($(option))))

quick: $(ENV) ## run lint, types and unit tests with few examples: while you write
	@$(MAKE) --no-print-directory -j lint types unit JOBS=0 PROFILE=quick

check: lint types unit functional ## run lint, types, unit and functional tests: what every change must pass

lint: $(ENV) ## check style and formatting
	@$(USE) ruff check . && ruff format --check .

types: $(ENV) ## check types
	@$(USE) mypy

validate: $(ENV) ## check template.yaml and companions/
	@$(USE) sam validate --lint --region eu-west-1 && cfn-lint --regions eu-west-1 us-east-1 -- companions/*.yaml

openapi: $(ENV) ## write the description of the API, which the layer serves
	@$(USE) python -m openapi

costs: $(ENV) ## write the tables of docs/costs.md and docs/scale.md from prices, limits and what `make bench` measured
	@$(USE) python -m bill && python -m benchmarks.capacity

build: $(ENV) ## build for AWS into .aws-sam; ARCHITECTURE=x86_64 for the other processor
	@$(USE) sam build --parameter-overrides Architecture=$(or $(ARCHITECTURE),arm64)
	@$(USE) python -m sigbridge_local.layer .aws-sam/build

deploy: $(ENV) ## build and deploy to AWS, for the processor that the stack has; REGION= STACK= PARAMETERS="Name=value …" ARCHITECTURE=
	@$(USE) architecture=$$(python -m sigbridge_deploy architecture --stack $(STACK) $(in_region) $(if $(ARCHITECTURE),--wanted $(ARCHITECTURE))) && \
	  $(MAKE) --no-print-directory build ARCHITECTURE=$$architecture && \
	  sam deploy --stack-name $(STACK) $(in_region) --parameter-overrides Architecture=$$architecture $(PARAMETERS)

companion: $(ENV) ## deploy companions/NAME.yaml, which sends the event bus's events on; NAME= REGION= STACK= PARAMETERS="Name=value …"
	@$(USE) sam deploy --template-file companions/$(or $(NAME),$(error name a file of companions/: NAME=sqs)).yaml \
	  --stack-name $(STACK)-$(NAME) $(in_region) $(if $(PARAMETERS),--parameter-overrides $(PARAMETERS))

remove: $(ENV) ## delete from AWS what `make deploy` made, and its data if you want, after a question for each; REGION= STACK=
	@$(USE) python -m sigbridge_deploy remove --stack $(STACK) $(in_region)

bench: $(ENV) ## measure the budgets and write benchmarks/results.json
	@$(USE) python -m benchmarks

recording: $(ENV) ## record the README's terminal on the local stack that is up: docs/first-downlink.svg
	@$(USE) python -m terminal_recording

sam-local: $(ENV) ## invoke every function once in Docker against a local table
	@$(USE) exec python -m sigbridge_local sam-local

clean: ## stop the local stack and remove everything that was built
	@if [ -x $(BIN)/python ] && [ -d .local ]; then $(BIN)/python -m sigbridge_local down; fi
	@rm -rf .local .aws-sam .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
