# SPDX-License-Identifier: MIT OR Apache-2.0
# The face of the build; Meson does the work. `make help` lists the targets.

BUILDDIR ?= build
prefix ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
NINJA = ninja -j $(JOBS)
SETUP = meson setup --reconfigure
SANITIZE = -Db_sanitize=address,undefined -Doptimization=1 \
	"-Dc_args=-fno-sanitize-recover=all -g1"

.DEFAULT_GOAL := all
.PHONY: all acceptance asan bench bench-diff browser clean compat deb demo demo-article demo-wan deps deps-build dist distclean docs e2e \
	fmt fuzz fuzz-smoke help hostile install interop interop-mesh \
	interop-table lint lint-write mutants \
	openapi oracle power sim sim-hash sim-mesh soak test torture ui unit

all: deps-build $(BUILDDIR)/build.ninja ## build the library and its programs
	@$(NINJA) -C $(BUILDDIR)

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' \
		Makefile

deps: ## install the Debian packages that are missing (root or sudo)
	@tools/deps.sh all

deps-build:
	@tools/deps.sh build

$(BUILDDIR)/build.ninja:
	@meson setup $(BUILDDIR) --prefix=$(prefix)

test: deps all ## build, then unit tests and fuzz corpora
	@meson test -C $(BUILDDIR) --print-errorlogs

demo: deps all ## a mesh of three nodes: join, change, die, return; KEEP=1 leaves it
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tools/demo/mesh.py $(if $(KEEP),--keep)

demo-wan: deps all ## three sites behind NATs meet at a relay, and without it; KEEP=1
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tools/demo/wan.py $(if $(KEEP),--keep)

demo-article: deps all ## three nodes of the article follow one change; KEEP=1
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tools/demo/article.py $(if $(KEEP),--keep)

acceptance: deps all ## one mesh with nodes of other kinds; 20 of ours at once
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tests/acceptance/run.py

compat: deps all ## today's daemon beside an older one, on what older ones left; T=…
	@BUILDDIR=$(BUILDDIR) $(PYTHON) -m pytest -rs -p no:cacheprovider \
		tests/compat $(T)

# Tests of pytest that wait more than they work: several at once, unless some
# are named (T=--lf: those that failed); N=… at once.
PYTEST = $(PYTHON) -m pytest -rfEs -o cache_dir=$(abspath $(BUILDDIR))/pytest
BESIDE = $(if $(T),,-n $(or $(N),4))

# Some of it: make e2e T="-k hostile"
e2e: deps all ## the daemon beside failing Units and hostile peers; T=… some
	@BUILDDIR=$(BUILDDIR) $(PYTEST) $(BESIDE) tests/e2e $(T)

# One suite or program: make unit T=base/map
unit: deps all ## unit tests alone; T=base/map for one of them
	@meson test -C $(BUILDDIR) --print-errorlogs --suite unit $(T)

asan: deps ## unit tests and fuzz corpora under ASan and UBSan
	@[ -f build-asan/build.ninja ] || CC=gcc meson setup build-asan $(SANITIZE)
	@$(NINJA) -C build-asan
	@meson test -C build-asan --print-errorlogs

.PHONY: tsan
tsan: deps ## what other threads touch, under ThreadSanitizer
	@tools/tsan.sh build-tsan

.PHONY: valgrind
# make valgrind T="stack/ways quic/core"; T=slice: today's part
valgrind: deps all ## unit tests of the library under memcheck; T=… some
	@$(PYTHON) tools/valgrind.py $(BUILDDIR) $(T)

lint: deps all ## floors, symbols, format, names, sizes, limits, documents
	@$(PYTHON) tools/lint/run.py $(BUILDDIR)

.PHONY: analyze
analyze: deps all ## lib/ by gcc -fanalyzer and clang --analyze; FILES=…
	@$(PYTHON) tools/analyze.py $(BUILDDIR) $(FILES)

.PHONY: coverage
coverage: deps ## how much of lib/ the unit tests run; MISSING=lib/wire: what not
	@$(PYTHON) tools/coverage.py build-cov $(if $(MISSING),--missing $(MISSING))

ABI = include/p2p packaging/abi/libp2p.so.0.abi packaging/abi/growing.txt
.PHONY: abi
abi: deps ## programs of the last release still run; abi-write renews what it is
	@$(PYTHON) tools/api/abi.py $(ABI)

.PHONY: abi-write
abi-write: deps
	@$(PYTHON) tools/api/abi.py $(ABI) --write

lint-write: deps all ## renew the files that are generated from the sources
	@$(PYTHON) tools/lint/run.py $(BUILDDIR) --write exports caps api settings \
		metrics

# make power CUTS=200
power: deps all ## cut the power while a store is written; CUTS=…; needs root
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tests/power/run.py $(if $(CUTS),--cuts $(CUTS))

# make torture KILLS=20 T="-k disk"
torture: deps all ## kill daemons, fill disks, break Units: KILLS=… (500), T=… some
	@rv=0; BUILDDIR=$(BUILDDIR) $(PYTHON) tests/torture/kill.py \
		--kills $(or $(KILLS),500) || rv=1; BUILDDIR=$(BUILDDIR) $(PYTHON) -m \
		pytest -rs -p no:cacheprovider tests/torture $(T) || rv=1; exit $$rv

# make floods ONLY="silent initials"; SMOKE=1: a look of a second at each.
.PHONY: floods
floods: deps all ## floods from real sockets: what they cost, and who gets in; ONLY=…
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tests/floods/run.py $(if $(SMOKE),,--big \
		$(if $(ONLY),,--write docs/reference/floods.md)) $(ONLY)

# Some of it: make interop T="-k rust"
interop: deps all ## ours with go, js, py (and rust if built) libp2p; T=… some
	@P2P_BIN=$(BUILDDIR)/tools/p2p/p2p $(PYTEST) $(BESIDE) --dist loadfile \
		tests/interop $(T)

# make wan T="-k relay"; SMOKE=1: a few tries of each.
.PHONY: wan
wan: deps all ## sites behind NATs, in namespaces: TRIES=… (20), T=… some; needs root
	@BUILDDIR=$(BUILDDIR) $(if $(SMOKE),WAN_SMOKE=1,WAN_TRIES=$(or $(TRIES),20) \
		$(if $(T),,WAN_TABLE=docs/reference/wan.md)) $(PYTEST) \
		$(if $(SMOKE),$(BESIDE)) tests/wan $(T)

interop-table: deps all ## the matrix as docs/reference/interop.md; builds every peer
	@PEERS_REQUIRED="go js py rust" P2P_BIN=$(BUILDDIR)/tools/p2p/p2p \
		INTEROP_TABLE=docs/reference/interop.md $(PYTHON) -m pytest -rs \
		-p no:cacheprovider tests/interop/test_matrix.py

# make interop-mesh NODES=12
interop-mesh: deps all ## one gossipsub mesh of 20 nodes of all kinds; NODES=…
	@MIXED_NODES=$(or $(NODES),20) P2P_BIN=$(BUILDDIR)/tools/p2p/p2p $(PYTHON) \
		-m pytest -rs -s -p no:cacheprovider tests/interop/test_mixed.py

SEEDS ?= 1
HOSTS ?= 1000
MINUTES ?= 10
# Whole hosts on virtual time: make sim SEEDS="1 2 3" HOSTS=300
sim: deps-build all ## 1000 hosts for 10 virtual minutes; SEEDS=… HOSTS=… MINUTES=…
	@rv=0; for seed in $(SEEDS); do $(BUILDDIR)/tests/sim/sim_mesh \
		--hosts $(HOSTS) --minutes $(MINUTES) --seed $$seed || rv=1; done; exit $$rv

sim-hash: deps ## one course whatever built it: gcc, clang, ASan; LARGE=1: 1000 hosts
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tests/sim/hashes.py $(if $(LARGE),--large)

.PHONY: sim-dht
sim-dht: deps-build all ## what a DHT costs: NODES=… (1000) SEED=…
	@$(BUILDDIR)/tests/sim/sim_kad $(or $(NODES),1000) $(SEED)

# Sites behind NATs: make sim-sites NODES=1000 SITES=50; TABLES=1 writes
# docs/reference/sites.md
.PHONY: sim-sites
sim-sites: deps-build all ## 1000 hosts in 50 sites: NODES=… SITES=… SEED=…; TABLES=1
	@$(if $(TABLES),$(PYTHON) tests/sim/sites/tables.py,$(BUILDDIR)/tests/sim/sim_sites) \
		--nodes $(or $(NODES),1000) --sites $(or $(SITES),50) \
		--seed $(or $(SEED),1)

# Whole nodes on virtual time: make sim-mesh SEEDS=300 NODES=5-50 SEED=7
sim-mesh: deps-build all ## 300 worlds of whole nodes; SEEDS=… NODES=… SEED=…
	@$(BUILDDIR)/tests/meshsim/meshsim --brief \
		--seeds $(if $(filter-out file,$(origin SEEDS)),$(SEEDS),300) \
		--nodes $(or $(NODES),5-50) --seed $(or $(SEED),1)

fuzz-smoke: deps ## every fuzz target for 60 s
	@tools/fuzz.sh all 60

# make fuzz TARGET=varint SECONDS=600
fuzz: deps ## one fuzz target: TARGET=…, SECONDS=…
	@tools/fuzz.sh $(or $(TARGET),all) $(or $(SECONDS),60)

mutants: deps ## each mistake of tests/mutants must turn its test red; ONLY=…
	@$(PYTHON) tests/mutants/run.py $(ONLY)

hostile: deps ## peers that drive each cap to its limit, and then without it; ONLY=…
	@$(PYTHON) tests/hostile/run.py $(ONLY)

# make soak PUBLISHES=1000 CONNECTS=1000 POSTS=100
soak: deps all ## thousands of publishes, connections, changes: nothing grows
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tests/soak/run.py $(SOAK) \
		$(if $(PUBLISHES),--publishes $(PUBLISHES)) \
		$(if $(CONNECTS),--connects $(CONNECTS)) $(if $(POSTS),--posts $(POSTS))

# make openapi SEED=7 EXAMPLES=50
openapi: deps all ## what REST is described as, against a daemon; SEED=… EXAMPLES=…
	@rv=0; $(PYTHON) tests/rest/routes.py || rv=1; BUILDDIR=$(BUILDDIR) \
		$(PYTHON) tests/rest/run.py $(if $(SEED),--seed $(SEED)) \
		$(if $(EXAMPLES),--examples $(EXAMPLES)) || rv=1; exit $$rv

# Some of it: make ui T="members"
ui: deps all ## the web page in Chromium: views, actions, axe, pictures; T=… some
	@BUILDDIR=$(BUILDDIR) tests/ui/run.sh $(T)

browser: deps all ## a page in Chromium with js-libp2p joins our node, ws and wss
	@P2P_BIN=$(abspath $(BUILDDIR))/tools/p2p/p2p tests/browser/run.sh

# make oracle SEEDS=100000
oracle: deps all ## the model against its rules as a program; SEEDS=…
	@$(PYTHON) tests/model/oracle.py $(BUILDDIR)/tests/model/model-replay \
		--seeds $(or $(SEEDS),2000)
	@$(PYTHON) tests/model/twin.py $(BUILDDIR)/tests/model/model-node \
		--seeds $(or $(SEEDS),2000)

docs: deps ## the manual as HTML into BUILDDIR/docs/html; links are checked
	@$(PYTHON) tools/site/build.py $(BUILDDIR)/docs/html

fmt: deps ## clang-format all C files
	@git ls-files '*.[ch]' | xargs clang-format -i

# make bench ROWS="stream conns"; SMOKE=1 only looks whether every row works.
bench: deps all ## measure ours and others: ROWS=…; writes docs/reference/bench.md
	@BUILDDIR=$(BUILDDIR) $(PYTHON) bench/run.py $(if $(SMOKE),--smoke) $(ROWS)

bench-diff: deps all ## compare with a revision, by instructions: REV=…
	@BUILDDIR=$(BUILDDIR) $(PYTHON) bench/diff.py $(REV)

install: all ## install into $(DESTDIR)$(prefix)
	@meson configure $(BUILDDIR) --prefix=$(prefix)
	@meson install -C $(BUILDDIR) $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

dist: deps all ## source archive, built and tested once
	@meson dist -C $(BUILDDIR) --formats gztar

DEBDIR ?= $(BUILDDIR)/deb
deb: deps-build ## Debian packages into DEBDIR=… (needs debhelper, dpkg-dev)
	@JOBS=$(JOBS) packaging/deb.sh $(DEBDIR)

clean: ## remove what was built
	@rm -rf $(BUILDDIR) build-asan build-clang build-cov build-fuzz build-tsan build-mutants \
		build-hostile

# What follows needs a program each; a line comes with the program.
