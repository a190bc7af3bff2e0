# The whole of the project's commands. `make` alone lists them.
CONFIGURATION ?= Debug

.DEFAULT_GOAL := help
.PHONY: help run test bench lint dashboard clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start everything; prints the URL, the demo key and a curl line
	@dotnet run --project Gateway.AppHost -c $(CONFIGURATION)

test: ## set up what the tests need, run all of them, end with one line of counts
	@CONFIGURATION=$(CONFIGURATION) eng/test.sh

bench: ## print the performance table (docs: bench/README.md); ARGS=--quick for a short one
	@eng/bench.sh $(ARGS)

lint: ## formatting and analyzers, without changing anything
	@dotnet format Gateway.sln --verify-no-changes --no-restore --severity warn

dashboard: ## install the Aspire dashboard into .dashboard/; `make run` then uses it
	@eng/dashboard.sh

clean: ## remove build output, local data and the answer of the feed probe
	@find . -type d \( -name bin -o -name obj -o -name TestResults \) -not -path '*/node_modules/*' -prune -exec rm -rf {} +
	@rm -rf eng/feed.props .data artifacts
