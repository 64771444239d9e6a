# The verbs of this repository. Each installs what it needs; CI calls the same ones.

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

INPUT ?= examples/transactions.xml
export INPUT # so that the shell sees any file name as one word
NODE  := node_modules/.package-lock.json

.PHONY: demo up test synth lint bench ci clean

demo: $(NODE) ## process a batch and a posted transaction on this machine, and account for them
	@go build -o .local/bin/ ./cmd/demo && .local/bin/demo -input "$$INPUT"

up: $(NODE) ## serve the same pipeline until Ctrl-C
	@go build -o .local/bin/ ./cmd/demo && exec .local/bin/demo -serve

test: $(NODE) ## every test
	go test ./...

synth: $(NODE) ## write cdk.out
	cdk synth --quiet

lint: ## formatting, vet, staticcheck, tidy modules
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

bench: $(NODE) ## speed as ratios, as a table
	@go build -o .local/bin/ ./cmd/bench && .local/bin/bench

ci: lint test synth demo

clean: ## remove what these verbs made
	rm -rf node_modules cdk.out .local

$(NODE): package.json package-lock.json
	npm ci --loglevel=error
	@touch $@
