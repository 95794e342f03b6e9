# Purse. `make run` starts it, `make test` runs everything; the rest is for
# people who work on it. `make help` lists the targets.

GO          ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
GOSEC       := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GITLEAKS    := github.com/zricethezav/gitleaks/v8@v8.30.1
RACE        := ./internal/ledger/... ./internal/store/... ./internal/identity/... ./internal/botclient/... ./internal/job/... ./internal/notify/... ./internal/httpkit/... ./internal/redis/... ./internal/logging/... ./internal/number/... ./internal/secret/...
export CGO_ENABLED ?= 0

.PHONY: help run build test check bench race fuzz browser postgres redis interpreters clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## build Purse and start it for development on http://127.0.0.1:8000
	@exec bin/purse dev

build: ## build the one binary, bin/purse
	@scripts/need-go
	@test -e bin/purse || echo "building Purse; the first time this takes a minute or two …"
	@$(GO) build -trimpath -o bin/purse ./cmd/purse

test: check browser postgres redis interpreters ## run every check and every test, and count them
	@scripts/need-go
	@echo "== tests"
	@$(if $(CI),PURSE_REQUIRE_POSTGRES=1 PURSE_REQUIRE_REDIS=1) $(GO) test -json -count=1 -timeout 20m ./... | $(GO) run ./tools/testsummary

check: ## gofmt, vet, staticcheck, and where they can be had gosec, a scan for secrets, govulncheck; import rules are tests
	@scripts/need-go
	@echo "== gofmt"; files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	@echo "== vet"; $(GO) vet ./...
	@echo "== staticcheck"; $(GO) run $(STATICCHECK) ./...
	@echo "== gosec"; scripts/gosec $(GOSEC)
	@echo "== secrets"; scripts/secretscan $(GITLEAKS)
	@echo "== govulncheck"; scripts/govulncheck $(GOVULNCHECK)

race: ## the packages that share memory, under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 30m $(RACE)

browser: ## install the browser that the page tests need, when root on Debian
	@scripts/need-browser

postgres: ## install the PostgreSQL server that the tests of its engine start, when root on Debian
	@scripts/need-postgres

redis: ## install the Redis server that the tests of shared limits start, when root on Debian
	@scripts/need-redis

interpreters: ## install the interpreters of the clients that the tests run, when root on Debian
	@scripts/need-interpreters

bench: build ## measure what Purse promises on this machine, on SQLite and PostgreSQL; flags in BENCH
	@scripts/bench bin/purse $(BENCH)

fuzz: ## run every fuzzer for half a minute
	@scripts/fuzz 30s

clean: ## remove what was built
	rm -rf bin
