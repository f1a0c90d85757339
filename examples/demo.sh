#!/bin/sh
# What `make demo` shows: the examples, compiled as any program would be, and the echo server
# under 1,000 connections; first linked as evhub, then the same object linked as libevent.
# Each run ends with its "demo:" line. Any error ends the script with a status other than 0.
#
# STAGE is the installation to build against, by default target/stage; CONNECTIONS and MESSAGES
# change the size of the runs.
set -eu
cd "$(dirname "$0")/.."

stage=${STAGE:-$PWD/target/stage}
connections=${CONNECTIONS:-1000}
messages=${MESSAGES:-100000}
out=target/demo
short='timers signals prefork'
server=

fail() {
	echo "demo: $*" >&2
	exit 1
}

cleanup() {
	status=$?
	trap - EXIT INT TERM HUP
	if [ -n "$server" ]; then
		kill -9 "$server" 2>/dev/null || :
	fi
	rm -f "$out/port"
	exit "$status"
}

# flags PACKAGE OPTION: what pkg-config says of the stage, and of nothing else
flags() {
	PKG_CONFIG_LIBDIR="$stage/lib/pkgconfig" PKG_CONFIG_PATH='' pkg-config "$2" "$1"
}

# compile PACKAGE EXAMPLE, link PACKAGE OBJECT PROGRAM: flags are several words
compile() {
	${CC:-cc} -std=gnu11 -O2 -Wall -Wextra $(flags "$1" --cflags) \
		-c "examples/$2.c" -o "$out/$1/$2.o"
}

link() {
	${CC:-cc} "$2" -o "$3" $(flags "$1" --libs) "-Wl,-rpath,$stage/lib"
}

build() {
	mkdir -p "$out/$1"
	echo "== cc examples/*.c \$(pkg-config --cflags --libs $1)"
	for example in echo_server load $short; do
		compile "$1" "$example"
		link "$1" "$out/$1/$example.o" "$out/$1/$example"
	done
}

# The small examples: only how they end matters here; run them yourself to see them speak.
run_short() {
	said=
	for example in $short; do
		"$out/$1/$example" >"$out/$1/$example.log" 2>&1 ||
			fail "$out/$1/$example failed: $(tail -n 1 "$out/$1/$example.log")"
		said="${said:+$said, }$example"
	done
	echo "   run and ended well: $said"
}

start_server() {
	rm -f "$out/port"
	mkfifo "$out/port"
	"$1" >"$out/port" 2>"$out/server.log" &
	server=$!
	port=
	read -r port <"$out/port" || :
	[ -n "$port" ] || fail "the server did not start: $(cat "$out/server.log")"
	echo "   $1: on port $port"
	loaded=$(sed -n 's|.*/\(lib[^/]*ev[^/]*\.so.*\)|\1|p' "/proc/$server/maps" | sort -u)
	case $loaded in
	libevhub.so*) echo "   it has loaded $loaded" ;;
	*) fail "the server runs on another library: $loaded" ;;
	esac
}

stop_server() {
	kill -TERM "$server"
	pid=$server
	status=0
	wait "$pid" || status=$?
	server=
	echo "   $(tail -n 1 "$out/server.log")"
	[ "$status" = 0 ] || fail "the server ended with status $status"
}

# serve PROGRAM DRIVER
serve() {
	start_server "$1"
	status=0
	"$2" "$port" "$connections" "$messages" >"$out/result" || status=$?
	stop_server
	cat "$out/result"
	[ "$status" = 0 ] || fail "the driver ended with status $status"
	expected="demo: $connections connections, $messages messages, 0 errors, [a-z]*, [0-9.]* s"
	grep -qx "$expected" "$out/result" || fail "not the line that was to be expected"
}

[ -f "$stage/lib/pkgconfig/evhub.pc" ] || fail "nothing in $stage: run \`make stage\` first"
mkdir -p "$out"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

build evhub
run_short evhub
serve "$out/evhub/echo_server" "$out/evhub/load"

build libevent
run_short libevent
link libevent "$out/evhub/echo_server.o" "$out/libevent/echo_server"
echo "   echo_server: the object made for evhub, linked as libevent"
serve "$out/libevent/echo_server" "$out/libevent/load"
