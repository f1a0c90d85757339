#!/bin/sh
# Times beside other event loops. Every round runs each program once, in turn (A B C A B C ...),
# so that whatever else the machine does hits all of them alike; the medians are compared.
# Prints a table and writes target/bench.tsv. Differences below 25 % are noise.
#
#   bench.sh [CASE...]    all cases by default; ROUNDS=5 rounds
set -eu
cd "$(dirname "$0")/.."
. benches/peers.sh

rounds=${ROUNDS:-5}
result=target/bench.tsv
raw=$bin/raw

build_evhub
build_libevent2
build_libev
build_floor
programs=
for program in evhub libevent2 libev floor; do
	[ ! -x "$bin/$program" ] || programs="$programs $program"
done
[ $# -gt 0 ] || set -- $("$bin/evhub" -l | grep -v 1e5)

# On one core, if it may be chosen: no time is lost in moving.
pin=
if taskset -c 0 true 2>/dev/null; then
	pin='taskset -c 0'
fi

# Shown while somebody looks
progress() {
	[ ! -t 2 ] || printf '%s' "$1" >&2
}

# Lines "NAME UNIT PEER VALUE", NAMEs in the order of the cases
run_all() {
	round=0
	while [ $((round += 1)) -le "$rounds" ]; do
		for case in "$@"; do
			progress "$(printf '\r\033[Kround %d of %d: %s' "$round" "$rounds" "$case")"
			for program in $programs; do
				"$bin/$program" -l | grep -qx "$case" || continue
				$pin "$bin/$program" "$case" >"$bin/one"
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
	printf 'name\tpeer\tours\ttheirs\tunit\tratio\n'
	awk -F'\t' -v OFS='\t' -v peers="$programs" '
		FILENAME ~ /medians/ { median[$1, $3] = $4; unit[$1] = $2; next }
		!($1 in known) { known[$1]; order[++n] = $1 }
		END {
			m = split(peers, peer, " ")
			for (i = 1; i <= n; i++) for (j = 2; j <= m; j++) {
				ours = median[order[i], "evhub"]
				theirs = median[order[i], peer[j]]
				if (theirs > 0)
					print order[i], peer[j], ours, theirs, "ns/" unit[order[i]],
					    sprintf("%.2f", ours / theirs)
			}
		}' "$bin/medians" "$raw"
}

# Each peer with its time, and with the ratio of ours to it: below 1.00 evhub is the faster one
show() {
	awk -F'\t' -v peers="$programs" '
		function line(i, text) {
			name = order[i]
			text = sprintf("%-22s %-13s %9.1f", name, unit[name], ours[name])
			for (j = 2; j <= m; j++) {
				key = name SUBSEP peer[j]
				cell = "-"
				if (key in theirs)
					cell = sprintf("%.1f  x%s", theirs[key], ratio[key])
				text = text sprintf("  %16s", cell)
			}
			return text
		}
		NR == 1 { next }
		!($1 in ours) { order[++n] = $1; ours[$1] = $3; unit[$1] = $5 }
		{ theirs[$1, $2] = $4; ratio[$1, $2] = $6 }
		END {
			m = split(peers, peer, " ")
			printf "%-22s %-13s %9s", "", "", "evhub"
			for (j = 2; j <= m; j++) printf "  %16s", peer[j] "  xratio"
			print ""
			for (i = 1; i <= n; i++) print line(i)
		}' "$result"
}

tr '\t' ' ' <"$bin/versions"
run_all "$@" >"$raw"
compare >"$result"
show
echo "medians of $rounds rounds; xratio is evhub's time by the other's; written to $result"
