# Everything a person does with this project: `make help` lists it.
# GNU conventions: prefix, exec_prefix, bindir, libdir, includedir and DESTDIR say where
# `make install` puts things. The work itself is cargo's, and that of the small scripts in
# pkgconfig/.

prefix = /usr/local
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
includedir = $(prefix)/include
INSTALL ?= install
OBJCOPY ?= objcopy
NM ?= nm
CARGO ?= cargo
FUZZ_SECONDS ?= 60

# What the scripts hear of all that. Not exported: cargo would build anew for another CC.
tools = CC='$(CC)' CFLAGS='$(CFLAGS)' CPPFLAGS='$(CPPFLAGS)' LDFLAGS='$(LDFLAGS)' \
	LD='$(LD)' AR='$(AR)' NM='$(NM)' OBJCOPY='$(OBJCOPY)' \
	INSTALL='$(INSTALL)' CARGO='$(CARGO)'
folders = DESTDIR='$(DESTDIR)' prefix='$(prefix)' exec_prefix='$(exec_prefix)' \
	bindir='$(bindir)' libdir='$(libdir)' includedir='$(includedir)' FORCE='$(FORCE)'
stage = $(CURDIR)/target/stage
stage_folders = DESTDIR= prefix='$(stage)' exec_prefix='$(stage)' \
	bindir='$(stage)/bin' libdir='$(stage)/lib' includedir='$(stage)/include' FORCE=1

# One place for what is built, whatever the caller's environment says.
export CARGO_TARGET_DIR = $(CURDIR)/target
unexport CARGO_BUILD_TARGET

checks = check-format check-lint check-seeds check-asan check-tsan check-valgrind check-storm \
	check-large check-python check-counts

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all demo test test-python test-gevent check $(checks) check-bsd bench fuzz headers stage \
	testlib install install-compat uninstall clean help

all: ## the release library, shared and static
	@$(tools) sh pkgconfig/build.sh

demo: need-demo stage ## 100,000 greenlets, echo under 1,000 connections, a chat, a web server
	@sh examples/demo.sh

test: need-test stage testlib ## everything that passes or fails (under 15 minutes)
	$(CARGO) test --workspace --no-fail-fast

test-python: need-test stage testlib ## the library from Python: ctypes, cffi, the examples
	@sh tests/python/run.sh

test-gevent: need-test stage testlib ## gevent 0.13's core, built against the library
	@CC='$(CC)' sh tests/gevent/run.sh

check: need-check $(checks) ## formatting, lints, sanitizers, counts, long seeds (under 30)

check-format: need-build ## is the code formatted
	$(CARGO) fmt --all --check

check-lint: need-build ## clippy, no warning allowed
	$(CARGO) clippy --workspace --all-targets -- -D warnings

check-seeds: need-check stage testlib ## the property and model tests with many more seeds
	EVHUB_SEEDS=20000 $(CARGO) test --lib
	$(CARGO) test --test ctests -- --seeds

check-asan: need-check stage testlib ## the C tests under AddressSanitizer
	$(CARGO) test --test ctests -- --asan

check-tsan: need-check stage testlib ## the C tests with threads under ThreadSanitizer
	$(CARGO) test --test ctests -- --tsan

check-valgrind: need-check stage testlib ## the C tests under valgrind
	$(CARGO) test --test ctests -- --valgrind

check-storm: need-check stage testlib ## the C tests while signals interrupt every system call
	$(CARGO) test --test ctests -- --storm

check-large: need-check stage testlib ## the C tests that take long and need memory
	$(CARGO) test --test ctests -- --large

check-python: need-check stage testlib ## the tests in Python under valgrind
	@sh tests/python/run.sh --valgrind
	@CC='$(CC)' sh tests/gevent/run.sh --valgrind

check-counts: need-check stage ## instructions and system calls against the baseline
	@sh benches/counts.sh --check

check-bsd: need-build ## type-checks the crate for FreeBSD and macOS, where rust-src can be had
	@$(tools) sh pkgconfig/check-bsd.sh

bench: need-bench stage ## times beside other event loops and coroutines, in target/bench.tsv
	@sh benches/bench.sh

fuzz: ## runs each fuzz target for FUZZ_SECONDS
	@sh fuzz/run.sh $(FUZZ_SECONDS)

headers: need-build ## writes include/evhub/ anew from the Rust code
	UPDATE_HEADERS=1 $(CARGO) test --test headers

stage: need-stage all ## an installation in target/stage for tests, examples and benches
	@$(tools) $(stage_folders) sh pkgconfig/install.sh base compat

# The library as the tests want it: with every assertion, and kqueue over an emulation.
testlib:
	$(CARGO) build --profile testlib --features kqueue-emulation

install: all ## the libraries, their headers in $(includedir)/evhub, .pc files
	@$(tools) $(folders) sh pkgconfig/install.sh base

install-compat: all ## the same and libevent's names; FORCE=1 replaces another libevent's
	@$(tools) $(folders) sh pkgconfig/install.sh base compat
	@$(tools) $(folders) sh pkgconfig/linker.sh

uninstall: ## removes what was installed and puts back what was saved
	@$(folders) sh pkgconfig/uninstall.sh

clean: ## removes everything that was built
	$(CARGO) clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		awk -F'|' '{ printf "  make %-15s %s\n", $$1, $$2 }'

# Sees to the system packages that a target needs.
need-%:
	@$(tools) sh pkgconfig/need.sh $*
