#!/bin/sh
# Times beside other event loops and other coroutines. Every round runs each program once, in
# turn (A B C A B C ...), so that whatever else the machine does hits all of them alike; the
# medians are compared. Prints a table for each kind of peer and writes target/bench.tsv.
# Differences below 25 % are noise.
#
#   bench.sh [CASE...]    all cases by default; ROUNDS=5 rounds
set -eu
cd "$(dirname "$0")/.."
. benches/peers.sh

rounds=${ROUNDS:-5}
result=target/bench.tsv
raw=$bin/raw
coro_cases='coro.switch coro.spawn coro.chan coro.parked1000 coro.parked100000
	coro.echo.1 coro.echo.100'

loops=
questions=
pages=
coros=
for case in "$@"; do
	case $case in
	coro.*) coros="$coros $case" ;;
	dns.*) questions="$questions $case" ;;
	http.*) pages="$pages $case" ;;
	*) loops="$loops $case" ;;
	esac
done

if [ $# = 0 ] || [ -n "$loops$questions$pages" ]; then
	build_evhub
	build_libevent2
	build_libev
	build_floor
	build_cares
	build_nginx
fi
if [ $# = 0 ]; then
	loops=$("$bin/evhub" -l | grep -v -e 1e5 -e dns -e http)
	questions=$("$bin/evhub" -l | grep dns)
	pages=$("$bin/evhub" -l | grep http)
fi
if [ $# = 0 ] || [ -n "$coros" ]; then
	build_coros
	[ -n "$coros" ] || coros=$coro_cases
fi

# On one core, if it may be chosen: no time is lost in moving.
pin=
if taskset -c 0 true 2>/dev/null; then
	pin='taskset -c 0'
fi

# Shown while somebody looks
progress() {
	[ ! -t 2 ] || printf '%s' "$1" >&2
}

# once CASE PROGRAM: a loop's rows, "NAME UNIT VALUE", into $bin/one
once() {
	: >"$bin/one"
	"$bin/$2" -l | grep -qx "$1" || return 0
	$pin "$bin/$2" "$1" >"$bin/one"
}

# The same of coroutines. Status 3 is that of a library that cannot do it.
coro_once() {
	program=$2
	few=1
	[ "$program" != pth ] || few=20
	case $1 in
	coro.switch) set -- switch $((1000000 / few)) ;;
	coro.spawn) set -- spawn $((200000 / few)) ;;
	coro.chan) set -- chan $((400000 / few)) ;;
	coro.parked*) set -- parked "${1#coro.parked}" ;;
	coro.echo.*) set -- crowd "${1#coro.echo.}" ;;
	*) say "no case named $1" && return 2 ;;
	esac
	: >"$bin/one"
	# It looks at all that wait whenever it switches.
	[ "$program$1" != pthparked ] || [ "$2" -le 1000 ] || return 0
	status=0
	$pin "$bin/coro_$program" "$@" >"$bin/one" || status=$?
	[ "$status" = 0 ] || : >"$bin/one"
	case $program$status in
	*0 | *3) ;;
	evhub*) return "$status" ;;
	*) say "$program cannot do $*: status $status" ;;
	esac
}

# run_all ONCE CASE...: lines "NAME UNIT PEER VALUE", NAMEs in the order of the cases
run_all() {
	once=$1
	shift
	round=0
	while [ $((round += 1)) -le "$rounds" ]; do
		for case in "$@"; do
			progress "$(printf '\r\033[Kround %d of %d: %s' "$round" "$rounds" "$case")"
			for program in $programs; do
				"$once" "$case" "$program"
				awk -F'\t' -v OFS='\t' -v program="$program" \
					'{ print $1, $2, program, $3 }' "$bin/one"
			done
		done
	done
	progress "$(printf '\r\033[K')"
}

# Lines "NAME UNIT PEER MEDIAN"
medians() {
	sort -t "$(printf '\t')" -k1,3 -k4n "$raw" | awk -F'\t' -v OFS='\t' '
		function flush() {
			if (n > 0)
				print key, n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
			n = 0
		}
		$1 OFS $2 OFS $3 != key { flush(); key = $1 OFS $2 OFS $3 }
		{ v[++n] = $4 }
		END { flush() }'
}

# Of the raw lines and their medians: name, peer, ours, theirs, unit, ratio
compare() {
	medians >"$bin/medians"
	awk -F'\t' -v OFS='\t' -v peers="$programs" '
		FILENAME ~ /medians/ { median[$1, $3] = $4; unit[$1] = $2; next }
		!($1 in known) { known[$1]; order[++n] = $1 }
		END {
			m = split(peers, peer, " ")
			for (i = 1; i <= n; i++) {
				ours = median[order[i], "evhub"]
				alone = 1
				for (j = 2; j <= m; j++) {
					theirs = median[order[i], peer[j]]
					if (theirs <= 0) continue
					print order[i], peer[j], ours, theirs, unit[order[i]],
					    sprintf("%.2f", ours / theirs)
					alone = 0
				}
				if (alone) print order[i], "-", ours, "-", unit[order[i]], "-"
			}
		}' "$bin/medians" "$raw"
}

# Each peer with its time, and with the ratio of ours to it: below 1.00 evhub is the faster one
show() {
	awk -F'\t' -v peers="$programs" '
		function line(i, text) {
			name = order[i]
			text = sprintf("%-22s %-15s %9.1f", name, unit[name], ours[name])
			for (j = 2; j <= m; j++) {
				key = name SUBSEP peer[j]
				cell = "-"
				if (key in theirs)
					cell = sprintf("%.1f  x%s", theirs[key], ratio[key])
				text = text sprintf("  %16s", cell)
			}
			return text
		}
		!($1 in ours) { order[++n] = $1; ours[$1] = $3; unit[$1] = $5 }
		{ theirs[$1, $2] = $4; ratio[$1, $2] = $6 }
		END {
			m = split(peers, peer, " ")
			printf "%-22s %-15s %9s", "", "", "evhub"
			for (j = 2; j <= m; j++) printf "  %16s", peer[j] "  xratio"
			print ""
			for (i = 1; i <= n; i++) print line(i)
		}' "$bin/rows"
}

# group ONCE CASE...: measures what the $programs do and shows it
group() {
	run_all "$@" >"$raw"
	compare >"$bin/rows"
	cat "$bin/rows" >>"$result"
	show
}

# built PROGRAM...: those of them that there are
built() {
	for program in "$@"; do
		[ ! -x "$bin/$program" ] || printf '%s ' "$program"
	done
}

tr '\t' ' ' <"$bin/versions"
printf 'name\tpeer\tours\ttheirs\tunit\tratio\n' >"$result"
if [ -n "$loops" ]; then
	programs=$(built evhub libevent2 libev floor)
	group once $loops
fi
if [ -n "$questions" ]; then
	[ -z "$loops" ] || echo
	programs=$(built evhub libevent2 cares floor)
	group once $questions
fi
if [ -n "$pages" ]; then
	[ -z "$loops$questions" ] || echo
	programs=$(built evhub libevent2 nginx floor)
	group once $pages
fi
if [ -n "$coros" ]; then
	[ -z "$loops$questions$pages" ] || echo
	programs=$(coro_programs)
	group coro_once $coros
fi
echo "medians of $rounds rounds; xratio is evhub's figure by the other's; written to $result"
