# SPDX-License-Identifier: MIT OR Apache-2.0
# The face of the build; Meson does the work. `make help` lists the targets.

BUILDDIR ?= build
prefix ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
NINJA = ninja -j $(JOBS)
SETUP = meson setup --reconfigure
SANITIZE = -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all

.DEFAULT_GOAL := all
.PHONY: all bench demo help deps deps-build test unit lint lint-write fmt asan fuzz fuzz-smoke \
	mutants 	install dist clean distclean

all: deps-build $(BUILDDIR)/build.ninja ## build the library and its programs
	@$(NINJA) -C $(BUILDDIR)

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' \
		Makefile

deps: ## install the Debian packages that are missing (root or sudo)
	@tools/deps.sh all

deps-build:
	@tools/deps.sh build

$(BUILDDIR)/build.ninja:
	@meson setup $(BUILDDIR) --prefix=$(prefix)

test: deps all ## build, then unit tests and fuzz corpora
	@meson test -C $(BUILDDIR) --print-errorlogs

demo: deps all ## three nodes in namespaces follow one change; KEEP=1 leaves them
	@BUILDDIR=$(BUILDDIR) $(PYTHON) tools/demo.py $(if $(KEEP),--keep)

# One suite or program: make unit T=base/map
unit: deps all ## unit tests alone; T=base/map for one of them
	@meson test -C $(BUILDDIR) --print-errorlogs --suite unit $(T)

asan: deps ## unit tests and fuzz corpora under ASan and UBSan
	@[ -f build-asan/build.ninja ] || CC=gcc meson setup build-asan $(SANITIZE)
	@$(NINJA) -C build-asan
	@meson test -C build-asan --print-errorlogs

lint: deps all ## floors, symbols, format, names, sizes, limits, documents
	@$(PYTHON) tools/lint/run.py $(BUILDDIR)

lint-write: deps all ## renew the files that are generated from the sources
	@$(PYTHON) tools/lint/run.py $(BUILDDIR) --write exports caps

fuzz-smoke: deps ## every fuzz target for 60 s
	@tools/fuzz.sh all 60

# make fuzz TARGET=varint SECONDS=600
fuzz: deps ## one fuzz target: TARGET=…, SECONDS=…
	@tools/fuzz.sh $(or $(TARGET),all) $(or $(SECONDS),60)

mutants: deps ## each mistake of tests/mutants must turn its test red; ONLY=…
	@$(PYTHON) tests/mutants/run.py $(ONLY)

fmt: deps ## clang-format all C files
	@git ls-files '*.[ch]' | xargs clang-format -i

# make bench ROWS="stream conns"; SMOKE=1 only looks whether every row works.
bench: deps all ## measure ours and others: ROWS=…; writes docs/reference/bench.md
	@BUILDDIR=$(BUILDDIR) $(PYTHON) bench/run.py $(if $(SMOKE),--smoke) $(ROWS)

install: all ## install into $(DESTDIR)$(prefix)
	@meson configure $(BUILDDIR) --prefix=$(prefix)
	@meson install -C $(BUILDDIR) $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))

dist: deps all ## source archive, built and tested once
	@meson dist -C $(BUILDDIR) --formats gztar

clean: ## remove what was built
	@rm -rf $(BUILDDIR) build-asan build-clang build-fuzz build-mutants

# What follows needs a program each; a line comes with the program.
