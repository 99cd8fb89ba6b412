.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
FUZZTIME ?= 10s

sources = find . -name '*.go' -not -path '*/node_modules/*' -not -path './graph/generated/*'
# The tree as it lies there, uncommitted changes and all, in a temporary folder: what only checks must not write into it.
copy = tar -cf - --exclude=node_modules --exclude=.git --exclude='*.db*' $(1) | tar -xf - -C "$$copy"

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run the server with demo data
	go run . --demo

.PHONY: build
build: ## Build the program, static, into ./customer-events
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)"

.PHONY: test
test: ## Run all tests, with the race detector
	CGO_ENABLED=1 go test -race -timeout 15m ./...

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (default 10s)
	@grep -rEo '^func Fuzz\w+' --include='*_test.go' --exclude-dir=node_modules . | while IFS=: read -r file function; do
		echo "== $${function#func } in $$(dirname "$$file")"
		go test -run '^$$' -fuzz "^$${function#func }$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")"
	done

.PHONY: guesses
guesses: ## Guess a million times at credentials, on two servers
	go test ./store -run TestGuessing -v -timeout 1h -args -guesses 1000000

.PHONY: attack
attack: ## Attack the running program in all ways that are known here, and count what comes through; hostile load last
	go test . -run '^Test(Attack|HostileLoad)$$' -v -count 1 -timeout 20m -args -attack

.PHONY: bench
bench: ## Measure the server against the floor of its database
	go run ./bench

.PHONY: check
check: ## Run all that must pass before a change is taken
	@for step in format tidy vet lint known fresh ui-check test audit readme; do
		echo "== make $$step"
		SECONDS=0
		$(MAKE) --no-print-directory $$step
		echo "== make $$step: $$SECONDS s"
	done
	echo "All checks have passed."

.PHONY: format
format: ## Check that the sources are formatted by gofmt
	@unformatted=$$($(sources) -exec gofmt -l {} +)
	[ -z "$$unformatted" ] || { printf 'not formatted, run gofmt -w on them:\n%s\n' "$$unformatted"; exit 1; }

.PHONY: tidy
tidy: ## Check that go.mod names what is used
	@go mod tidy -diff
	cd tools && go mod tidy -diff

.PHONY: vet
vet: ## Run go vet
	go vet ./...

# Left out: a comment need not begin with the name of what it describes (ST1020 to ST1022).
.PHONY: lint
lint: ## Run staticcheck
	go tool -modfile=tools/go.mod staticcheck -checks all,-ST1020,-ST1021,-ST1022 ./...

# Its status is 3 where it has found something; where it cannot fetch the list of what is known, that is told and nothing is checked.
.PHONY: known
known: ## Look for known vulnerabilities in what the program is built from (needs vuln.go.dev)
	@status=0; go tool -modfile=tools/go.mod govulncheck ./... || status=$$?
	case $$status in
	0) ;;
	3) exit 3 ;;
	*) echo "NOT CHECKED for known vulnerabilities: their list cannot be had here" ;;
	esac

.PHONY: generate
generate: ## Write the generated Go code anew, from schema.graphqls
	go generate .

.PHONY: fresh
fresh: ## Check that the generated Go code is that of schema.graphqls
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT
	$(call copy,--exclude=./playground/ui .)
	(cd "$$copy" && go generate .)
	diff -r graph "$$copy/graph" || { echo 'not fresh: run make generate'; exit 1; }

playground/ui/node_modules: playground/ui/package-lock.json
	cd playground/ui && npm ci && touch node_modules

audit/node_modules: audit/package-lock.json
	cd audit && npm ci && touch node_modules

.PHONY: ui
ui: playground/ui/node_modules ## Build GraphiQL anew, into playground/dist
	cd playground/ui && npm run build

.PHONY: ui-check
ui-check: ## Check that playground/dist is what playground/ui builds
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT
	$(call copy,playground/ui)
	(cd "$$copy/playground/ui" && npm ci && npm run build)
	diff -r playground/dist "$$copy/playground/dist" || { echo 'not fresh: run make ui'; exit 1; }

.PHONY: audit
audit: build audit/node_modules ## Ask the built program all that GraphQL over HTTP demands, and lint its OpenAPI
	.ci/with-demo ./customer-events bash -c 'node audit/audit.mjs "$$SERVER/graphql" && node audit/openapi.mjs "$$SERVER/crmapi/rest/v2/openapi.json"'

.PHONY: browser
browser: build playground/ui/node_modules ## Use GraphiQL of the built program in a headless Chromium
	@if [ ! -x /usr/bin/chromium ]; then
		[ "$$(id -u)" = 0 ] || { echo 'there is no /usr/bin/chromium: install Debian'"'"'s package chromium'; exit 1; }
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
	fi
	.ci/with-demo ./customer-events bash -c 'node playground/ui/browser-test.mjs "$$SERVER"'

.PHONY: readme
readme: ## Run the commands of README.md as written, in a clean clone of HEAD
	.ci/readme
