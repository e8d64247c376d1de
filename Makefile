# Verbs only; what they do is in testbed/. `make help` lists them.
.PHONY: help check fmt test test-unit test-store test-api test-faults test-compose test-k8s test-assistant test-quick-start test-web test-e2e web run bench
ONLY ?=

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

check: ## format, clippy, layer test, cargo deny, types and lints of the web app, openspec
	testbed/install build web && testbed/tools
	testbed/check

fmt: ## formats the Rust code
	cargo fmt --all

test: ## installs what is missing, starts the real systems, runs every test, stops them
	testbed/install && testbed/tools && testbed/oracles
	testbed/suite all

test-unit: ## domain, use cases, authorisation, fakes, layers
	testbed/install build && testbed/tools
	testbed/suite unit

test-store: ## SQLite and PostgreSQL
	testbed/install build engine postgres && testbed/tools
	testbed/suite store

test-api: ## the HTTP contract and the server
	testbed/install build engine postgres && testbed/tools
	testbed/suite api

test-faults: ## the server killed at every step
	testbed/install build engine postgres && testbed/tools
	testbed/suite faults

test-compose: ## Compose projects on a real engine
	testbed/install build engine && testbed/tools && testbed/oracles
	testbed/suite compose

test-k8s: ## Kubernetes objects on a real control plane and a real node
	testbed/install build kube && testbed/tools
	testbed/suite k8s

test-assistant: ## agents over MCP, releasectl, the record verified offline, history brought in
	testbed/install build engine && testbed/tools && testbed/oracles mcp
	testbed/suite assistant

test-quick-start: ## the README's quick start, word for word
	testbed/install build engine && testbed/tools
	testbed/suite quick-start

test-web: ## the web app's modules and components, without a browser
	testbed/install web
	testbed/suite web

test-e2e: ## the web app in Chromium, against a real server on a real engine
	testbed/install && testbed/tools
	testbed/suite e2e

web: ## builds the web app into web/dist
	testbed/install web
	cd web && npm run --silent build

run: web ## builds the web app and the server, and starts it on 127.0.0.1:8080 with ./data
	testbed/install build
	cargo run --release --package release-server -- serve

bench: export BUILD_COMMIT = bench
bench: ## limits to hold beside what they are compared with (ONLY=row,row)
	testbed/install build engine postgres kube && testbed/oracles && cargo bench --package release-server --bench limits --no-run
	testbed/with engine postgres kube -- cargo bench --package release-server --bench limits -- $(ONLY)
