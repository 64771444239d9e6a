# The verbs of this repository: `make` alone lists them. Each installs what it
# needs; CI calls the same ones.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INPUT    ?= examples/transactions.xml
SYSTEM   ?=
STATE    ?=
PORT     ?= 0
SEED     ?=
SEEDS    ?= 30
FUZZTIME ?= 10000x # runs: a duration ends in a spurious failure where the machine is busy
export INPUT SYSTEM STATE PORT SEED SEEDS # so that the shell sees any value as one word
# A node_modules that is a link is another tree's: used as it is, never installed into.
NODE := $(if $(shell test -L node_modules && echo linked),,node_modules/.package-lock.json)

# lint vets, once.
TEST = go test -vet=off

# Packages whose tests start neither the CDK nor the whole app.
UNIT = go list -f '{{.ImportPath}} {{join .Deps " "}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | \
	grep -v -e jsii-runtime-go -e internal/cdktest -e /endtoend -e /deployment -e /simulated | cut -d' ' -f1

# What pages are tested in. Where it is missing, root has it installed by apt, as in CI; whoever else is told how.
CHROMIUM_NAMES = chromium chromium-browser google-chrome google-chrome-stable "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

.PHONY: help demo up test quick race script fuzz synth simulate docs pictures lint bench ci clean chromium

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(NODE) ## tell each system's story on this machine, and account for it; SYSTEM=b2b, INPUT=FILE
	@go build -o .local/bin/ ./cmd/demo && .local/bin/demo -system "$$SYSTEM" -input "$$INPUT"

up: $(NODE) ## serve the same systems until Ctrl-C, and say how to use them; SYSTEM=b2b, PORT=N, STATE=DIR
	@go build -o .local/bin/ ./cmd/demo && exec .local/bin/demo -serve -system "$$SYSTEM" -state "$$STATE" -port "$$PORT"

# The CDK's own rules are half of a synthesis: TestNagFindsNothing asks for them itself.
test: export CDK_VALIDATION = false
test: $(NODE) chromium ## every test
	$(TEST) -timeout 20m ./... # the app's own package waits for the compiler, where nothing is cached

quick: chromium ## the tests that start neither the CDK nor the whole app
	@$(TEST) $$($(UNIT))

race: chromium ## the same tests under the race detector
	@$(TEST) -race $$($(UNIT))

script: ## the tests of the example's ETL script, which is Python
	@PYTHONDONTWRITEBYTECODE=1 python3 -m unittest discover examples/training

fuzz: ## every fuzz target for so many runs, or so long: FUZZTIME=1m
	@grep -rHo --include='*_test.go' --exclude-dir=node_modules --exclude-dir=.local '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file target; do \
		$(TEST) "$$(dirname "$$file")" -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x || exit 1; \
	done

synth: $(NODE) ## write cdk.out, with the example's partners
	cdk synth --quiet -c ephemeral=true

simulate: $(NODE) ## prove systems under a virtual clock and faults: each call with each, SEEDS=N of them, or SEED=N again; SYSTEM=b2b
	@go test -c -o .local/bin/simulated.test ./cmd/internal/simulated && cd cmd/internal/simulated && \
		"$(CURDIR)/.local/bin/simulated.test" -test.timeout 12h -progress -system "$$SYSTEM" $(if $(SEED),-seed "$$SEED" -seeds 1,-exhaust -seeds "$$SEEDS")

docs: $(NODE) ## write what the docs show of the code: pictures, tables of props, what the engine refuses, what is predicted
	@go test ./internal/catalogue -count=1 -update
	@go test ./local -run TestWhatIsRefusedIsDocumented -count=1 -update
	@go test ./cmd/internal/simulated -run TestTheREADMETells -count=1 -update

pictures: $(NODE) chromium ## take the pictures of the console that the docs show, as its tests see them
	@go test ./local/console ./cmd/internal/endtoend -run 'TestAPersonUsesThe' -count=1 -document

lint: ## formatting, vet, staticcheck, tidy modules
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

bench: $(NODE) ## speed as ratios, as a table
	@go build -o .local/bin/ ./cmd/bench && .local/bin/bench

ci: lint test script race fuzz synth simulate demo ## what CI runs

clean: ## remove what these verbs made
	rm -rf node_modules cdk.out .local

chromium: ## install what pages are tested in, if it is missing: by apt, as root
	@test -z "$$CHROMIUM" || exit 0; for name in $(CHROMIUM_NAMES); do command -v "$$name" >/dev/null && exit; done; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "pages are tested in Chromium, and there is none: install it (on Debian by: sudo apt-get install chromium), or put its path into CHROMIUM"; exit 1; fi

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --loglevel=error
	@touch $@
