#!/bin/sh
# Runs every fuzz target for so many seconds: `sh fuzz/run.sh [SECONDS [TARGET...]]`. What is
# found is kept in fuzz/corpus/, what crashes in fuzz/artifacts/, and makes this fail.
set -eu

cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
target_dir=$PWD/target/fuzz
# Bytes of an input, megabytes of memory, seconds of one run.
limits='-max_len=4096 -rss_limit_mb=1024 -timeout=20 -verbosity=0 -print_final_stats=1'

# Places on the stack tell the library which of its calls are still under way: they have to be on
# the stack.
export ASAN_OPTIONS="detect_stack_use_after_return=0:${ASAN_OPTIONS:-}"

if ! cargo +nightly --version >/dev/null 2>&1; then
	echo 'fuzz: the nightly toolchain is missing; run: rustup toolchain install nightly' >&2
	exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
	CARGO_BUILD_JOBS=2 cargo install --quiet --locked --target-dir "$target_dir/tool" cargo-fuzz
fi

fuzz() {
	verb=$1
	shift
	CARGO_BUILD_JOBS=2 cargo +nightly fuzz "$verb" --target-dir "$target_dir" "$@"
}

fuzz build
[ $# -gt 0 ] || set -- $(cargo +nightly fuzz list)
failed=
for target; do
	echo "fuzz: $target for $seconds seconds"
	corpus=fuzz/corpus/$target
	log=$target_dir/$target.log
	mkdir -p "$corpus"
	# The limits are words.
	if fuzz run "$target" "$corpus" "fuzz/seeds/$target" -- $limits \
		-max_total_time="$seconds" >"$log" 2>&1; then
		sed -n 's/^stat::number_of_executed_units: */fuzz: runs: /p' "$log"
	else
		cat "$log"
		failed="$failed $target"
	fi
done
if [ -n "$failed" ]; then
	echo "fuzz: failed:$failed; the input is in fuzz/artifacts/TARGET/; to see it again:" >&2
	echo 'cargo +nightly fuzz run --target-dir target/fuzz TARGET INPUT' >&2
	exit 1
fi
