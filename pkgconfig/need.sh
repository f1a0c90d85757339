#!/bin/sh
# Sees to the system packages that a make target needs: `sh pkgconfig/need.sh TARGET`.
# What is missing is installed where we are root on Debian, and named with the command to run
# otherwise. Rust itself comes from rustup and is only asked for.
set -eu

have() {
	command -v "$1" >/dev/null 2>&1
}

# Adds the packages $2... unless the command $1 is there.
command_from() {
	name=$1
	shift
	have "$name" || missing="$missing $*"
}

need_build() {
	compiler=${CC:-cc}
	if ! have "${compiler%% *}" || ! have "${OBJCOPY:-objcopy}"; then
		missing="$missing gcc libc6-dev binutils"
	elif ! echo '#include <stdlib.h>' | $compiler -E -x c - >/dev/null 2>&1; then
		missing="$missing libc6-dev"
	fi
	need_autotools
	need_openssl
}

# TLS is on the system's OpenSSL, of which the build needs the headers.
need_openssl() {
	command_from pkg-config pkg-config
	pkg-config --exists openssl 2>/dev/null || missing="$missing libssl-dev"
}

# c-ares, which is inside the library, is built from its sources.
need_autotools() {
	command_from make make
	command_from autoreconf autoconf
	command_from automake automake
	command_from libtoolize libtool
}

need_stage() {
	need_build
}

need_demo() {
	need_stage
	command_from openssl openssl
}

need_test() {
	need_stage
	command_from g++ g++
	command_from dig bind9-dnsutils
	command_from curl curl
	command_from openssl openssl
	[ -x /usr/sbin/dnsmasq ] || command_from dnsmasq dnsmasq-base
	command_from python3 python3 python3-venv python3-dev
	if have python3; then
		python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
		headers=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
		[ -f "$headers/Python.h" ] || missing="$missing python3-dev"
	fi
}

need_tools() {
	command_from strace strace
	# Without libc's debug symbols valgrind may not start.
	valgrind -q true >/dev/null 2>&1 || missing="$missing valgrind libc6-dbg"
}

need_check() {
	need_test
	need_tools
}

need_bench() {
	need_stage
	need_tools
}

# Clients and proxies that talk to our HTTP server. Tests of what cannot be had are skipped.
wish_for_http_peers() {
	have curl || wish_for curl
	have wrk || wish_for wrk
	[ -x /usr/sbin/nginx ] || have nginx || wish_for nginx-light
}

# Libraries to compare with. What cannot be had is left out of the comparison.
wish_for_peers() {
	echo '#include <st.h>' | compiles "${CC:-cc}" c || wish_for libst-dev
	echo '#include <pth.h>' | compiles "${CC:-cc}" c || wish_for libpth-dev
	echo '#include <boost/context/detail/fcontext.hpp>' | compiles "${CXX:-c++}" c++ ||
		wish_for g++ libboost-context-dev
	echo '#include <ares.h>' | compiles "${CC:-cc}" c || wish_for libc-ares-dev
}

compiles() {
	$1 -E -x "$2" - >/dev/null 2>&1
}

wish_for() {
	missing=" $*"
	install_missing 2>/dev/null || echo "evhub: not to be had, and left out:$missing"
}

install_missing() {
	if [ ! -f /etc/debian_version ] || ! have apt-get || [ "$(id -u)" != 0 ]; then
		return 1
	fi
	echo "evhub: installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq </dev/null >/dev/null 2>&1 || :
	# The packages are words.
	apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
}

missing=
case $1 in
build | stage | demo | test | check | bench) "need_$1" ;;
*) echo "need.sh: no list for '$1'" >&2 && exit 2 ;;
esac
if [ -n "$missing" ] && ! install_missing; then
	echo "evhub: missing packages; run: apt-get install$missing" >&2
	exit 1
fi
[ "$1" != bench ] || wish_for_peers
[ "$1" != test ] || wish_for_http_peers
if ! have "${CARGO:-cargo}"; then
	rust=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
	echo "evhub: cargo of Rust $rust or newer is missing; get it from https://rustup.rs" >&2
	exit 1
fi
