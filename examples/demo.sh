#!/bin/sh
# What `make demo` shows: the examples, compiled as any program would be; greenlets, of which
# 100,000 pass a token on; the echo server under 1,000 connections; the chat server behind the
# proxy, with peers of all kinds; a web server through which a gigabyte goes both ways, over TCP
# and over TLS, and which never has more than 16 MiB of memory. First they are linked as evhub, then
# the same objects are linked as libevent (but for greenlets and the web server, which use what
# libevent never had). Each run ends with its "demo:" line. Any error ends the script with a status
# other than 0.
#
# STAGE is the installation to build against, by default target/stage; CONNECTIONS, MESSAGES,
# CHAT_LINES, GREENLETS and BYTES change the size of the runs.
set -eu
cd "$(dirname "$0")/.."

stage=${STAGE:-$PWD/target/stage}
connections=${CONNECTIONS:-1000}
messages=${MESSAGES:-100000}
lines=${CHAT_LINES:-20000}
greenlets=${GREENLETS:-100000}
bytes=${BYTES:-1073741824}
out=target/demo
short='timers signals prefork tags names rpc'
hub='hub_queue hub_map hub_limits hub_chat'
servers='echo_server chat proxy'
running=

fail() {
	echo "demo: $*" >&2
	exit 1
}

cleanup() {
	status=$?
	trap - EXIT INT TERM HUP
	if [ -n "$running" ]; then
		kill -9 $running 2>/dev/null || :
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

# build PACKAGE EXAMPLES: those, besides the ones that are for every package
build() {
	mkdir -p "$out/$1"
	echo "== cc examples/*.c \$(pkg-config --cflags --libs $1)"
	for example in $servers load chat_load $short $2; do
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

# Those of the hub say always the same, whoever is quicker.
run_hub() {
	for example in $hub; do
		"$out/evhub/$example" >"$out/evhub/$example.log" 2>&1 ||
			fail "$out/evhub/$example failed: $(tail -n 1 "$out/evhub/$example.log")"
		diff "examples/expected/$example.txt" "$out/evhub/$example.log" ||
			fail "$example says something else"
	done
	echo "   run, and said what is in examples/expected: $hub"
}

# A token goes ten times from greenlet to greenlet.
run_many() {
	"$out/evhub/hub_many" "$greenlets" >"$out/result" || fail "hub_many ended with status $?"
	cat "$out/result"
	grep -qx 'demo: [0-9]* greenlets, [0-9]* messages, 0 errors, [0-9.]* KiB each, [0-9.]* s' \
		"$out/result" || fail "not the line that was to be expected"
}

# start PROGRAM [ARG...]: sets port and pid
start() {
	rm -f "$out/port"
	mkfifo "$out/port"
	log=$out/${1##*/}.log
	"$@" >"$out/port" 2>"$log" &
	pid=$!
	running="$running $pid"
	port=
	read -r port <"$out/port" || :
	[ -n "$port" ] || fail "the server did not start: $(cat "$log")"
	echo "   $1: on port $port"
	loaded=$(sed -n 's|.*/\(lib[^/]*ev[^/]*\.so.*\)|\1|p' "/proc/$pid/maps" | sort -u)
	case $loaded in
	libevhub.so*) echo "   it has loaded" $loaded ;;
	*) fail "the server runs on another library: $loaded" ;;
	esac
}

# stop PROGRAM PID
stop() {
	kill -TERM "$2"
	ended=0
	wait "$2" || ended=$?
	running=$(echo " $running " | sed "s/ $2 / /")
	echo "   $(tail -n 1 "$out/${1##*/}.log")"
	[ "$ended" = 0 ] || fail "$1 ended with status $ended"
}

# result STATUS PATTERN: what a driver said in $out/result
result() {
	cat "$out/result"
	[ "$1" = 0 ] || fail "the driver ended with status $1"
	grep -Eqx "demo: $2, 0 errors,( [a-z]*,)? [0-9.]* s" "$out/result" ||
		fail "not the line that was to be expected"
}

# echo_under_load FOLDER: many connections, many messages
echo_under_load() {
	start "$1/echo_server"
	status=0
	"$1/load" "$port" "$connections" "$messages" >"$out/result" || status=$?
	stop "$1/echo_server" "$pid"
	result "$status" "$connections connections, $messages messages"
}

# chat_through_proxy FOLDER: peers that are quick, slow, leave half, reset, or never end a line.
# Both servers must have seen as many resets as there were, and the proxy must have kept little.
chat_through_proxy() {
	start "$1/chat"
	chat=$pid
	start "$1/proxy" "$port"
	status=0
	"$1/chat_load" "$port" "$lines" >"$out/result" || status=$?
	stop "$1/proxy" "$pid"
	stop "$1/chat" "$chat"
	result "$status" "[0-9]* connections, $lines lines, .*"
	resets=$(sed 's/.*, \([0-9]* resets\),.*/\1/' "$out/result")
	for server in chat proxy; do
		grep -q ", $resets, " "$out/$server.log" || fail "$server: not $resets"
	done
}

# A web server over TLS needs a certificate, which is good for today.
build_web() {
	mkdir -p "$out/evhub_tls"
	echo '== cc examples/http_*.c $(pkg-config --cflags --libs evhub_tls)'
	for example in http_server http_load; do
		compile evhub_tls "$example"
		link evhub_tls "$out/evhub_tls/$example.o" "$out/evhub_tls/$example"
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$out/key.pem" -out "$out/chain.pem" 2>/dev/null ||
		fail "openssl makes no certificate"
}

# web_under_load FOLDER SERVER'S_ARGUMENTS CLIENT'S: a page, and as many bytes up and down as no
# memory should hold
web_under_load() {
	start "$1/http_server" $2
	status=0
	"$1/http_load" "$port" "$bytes" $3 >"$out/result" || status=$?
	stop "$1/http_server" "$pid"
	result "$status" "a page, $bytes bytes up, $bytes bytes down"
	peak=$(sed -n 's/.*, at most \([0-9]*\) KiB of memory$/\1/p' "$out/http_server.log")
	[ "${peak:-99999}" -lt 16384 ] || fail "the web server had $peak KiB of memory"
}

[ -f "$stage/lib/pkgconfig/evhub.pc" ] || fail "nothing in $stage: run \`make stage\` first"
mkdir -p "$out"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

build evhub "$hub hub_many"
build_web
run_short evhub
run_hub
run_many
echo_under_load "$out/evhub"
chat_through_proxy "$out/evhub"
web_under_load "$out/evhub_tls" '' ''
echo "   the same over TLS"
web_under_load "$out/evhub_tls" "0 $out/chain.pem $out/key.pem" "$out/chain.pem"

build libevent ''
run_short libevent
for server in $servers; do
	link libevent "$out/evhub/$server.o" "$out/libevent/$server"
done
echo "   $servers: the objects made for evhub, linked as libevent"
echo_under_load "$out/libevent"
chat_through_proxy "$out/libevent"
