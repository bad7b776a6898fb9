# What there is to do with this repository; "make" alone lists it. Go, git and make
# are all that is needed.

GO       ?= go
BIN      ?= bin
FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 1
ARGS     ?=

# The race detector needs a C compiler; without one those tests run without it.
RACE := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

# The packages with goroutines of their own. Those that link the driver of Snowflake or
# BigQuery, which takes the race detector several minutes to build, are for "make race".
CONCURRENT := ./core ./core/consent ./core/outbox ./core/queue ./core/queue/disk/... ./core/sanitize ./core/transport ./server/... \
	./sinks/amplitude ./sinks/exec ./sinks/ga4 ./sinks/http ./sinks/log ./sinks/mixpanel ./sinks/segment \
	./sinks/warehouse ./sinks/warehouse/postgres ./sinktest ./metrics/... ./usage

VERSION := $(shell git describe --tags --dirty 2>/dev/null)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
STAMP   := $(if $(VERSION),-X github.com/headgate-dev/headgate/cli.version=$(VERSION)) $(if $(COMMIT),-X github.com/headgate-dev/headgate/cli.commit=$(COMMIT))

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/headgate, a static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w $(STAMP)' -o $(BIN)/headgate ./cmd/headgate

.PHONY: run
run: build ## start the daemon, post some events to it, show what became of them (ARGS=-once: then stop)
	@$(GO) run ./internal/demo -headgate $(BIN)/headgate -config examples/config/quickstart.yaml $(ARGS)

.PHONY: test
test: format vet lint tidy generated ## everything CI runs: those, then every test, and those of what is concurrent under -race
	$(GO) test -vet=off ./... # vet has run
	$(GO) test -vet=off $(RACE) $(CONCURRENT)
	$(GO) -C examples/thirdparty vet ./... && $(GO) -C examples/thirdparty test ./...
	@command -v node >/dev/null || echo "There is no node on this machine: whether Segment's library for Node.js reports to headgate was not tried."
	@command -v chromium chromium-browser google-chrome >/dev/null || echo "There is no Chromium on this machine: whether the admin page and the script for browsers work was not tried."

.PHONY: check
check: test ## what a change must pass; the same as test

.PHONY: test-emulators
test-emulators: $(BIN)/bigquery-emulator ## try the warehouse drivers with emulators that others wrote; needs python3, and once 7 GB of memory
	sinks/warehouse/snowflake/testdata/with-fakesnow.sh $(GO) test -count 1 -run Fakesnow ./sinks/warehouse/snowflake
	HEADGATE_BIGQUERY_EMULATOR=$(abspath $(BIN)/bigquery-emulator) $(GO) test -count 1 -run Emulator -skip '$(BEYOND_BIGQUERY_EMULATOR)' ./sinks/warehouse/bigquery

# That emulator mixes up streams that are open at once, and those of tables that are missing.
BEYOND_BIGQUERY_EMULATOR := WhenItAppends/(RowsWrittenByTwoAtOnce|AMissingTable)

# In it is GoogleSQL, translated from C++ to Go, which takes minutes to compile, and more if optimised.
$(BIN)/bigquery-emulator: internal/emulators/go.mod
	CGO_ENABLED=0 $(GO) -C internal/emulators build -p 1 -gcflags='github.com/goccy/googlesqlwasm2go/...=-N -l' -o $(abspath $@) github.com/goccy/bigquery-emulator/cmd/bigquery-emulator

.PHONY: sanitize-score
sanitize-score: ## say what share of the sensitive the sanitiser finds, and of the benign it changes (ARGS="-failures 20")
	@$(GO) run ./core/sanitize/internal/score $(ARGS)

.PHONY: race
race: ## run every test under the race detector
	$(GO) test -race ./...

.PHONY: format
format: ## fail if gofmt would change a file
	@files=$$(gofmt -l .); \
	if [ -n "$$files" ]; then echo "run gofmt -w on:"; echo "$$files"; exit 1; fi

.PHONY: vet
vet: ## run go vet
	$(GO) vet ./...

.PHONY: lint
lint: ## run staticcheck, at the version pinned in internal/tools
	$(GO) tool -modfile=internal/tools/go.mod staticcheck ./...

.PHONY: tidy
tidy: ## fail if go mod tidy would change go.mod or go.sum
	$(GO) mod tidy -diff

.PHONY: generate
generate: ## write the generated files
	$(GO) generate ./...

.PHONY: generated
generated: ## fail if a generated file is out of date
	@before=$$(git status --porcelain; git diff | git hash-object --stdin); \
	$(MAKE) --no-print-directory generate && \
	after=$$(git status --porcelain; git diff | git hash-object --stdin); \
	if [ "$$before" != "$$after" ]; then echo "generated files were out of date; see git diff"; exit 1; fi

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@for dir in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -r -n 1 dirname | sort -u); do \
		for target in $$($(GO) test -list '^Fuzz' ./$$dir | grep '^Fuzz'); do \
			echo "# $$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$$dir || exit 1; \
		done; \
	done

SOAK ?= 10s

.PHONY: soak
soak: ## have 100 goroutines record metrics for SOAK (10s) under the race detector
	HEADGATE_SOAK=$(SOAK) $(GO) test $(RACE) -count 1 -v -run 'LoseNothing$$' ./metrics

.PHONY: endurance
endurance: ## try the daemon with a million events, minutes of kills and faults, and a flood; takes about ten minutes
	HEADGATE_LONG=1 $(GO) test -count 1 -v -timeout 30m ./internal/e2e/overload ./internal/e2e/endurance

.PHONY: bench
bench: ## run the benchmarks (BENCH=regexp, COUNT=n)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./...

.PHONY: compare
compare: ## measure headgate beside its peers, and write the tables of docs/performance.md (ARGS="-tables engines")
	$(GO) -C bench run ./cmd/compare run $(ARGS)

.PHONY: clean
clean: ## remove what was built, and what make run wrote
	rm -rf $(BIN) headgate.db headgate.db-wal headgate.db-shm
