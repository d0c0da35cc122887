# highwater: `make demo` shows what it does, `make test` proves it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .bin/highwater
OUT ?= out
RUNFLAGS ?=
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

.PHONY: help build demo test run scenarios claims bench cost soak lint clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

build: ## build the highwater binary (.bin/highwater)
	@CGO_ENABLED=0 go build -trimpath -o $(BIN) .

demo: build ## run the broken and the fixed exports, small and at scale, and print the report's path
	@$(BIN) run ignored-backpressure export-at-scale --variants '*/broken,*/broken-strings,*/fixed,*/fixed-drain' --out $(OUT)/demo-$$(date +%Y%m%d-%H%M%S) $(RUNFLAGS)

test: build ## all tests; what needs a container engine is skipped without one, and listed
	@unproved=$$(mktemp); trap 'rm -f $$unproved' EXIT; status=0; \
	HIGHWATER_UNPROVED=$$unproved go test -count=1 -p 1 -timeout 70m ./... || status=$$?; \
	if [ -s $$unproved ]; then echo; echo "Not proved here, or not at once:"; sort -u $$unproved | sed 's/^/  /'; fi; \
	exit $$status

run: build ## run one scenario: make run SCENARIO=ignored-backpressure
	@$(BIN) run $(or $(SCENARIO),$(error say which: make run SCENARIO=ignored-backpressure (see make build && .bin/highwater list))) $(RUNFLAGS)

scenarios: build ## run the whole catalog, several runs at once
	@$(BIN) run $$($(BIN) list --json | grep -oE '^    "id": "[^"]+"' | cut -d'"' -f4) --parallel auto --out $(OUT)/scenarios-$$(date +%Y%m%d-%H%M%S) $(RUNFLAGS)

claims: build ## run the whole catalog and write what is said beside what was measured (scenarios/CLAIMS.md)
	@out=$(OUT)/claims-$$(date +%Y%m%d-%H%M%S); $(BIN) run $$($(BIN) list --json | grep -oE '^    "id": "[^"]+"' | cut -d'"' -f4) --parallel auto --out $$out $(RUNFLAGS) && \
	$(BIN) claims $$out > scenarios/CLAIMS.md && echo "written: scenarios/CLAIMS.md"

bench: ## benchmarks of sink (beside toxiproxy), source, parser and sampling, summed up by benchstat
	@file=$$(mktemp); go test -run '^$$' -bench . -count $(or $(COUNT),5) ./harness/peer ./harness/probe | tee $$file; \
	(cd harness/peer/toxiproxy && go test -run '^$$' -bench . -count $(or $(COUNT),5)) | tee -a $$file; go run $(BENCHSTAT) $$file; rm -f $$file

cost: build ## what watching costs: the three ways in turn, compared by benchstat
	@file=$$(mktemp); for i in $$(seq $(or $(COUNT),6)); do \
	  HIGHWATER_BINARY=$$PWD/$(BIN) HIGHWATER_ENGINE=$(ENGINE) go test -run '^$$' -bench Watching -benchtime 1x ./harness/cli | tee -a $$file; \
	done; go run $(BENCHSTAT) -col /watch $$file; rm -f $$file

soak: build ## run the catalog again and again, counting wrong verdicts into scenarios/soak.tsv
	@$(BIN) soak --file scenarios/soak.tsv --engine $(or $(ENGINE),auto) --rounds $(or $(ROUNDS),5) --parallel $(or $(PARALLEL),1)

lint: ## gofmt, go vet (for macOS too), staticcheck, tidy modules
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	@go vet ./...
	@GOOS=darwin GOARCH=arm64 CGO_ENABLED=0 go vet ./...
	@cd harness/peer/toxiproxy && go vet ./... && go mod tidy -diff
	@go run $(STATICCHECK) ./...
	@go mod tidy -diff

clean: ## remove what was built and what a killed highwater left; reports stay
	@if [ -x $(BIN) ]; then $(BIN) clean --images; fi
	@rm -rf .bin
