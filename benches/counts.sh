#!/bin/sh
# Instructions in user space and system calls per operation. Both are exact: unlike times they
# say the same on every machine and under any load, so they can be a gate.
#
#   counts.sh             prints the table
#   counts.sh --check     and ends with status 1 if a count is more than 10 % above the one in
#                         baseline.tsv, or above libevent 2's, or above the best of the other
#                         coroutine libraries', or if there are more system calls than the floor
#                         has
#   counts.sh --update    and writes baseline.tsv anew
#
# The instructions are counted by valgrind's callgrind between the marks of measure.c, the
# system calls in a trace of strace's, or of valgrind's where strace is not to be had. With
# coroutines, whose switches confuse callgrind, both are the difference of a long run and a short
# one, of cachegrind's instructions.
set -eu
cd "$(dirname "$0")/.."
. benches/peers.sh

baseline=benches/baseline.tsv
traced='pipes pingpong rearm add_del active signal transfer echo.1 dns.1 dns.64 http.1 http.50'
counted="$traced echo.100 dns.256 append queue readline find move printf timers.1e3 timers.1e5"
coros='switch spawn chan'
few=1000
many=5000

# Rows that cannot do without more system calls than the floor. A resolver's socket takes 64
# questions, then the next is opened on another port, so that nobody can foresee it: 6 calls, and
# 2 of epoll. What is sent or received in one call is 16 datagrams, where the floor has rooms for
# all that can come.
above_floor='signal dns.1 dns.64'
# Rows that the peer may win. libevent 2 has a list of blocks and never copies what is in them,
# until a program looks at the data; ours are in one block, as programs for libevent 1.4 expect.
# State Threads hand over through a bare condition: no items, bound, or kill, no look at the objects
# libevent 2 reads of a reply what it wants, c-ares all of it: two thirds of the instructions.
peer_wins='buffer.queue.4096 buffer.move.full.64K coro.chan dns.1 dns.64 dns.256'

# One instruction that copies any number of bytes would count as one for each byte, and only on
# processors that are good at it.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x7fffffff

# known PROGRAM CASE...: those of the cases that the program has
known() {
	program=$1
	shift
	for name in "$@"; do
		"$bin/$program" -l | grep -qx "$name" && echo "$name"
	done
	return 0
}

# instructions PROGRAM: lines "instructions NAME COUNT"
instructions() {
	rm -f "$bin/callgrind" "$bin"/callgrind.*
	valgrind -q --tool=callgrind --callgrind-out-file="$bin/callgrind" \
		"$bin/$1" -c $(known "$1" $counted) 2>"$bin/valgrind.log" ||
		{ cat "$bin/valgrind.log" >&2 && return 1; }
	# In the order of writing: a dump with the count, then one whose name says of what.
	ls "$bin"/callgrind.* | sort -t. -k2n | xargs awk '
		/^desc: Trigger:/ { sub(/.*stop ?/, ""); name = $1; ops = $2 }
		/^totals:/ && name == "" { count = $2 }
		/^totals:/ && name != "" {
			if (!(name in total)) order[++n] = name
			total[name] += count; of[name] += ops
		}
		END {
			for (i = 1; i <= n; i++) {
				name = order[i]
				printf "instructions\t%s\t%.1f\n", name, total[name] / of[name]
			}
		}'
}

# Both traces become lines "start", "stop NAME OPERATIONS" and one with the name of each call.
trace_with_strace() {
	command -v strace >/dev/null 2>&1 || return 1
	strace -o "$bin/trace" -s 64 -e signal=none "$bin/$1" -c $(known "$1" $traced) \
		2>/dev/null || return 1
	sed -n 's/^write(-1, "\([^"]*\)".*/\1/p; t
		s/^\([a-z][a-z0-9_]*\)(.*/\1/p' "$bin/trace"
}

# This trace has no texts: the marks have the order of the instructions' rows, which are told
# in $bin/operations. Here the clock is a system call, elsewhere it is not.
trace_with_valgrind() {
	rm -f "$bin"/trace.*
	valgrind -q --tool=none --trace-syscalls=yes --log-file="$bin/trace.%p" \
		"$bin/$1" -c $(known "$1" $traced) || return 1
	# Of several processes it is the one with the marks.
	sed -n 's/.*sys_write ( 4294967295, .*/mark/p; t
		/sys_clock_gettime/d
		s/^SYSCALL[^ ]* \{0,1\}sys_\([a-z0-9_]*\) *(.*/\1/p' \
		"$(grep -l 'sys_write ( 4294967295,' "$bin"/trace.*)" | awk '
		NR == FNR { row[++rows] = $0; next }
		$1 != "mark" { print; next }
		++marks % 2 { print "start"; next }
		{ print "stop " row[marks / 2] }' "$bin/operations" -
}

operations() {
	for dump in $(ls "$bin"/callgrind.* | sort -t. -k2n); do
		sed -n 's/^desc: Trigger: Client Request: stop \(.*\)/\1/p' "$dump"
	done >"$bin/operations"
}

# calls PROGRAM: lines "calls NAME COUNT DETAILS"
calls() {
	{ trace_with_strace "$1" || { operations && trace_with_valgrind "$1"; }; } | awk '
		$1 == "start" { split("", seen); n = sum = 0; next }
		$1 == "stop" {
			text = ""
			for (i = 1; i <= n; i++)
				if ((each = seen[order[i]] / $3) >= 0.005)
					text = text sprintf(" %s %.2f", order[i], each)
			printf "calls\t%s\t%.2f\t%s\n", $2, sum / $3, substr(text, 2)
			next
		}
		{ if (!seen[$1]++) order[++n] = $1; sum++ }'
}

# refs PROGRAM MODE COUNT: instructions of the whole run. State Threads cannot have as many
# descriptors as it wants under valgrind, and does not start where it wants more.
refs() {
	(
		ulimit -n 1024
		exec valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
			"$bin/coro_$1" "$2" "$3"
	) >/dev/null 2>"$bin/valgrind.log" || return 1
	sed -n 's/.*I *refs: *//p' "$bin/valgrind.log" | tr -d ,
}

# traced PROGRAM MODE COUNT: system calls of the whole run, but for the clock's, which is
# a system call under valgrind only
traced() {
	if strace -o "$bin/trace" -e signal=none "$bin/coro_$1" "$2" "$3" >/dev/null 2>&1; then
		grep -c '^[a-z]' "$bin/trace"
	else
		valgrind -q --tool=none --trace-syscalls=yes "$bin/coro_$1" "$2" "$3" 2>&1 |
			grep '^SYSCALL' | grep -vc sys_clock_gettime
	fi
}

# slope COUNTER PROGRAM KIND FORMAT: lines "PROGRAM KIND NAME COUNT" of what it can do
slope() {
	for coro in $coros; do
		short=$("$1" "$2" "$coro" "$few") || continue
		long=$("$1" "$2" "$coro" "$many") || continue
		awk -v count=$((long - short)) -v ops=$((many - few)) -v OFS='\t' -v format="$4" \
			-v program="$2" -v kind="$3" -v name="coro.$coro" \
			'BEGIN { print program, kind, name, sprintf(format, count / ops) }'
	done
}

# Lines as those of measure_all, of coroutines. THEIRS is the least that a peer with a scheduler
# has, which Boost is not.
measure_coros() {
	for program in $(coro_programs); do
		slope refs "$program" coroutines %.1f
		case $program in
		evhub | floor) slope traced "$program" calls %.2f ;;
		esac
	done >"$bin/coro.counts"
	awk -F'\t' -v OFS='\t' '
		$1 == "evhub" { order[++n] = $2 OFS $3; ours[$2, $3] = $4; next }
		$1 == "floor" { least[$2, $3] = $4; next }
		{ details[$2, $3] = details[$2, $3] " " $1 " " $4 }
		$1 != "boost" && (!(($2, $3) in theirs) || $4 + 0 < theirs[$2, $3] + 0) {
			theirs[$2, $3] = $4
		}
		END {
			for (i = 1; i <= n; i++) {
				split(order[i], part, OFS)
				key = part[1] SUBSEP part[2]
				print order[i], ours[key], key in theirs ? theirs[key] : "-",
				    key in least ? least[key] : "-", substr(details[key], 2)
			}
		}' "$bin/coro.counts"
}

# Lines "KIND NAME OURS THEIRS FLOOR DETAILS"; "-" where there is nothing.
measure_all() {
	for program in evhub libevent2 floor; do
		: >"$bin/$program.counts"
		[ -x "$bin/$program" ] || continue
		instructions "$program" >"$bin/$program.counts" || return 1
		calls "$program" >>"$bin/$program.counts" || return 1
	done
	awk -F'\t' -v OFS='\t' '
		FILENAME ~ /libevent2/ { theirs[$1, $2] = $3; next }
		FILENAME ~ /floor/ { least[$1, $2] = $3; next }
		{
			key = $1 SUBSEP $2
			peer = key in theirs ? theirs[key] : "-"
			by_hand = key in least ? least[key] : "-"
			print $1, $2, $3, peer, by_hand, $4
		}' "$bin/libevent2.counts" "$bin/floor.counts" "$bin/evhub.counts"
}

# Puts the baseline's columns into the lines, and a verdict: KIND NAME OURS BASE THEIRS FLOOR
# VERDICT DETAILS. Where libevent 2 is not here its recorded counts stand in.
judge() {
	awk -F'\t' -v OFS='\t' -v above_floor=" $above_floor " -v peer_wins=" $peer_wins " '
		function is_in(list) { return index(list, " " $2 " ") > 0 }
		/^#/ || $1 == "kind" { next }
		FILENAME != "-" { base[$1, $2] = $3; recorded[$1, $2] = $4; next }
		{
			key = $1 SUBSEP $2
			was = key in base ? base[key] : "-"
			theirs = $4 == "-" && key in recorded ? recorded[key] : $4
			verdict = ""
			if (was == "-")
				verdict = "NOT IN THE BASELINE "
			else if ($3 > was * 1.1 + 0.005)
				verdict = "ABOVE THE BASELINE "
			# What is the same in both need not be the same to the last digit.
			most = $1 == "calls" ? theirs + 0.015 : theirs * 1.002
			if (theirs != "-" && $3 > most && !is_in(peer_wins))
				verdict = verdict "ABOVE " \
				    ($1 == "coroutines" ? "THE BEST PEER " : "libevent 2 ")
			if ($1 == "calls" && $5 != "-" && $3 > $5 + 0.015 && !is_in(above_floor))
				verdict = verdict "ABOVE THE FLOOR "
			print $1, $2, $3, was, theirs, $5, verdict == "" ? "ok" : verdict, $6
			delete base[key]
		}
		END {
			for (key in base) {
				split(key, part, SUBSEP)
				print part[1], part[2], "-", base[key], "-", "-", "NOT MEASURED "
			}
		}' "$1" - <"$2"
}

show() {
	awk -F'\t' '
		function head(kind) {
			printf "%s%-22s %9s %9s %10s %7s\n", (NR > 1 ? "\n" : ""),
			    (kind == "calls" ? "system calls per" : "instructions per"),
			    "evhub", "baseline",
			    (kind == "coroutines" ? "best peer" : "libevent 2"), "floor"
		}
		$1 != kind { kind = $1; head(kind) }
		{
			printf "%-22s %9s %9s %10s %7s  %s%s\n", $2, $3, $4, $5, $6,
			    ($7 == "ok" ? "" : $7), ($8 == "" ? "" : "(" $8 ")")
		}' "$1"
}

update() {
	{
		echo "# Counts per operation: \`counts.sh --update\` writes them, --check compares."
		printf 'kind\tname\tevhub\tpeer\n'
		cut -f 1-4 "$bin/counts"
	} >"$baseline.new"
	mv "$baseline.new" "$baseline"
	echo "written: $baseline"
}

mode=${1:---show}
case $mode in
--show | --check | --update) ;;
*) echo "usage: counts.sh [--check | --update]" >&2 && exit 2 ;;
esac
if ! need_tool valgrind libc6-dbg; then
	say "counting needs valgrind; run: apt-get install valgrind libc6-dbg"
	exit 1
fi
need_tool strace || say "no strace: system calls are counted with valgrind"
build_evhub
build_libevent2
build_floor
build_coros

measure_all >"$bin/counts"
measure_coros >>"$bin/counts"
[ "$mode" != --update ] || update
[ -f "$baseline" ] || : >"$bin/no-baseline"
judge "$([ -f "$baseline" ] && echo "$baseline" || echo "$bin/no-baseline")" \
	"$bin/counts" >"$bin/verdicts"
show "$bin/verdicts"
breaches=$(awk -F'\t' '$7 != "ok"' "$bin/verdicts" | wc -l)
if [ "$mode" = --check ] && [ "$breaches" -gt 0 ]; then
	echo "counts: $breaches breaches"
	exit 1
fi
