.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
COMMIT ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
FUZZTIME ?= 10s

sources = find . -name '*.go' -not -path '*/node_modules/*' -not -path './graph/generated/*'
# copy copies the tree, with uncommitted changes, to a temporary folder: a check must not write into the tree.
copy = tar -cf - --exclude=node_modules --exclude=.git --exclude='*.db*' $(1) | tar -xf - -C "$$copy"

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run the server with demo data
	go run . --demo

.PHONY: build
build: ## Build the program, static, into ./customer-events
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)"

.PHONY: image
image: ## Build the container image customer-events:VERSION
	docker build --build-arg VERSION='$(VERSION)' --build-arg COMMIT='$(COMMIT)' --tag 'customer-events:$(VERSION)' .

.PHONY: release
release: ## Build a release of HEAD into ./dist: binaries, SBOMs, licences, schema, checksums
	@[ -z "$$(git status --porcelain)" ] || { echo 'there are uncommitted changes: commit them before a release'; exit 1; }
	rm -rf dist
	VERSION='$(VERSION)' COMMIT='$(COMMIT)' .ci/release dist

.PHONY: release-check
release-check: ## Build a release twice in different folders and compare; PLATFORMS=linux/amd64 builds only that one
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT
	export VERSION='$(VERSION)' COMMIT='$(COMMIT)'
	.ci/release "$$copy/first" $(PLATFORMS)
	mkdir "$$copy/elsewhere"
	tar -cf - --exclude=node_modules --exclude=.git --exclude='*.db*' --exclude=./dist . | tar -xf - -C "$$copy/elsewhere"
	[ -n '$(PLATFORMS)' ] || export GOCACHE="$$copy/cache" # nothing that the first build has compiled
	"$$copy/elsewhere/.ci/release" "$$copy/second" $(PLATFORMS)
	diff -r "$$copy/first" "$$copy/second" || { echo 'the builds differ'; exit 1; }
	echo 'the builds are equal byte for byte'

.PHONY: database-server
database-server: ## Install MariaDB for the tests if there is no database server (root on Debian)
	@.ci/database-server

.PHONY: test
test: database-server ## Run all tests; then the short ones with the race detector
	go test -timeout 15m ./...
	CGO_ENABLED=1 go test -race -short -timeout 15m ./...

# Left out: database-killed, because TiDB's test store keeps locks and commits in memory; deadlock, read-only and disk-full,
# because they depend on InnoDB.
tidb-faults = wrong-savepoint,wrong-retry,server-killed-mariadb,connection-cut,connection-cut-small-calls,same-key-mariadb,restart-one-of-two,small-packet,too-many-connections

.PHONY: test-tidb
test-tidb: ## Run the tests that need a database on TiDB, built once from its Go module (10 to 25 minutes)
	@export CRM_TEST_SERVER=$$(.ci/tidb-server)
	go test -count=1 -p 1 -timeout 30m ./test/e2e ./internal/importer ./internal/store
	go run ./test/chaos -short -only $(tidb-faults)

.PHONY: fuzz
fuzz: database-server ## Run each fuzz target for FUZZTIME (default 10s), one per processor at a time
	@fuzz() {
		file=$${1%%:*} target=$${1##* }
		echo "== $$target in $$(dirname "$$file")"
		go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -parallel 1 "$$(dirname "$$file")"
	}
	export -f fuzz
	grep -rEo '^func Fuzz\w+' --include='*_test.go' --exclude-dir=node_modules . | xargs -d '\n' -P "$$(nproc)" -I TARGET bash -euc 'fuzz "TARGET"'

.PHONY: test-lockout
test-lockout: database-server ## Try a million wrong credentials on two servers, and count the accepted ones
	go test ./internal/store -run TestGuessing -v -timeout 1h -args -guesses 1000000

.PHONY: test-security
test-security: database-server ## Run all attacks against the program, and count the successful ones; then hostile load
	go test ./test/security -v -count 1 -timeout 20m -args -attack

.PHONY: bench
bench: database-server ## Measure the throughput of the server in relation to that of its bare database
	go run ./test/bench

.PHONY: test-chaos
test-chaos: database-server ## Inject faults into server, database, connections and disk; no event may be lost or duplicated
	go run ./test/chaos

.PHONY: check
check: ## Run all checks that a change must pass
	@for step in format tidy vet lint language vulncheck licenses-check generate-check alerts-check ui-check \
			test test-conformance examples browser 'release-check PLATFORMS=linux/amd64' readme; do
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
tidy: ## Check that go.mod is tidy
	@go mod tidy -diff
	(cd tools && go mod tidy -diff)
	(cd examples/go && go mod tidy -diff)

.PHONY: vet
vet: ## Run go vet
	go vet ./...
	go -C examples/go vet ./...
	go -C tools vet ./licenses

.PHONY: lint
lint: ## Run staticcheck with all its checks
	go tool -modfile=tools/go.mod staticcheck -checks all ./...

.PHONY: language
language: ## Check that comments, texts and documents do not use the words of internal/tools/language
	@go run ./internal/tools/language

# govulncheck exits with status 3 for a finding. If the vulnerability database is not reachable, a notice is printed.
.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in the dependencies (needs vuln.go.dev)
	@status=0; go tool -modfile=tools/go.mod govulncheck ./... || status=$$?
	case $$status in
	0) ;;
	3) exit 3 ;;
	*) echo "NOT CHECKED for known vulnerabilities: the vulnerability database is not reachable" ;;
	esac

.PHONY: licenses
licenses: ## Write THIRD_PARTY_LICENSES.md
	@go -C tools run ./licenses

.PHONY: licenses-check
licenses-check: ## Check the licences of all linked modules, and THIRD_PARTY_LICENSES.md
	@go -C tools test ./licenses
	go -C tools run ./licenses -check

.PHONY: alerts-check
alerts-check: ## Check the alert rules, and test when they fire (promtool is taken from Debian's prometheus if need be)
	@promtool=$$(.ci/promtool)
	"$$promtool" check config --syntax-only deploy/prometheus.yaml
	"$$promtool" check rules deploy/alerts.yaml
	"$$promtool" test rules deploy/alerts_test.yaml

.PHONY: generate
generate: ## Generate the Go code and docs/errors.md
	go generate .

.PHONY: generate-check
generate-check: ## Check that the generated Go code and docs/errors.md are up to date
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT
	$(call copy,--exclude=./internal/playground/ui .)
	(cd "$$copy" && go generate .)
	diff -r graph "$$copy/graph" && diff -r docs "$$copy/docs" || { echo 'not up to date: run make generate'; exit 1; }

internal/playground/ui/node_modules: internal/playground/ui/package-lock.json
	cd internal/playground/ui && npm ci && touch node_modules

test/conformance/node_modules: test/conformance/package-lock.json
	cd test/conformance && npm ci && touch node_modules

examples/%/node_modules: examples/%/package-lock.json
	cd $(@D) && npm ci && touch node_modules

.PHONY: ui
ui: internal/playground/ui/node_modules ## Build GraphiQL into internal/playground/dist
	cd internal/playground/ui && npm run build

.PHONY: ui-check
ui-check: ## Check that internal/playground/dist is up to date
	@copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT
	$(call copy,internal/playground/ui)
	(cd "$$copy/internal/playground/ui" && npm ci && npm run build)
	diff -r internal/playground/dist "$$copy/internal/playground/dist" || { echo 'not up to date: run make ui'; exit 1; }

.PHONY: test-conformance
test-conformance: build test/conformance/node_modules ## Audit the built program for GraphQL over HTTP, call it with Apollo Client and urql, and lint its OpenAPI
	.ci/with-demo ./customer-events bash -c 'node test/conformance/audit.mjs "$$SERVER/graphql" &&
		node test/conformance/schema.mjs "$$SERVER" &&
		node test/conformance/persisted.mjs "$$SERVER/graphql" &&
		node test/conformance/openapi.mjs "$$SERVER/crmapi/rest/v2/openapi.json"'

.PHONY: languages
languages: ## Install Python and a JDK for the examples if they are missing (root on Debian)
	@.ci/languages

.PHONY: examples
examples: build languages $(patsubst %,examples/%/node_modules,caches postman typescript) ## Build the examples, and run them against the built program
	(cd examples/typescript && npm run build)
	(cd examples/caches && npm run build)
	.ci/with-demo ./customer-events .ci/examples

.PHONY: browser
browser: build internal/playground/ui/node_modules ## Test GraphiQL of the built program in a headless Chromium
	@if [ ! -x /usr/bin/chromium ]; then
		[ "$$(id -u)" = 0 ] || { echo 'there is no /usr/bin/chromium: install Debian'"'"'s package chromium'; exit 1; }
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
	fi
	.ci/with-demo ./customer-events bash -c 'node internal/playground/ui/browser-test.mjs "$$SERVER" ./customer-events'

.PHONY: readme
readme: ## Run the commands of README.md as written, in a clean clone of HEAD
	.ci/readme
