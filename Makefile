# The verbs of this project. A fresh machine needs a Rust toolchain, a C compiler, Python 3.10 or newer
# and access to the package registries; everything else is installed into .tools/.

# The absolute path: with the PATH below, `python3` would be the one in .tools/lambda, which
# disappears while tools/install.py replaces that folder.
PYTHON := $(or $(PYTHON),$(shell python3 -c 'import sys; print(sys.executable)'))
INSTALL = $(PYTHON) tools/install.py
# The emulator's PostgreSQL: the machine's own, or one from .tools.
WITH_POSTGRES = pg_bin="$$($(INSTALL) postgres)" && PG_BIN="$$pg_bin"
# Cargo unites the features of the selected packages and targets. Without the whole workspace and
# the tests' dependencies they differ, and the AWS SDK is compiled once more.
CARGO_TEST = cargo test --locked --workspace
# And the MariaDB that the function is tested with: Debian's, unpacked into .tools, or the machine's.
WITH_MARIADB = mariadb_bin="$$($(INSTALL) mariadb)" && export MARIADB_BIN="$$mariadb_bin"
TEST = $(WITH_MARIADB) && $(WITH_POSTGRES) $(CARGO_TEST)
# Most tests wait for processes and the network: more of them at once than cores use these better.
export RUST_TEST_THREADS ?= 4
MEASURE = $(WITH_MARIADB) && $(WITH_POSTGRES) cargo test --locked --quiet --profile measure
SAM = .tools/sam/bin/sam
export SAM_CLI_TELEMETRY = 0
export PATH := $(CURDIR)/.tools/lambda/bin:$(PATH)
# The database behind the emulator in the demo and the long runs: postgresql, or mysql.
ENGINE ?= postgresql
ARCHITECTURE ?= arm64
ARCHITECTURES ?= arm64 x86_64
# `measure` is optimized too, but not for the minutes that the smallest size takes.
DIST_PROFILE ?= release
# A part of samconfig.toml: default is template.yaml, demo is everything from nothing.
CONFIG ?= default
TEMPLATES = template.yaml $(wildcard infra/*.yaml infra/*/*.yaml)
SAM_TEMPLATES = $(shell grep -l '^Transform: AWS::Serverless' $(TEMPLATES))

.PHONY: toolchain help demo test unit contract fault faults soak chaos load nonces suites agree \
	check lint fmt clippy core doc deny test-tools templates terraform cdk pictures \
	demo-record page-record demo-check test-clients test-page test-deploy build-sam \
	test-build dist install package package-users pages bench bench-report sql-oracle \
	clean-tools

help: ## Lists the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What builds says first what is missing for that.
demo demo-check demo-record test unit contract fault faults soak chaos load nonces suites agree fmt clippy core doc: toolchain
test-clients test-page page-record test-deploy install build-sam test-build dist bench bench-report sql-oracle: toolchain
toolchain:
	@$(PYTHON) tools/toolchain.py

demo: ## Prints a healthy and a failing report, and a pin: emulator, real database, function (ENGINE=mysql)
	@$(PYTHON) tools/demo.py $(ENGINE)

test: ## Runs every test
	$(TEST)

unit: ## Tests that need only the code
	$(CARGO_TEST) --lib

contract: ## Tests of the function and its binary against the emulator, with a PostgreSQL and a MariaDB
	$(TEST) --test it -- contract:: process::

fault: ## Tests of every fault; searches all output for secrets
	$(TEST) --test it -- fault:: matrix:: wire:: canary::

faults: ## Prints every fault of the emulator: expected and actual result, time (ENGINE=mysql)
	@$(TEST) --quiet --test it -- --nocapture --test-threads 1 \
		matrix::faults::each_leads_to_its_code_twice_inside_budget_and_memory::$(ENGINE)

soak: ## Runs 100,000 warm and 10,000 cold probes in one process: memory, descriptors, failures (ENGINE=mysql)
	@export SOAK=full && $(MEASURE) --package rds-proxy-probe --test it -- --nocapture \
		--test-threads 1 \
		warm::soak::memory_and_descriptors_stay_flat_and_no_probe_fails::$(ENGINE)

chaos: ## Breaks proxy, database and network repeatedly while probes run (ENGINE=mysql)
	@export CHAOS=full && $(MEASURE) --package rds-proxy-probe --test it -- --nocapture \
		--test-threads 1 \
		chaos::outage::reports_are_true_while_proxy_and_database_go_and_come_back::$(ENGINE) \
		chaos::network::reports_are_true_while_the_network_is_slow_loses_packets_or_is_cut::$(ENGINE)

load: ## Runs 1,000 clients at once and 4,000 logins in a row at the emulator (ENGINE=mysql)
	@export LOAD=full && $(MEASURE) --package rds-proxy-emulator --test it -- --nocapture \
		--test-threads 1 load::many_clients_at_once_and_many_logins_in_a_row_are_served::$(ENGINE)

nonces: ## Asks 1,000,000 nonces of 64 clients over 8 database connections; 1,000 idle clients there (ENGINE=mysql)
	@export NONCES=full && $(MEASURE) --package rds-proxy-emulator --test it -- --nocapture \
		--test-threads 1 \
		nonces::no_answer_of_sixty_four_clients_over_eight_connections_is_anothers::$(ENGINE) \
		nonces::a_crowd_of_idle_clients_shares_eight_connections::$(ENGINE)

suites: ## Runs the tests of asyncpg, psycopg, PgBouncer and PostgreSQL through the emulator (SUITES=asyncpg)
	@$(INSTALL) suites suites-sources
	@$(PYTHON) tests/suites/run.py $(SUITES)

agree: ## Checks that pages, templates and code agree
	$(CARGO_TEST) --test it -- agreement::

check: fmt clippy core ## Formatting, clippy, unit and agreement tests; run it before each commit
	$(MAKE) --no-print-directory unit agree

lint: fmt clippy core doc deny test-tools pages templates terraform cdk ## Runs all checks that need no run of the programs

fmt: ## Checks the formatting
	cargo fmt --all --check

clippy: ## Runs clippy on every target
	cargo clippy --workspace --all-targets --locked -- -D warnings

core: ## Runs clippy on the command line and the library without Lambda that it is built with
	cargo clippy --package rds-proxy-probe-cli --lib --bins --locked -- -D warnings

# With an example the features are those of clippy, whose results it takes then.
doc: ## Builds the documentation; a warning is an error
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --workspace --locked --lib --bins --examples

deny: ## Checks licences, duplicates and sources of the dependencies
	@$(INSTALL) cargo-deny
	.tools/cargo-deny/bin/cargo-deny --locked check licenses bans sources

test-tools: ## Tests the programs in tools/ and the workflows in .github/
	@$(INSTALL) sam
	@.tools/sam/bin/python -m unittest discover --start-directory tests/tools

templates: ## Checks the CloudFormation templates, as far as possible without AWS
	@$(INSTALL) sam moto checkov
	@for template in $(SAM_TEMPLATES); do \
		$(SAM) validate --lint --region us-east-1 --template $$template || exit 1; \
	done
	.tools/sam/bin/cfn-lint --non-zero-exit-code informational $(TEMPLATES)
	.tools/checkov/bin/checkov --framework cloudformation --skip-download --compact --quiet --file $(TEMPLATES)
	.tools/sam/bin/python tests/templates/run.py
	.tools/sam/bin/python tests/templates/mutations.py
	.tools/moto/bin/python tests/templates/taken_by_moto.py

terraform: ## Checks the Terraform modules and examples
	@$(INSTALL) terraform checkov
	.tools/terraform/bin/python tools/terraform.py
	.tools/checkov/bin/checkov --framework terraform --skip-download --compact --quiet \
		--directory infra/terraform --skip-path tests

# In .tools, where its packages are: below infra/ they would be taken for templates.
cdk: ## Compiles and tests the example for the AWS CDK
	@$(INSTALL) node cdk
	@cd .tools/cdk && rm -rf bin lib test build && cp -r $(addprefix ../../infra/cdk/,bin lib test tsconfig.json) .
	@cd .tools/cdk && PATH="$(CURDIR)/.tools/node/bin:$$PATH" npm test --silent

pictures: ## Draws the pictures in docs/pictures/ from their sources
	$(PYTHON) tools/pictures.py

demo-record: ## Runs the demo, saves its reports in docs/pictures/demo.txt and draws them
	$(PYTHON) tools/pictures.py record-demo

page-record: ## Takes the pictures of the emulator's page in docs/pictures/
	@$(INSTALL) clients node browser
	.tools/clients/bin/python tools/pictures_page.py

demo-check: ## Runs the demo of both engines, and checks that docs/pictures/demo.txt is what it prints
	@$(PYTHON) tools/pictures.py check-demo
	@$(PYTHON) tools/demo.py mysql

test-clients: ## Tests the emulator with other authors' clients, the function with other authors' AWS
	@$(INSTALL) clients node npm psql moto
	@.tools/clients/bin/python tests/clients/run.py
	@.tools/clients/bin/python tests/clients/shells.py
	@.tools/moto/bin/python tests/clients/compose.py
	@.tools/moto/bin/python tests/clients/moto_services.py
	@.tools/moto/bin/python tests/clients/moto_inspect.py

test-page: ## Tests the emulator's page in Chromium
	@$(INSTALL) clients node browser
	@.tools/clients/bin/python tests/browser/run.py

test-deploy: ## Deploys every stack to a stand-in for AWS, and invokes the functions there
	@$(INSTALL) ministack sam clients terraform
	@.tools/ministack/bin/python tests/deploy/run.py $(DEPLOY)

build-sam: ## Builds for a deployment (ARCHITECTURE=arm64 or x86_64, CONFIG=default or demo)
	@$(INSTALL) lambda sam
	$(SAM) build --region us-east-1 --config-env $(CONFIG) --parameter-overrides Architecture=$(ARCHITECTURE)

test-build: ## Starts what build-sam built, as Lambda does, with the emulator as the proxy
	@$(INSTALL) sam
	@.tools/sam/bin/python tests/templates/built.py

dist: ## Builds the files of a release into dist/ (ARCHITECTURES="arm64 x86_64", DIST_PROFILE=release)
	@$(INSTALL) lambda
	@DIST_PROFILE=$(DIST_PROFILE) $(PYTHON) tools/dist.py $(ARCHITECTURES)

# As packages do it, DESTDIR goes before PREFIX. `dev` is built faster than `release`.
PREFIX ?= /usr/local
INSTALL_PROFILE ?= release
install: ## Builds the command line and installs it, with manual pages and completions (PREFIX=/usr/local)
	cargo build --locked --package rds-proxy-probe-cli --profile $(INSTALL_PROFILE)
	@built=target/$(patsubst dev,debug,$(INSTALL_PROFILE))/rds-proxy-probe && to="$(DESTDIR)$(PREFIX)" && \
		man="$$to/share/man/man1" bash="$$to/share/bash-completion/completions" && \
		zsh="$$to/share/zsh/site-functions" fish="$$to/share/fish/vendor_completions.d" && \
		mkdir -p "$$to/bin" "$$man" "$$bash" "$$zsh" "$$fish" && \
		install -m 755 $$built "$$to/bin" && \
		$$built completions bash > "$$bash/rds-proxy-probe" && \
		$$built completions zsh > "$$zsh/_rds-proxy-probe" && \
		$$built completions fish > "$$fish/rds-proxy-probe.fish" && \
		$$built man > "$$man/rds-proxy-probe.1" && \
		for command in check watch inspect diagnose explain token completions man; do \
			$$built man $$command > "$$man/rds-proxy-probe-$$command.1" || exit 1; \
		done

package: build-sam ## Builds target/rds-proxy-probe.zip
	@mkdir -p target
	$(PYTHON) -m zipfile -c target/rds-proxy-probe.zip .aws-sam/build/Probe/bootstrap
	@ls -l target/rds-proxy-probe.zip

package-users: ## Builds target/db-users.zip, for the Terraform module database-users
	@$(INSTALL) lambda sam
	@mkdir -p target
	$(SAM) build --region us-east-1 --template infra/db-users.yaml --build-dir .aws-sam/users \
		--parameter-overrides Architecture=$(ARCHITECTURE)
	$(PYTHON) -m zipfile -c target/db-users.zip .aws-sam/users/DatabaseUsers/bootstrap
	@ls -l target/db-users.zip

pages: ## Checks pictures, computed tables, and the commands, names and links in pages
	@$(INSTALL) sam clients
	$(PYTHON) tools/pictures.py --check
	$(PYTHON) docs/scale.py --check
	.tools/sam/bin/python tests/templates/pages.py

bench: ## Measures the function and other programs that do the same; writes docs/performance/
	@$(PYTHON) bench/run.py $(BENCH)

bench-report: ## Writes the pages and the charts in docs/performance/ again, without measuring
	cargo run --locked --quiet --package rds-proxy-probe-bench -- report docs/performance

# Its own workspace, which nothing else builds: pg_query compiles PostgreSQL's parser, and needs a C
# compiler and libclang for that (Debian, Ubuntu: apt-get install gcc libclang-dev).
SCRIPTS = .tools/libpg_query/test/sql
sql-oracle: ## Compares how the emulator reads SQL with PostgreSQL's own parser (needs libclang)
	@$(INSTALL) libpg_query
	cargo run --locked --release --quiet --manifest-path emulator/oracle/Cargo.toml \
		--target-dir target/oracle -- $(SCRIPTS)/postgres_regress $(SCRIPTS)/plpgsql_regress

clean-tools: ## Removes what the other verbs installed
	rm -rf .tools
