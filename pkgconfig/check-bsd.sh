#!/bin/sh
# Type-checks the crate for a BSD and for macOS, whose standard libraries rustup does not have
# here: the nightly compiler builds them from source (-Zbuild-std). The source comes with the
# rust-src component, or else from Debian sid's package of the same Rust release, unpacked
# below target/bsd and never installed. Nothing is linked and nothing is run.
# Where the source cannot be had this says so and succeeds. Reads CARGO from the environment.
set -eu
. pkgconfig/common.sh

targets='x86_64-unknown-freebsd aarch64-apple-darwin'
work=$(pwd)/target/bsd

skip() {
	echo "check-bsd: skipped: $*"
	exit 0
}

# Runs apt with lists and cache of its own, for Debian sid alone.
sid_apt() {
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o APT::Sandbox::User="$(id -un)" "$@" </dev/null
}

# Unpacks sid's rust-src for Rust $1 (1.97, say) into $work/rust-src.
fetch_rust_src() {
	[ ! -d "$work/rust-src/library" ] || return 0
	command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 ||
		skip "nightly has no rust-src component, and this is not Debian"
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' |
		grep '/debian$' | head -n 1)
	[ -n "$mirror" ] || skip "nightly has no rust-src component, and apt knows no Debian mirror"
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	echo "deb [signed-by=$keys] $mirror sid main" >"$work/sources.list"
	sid_apt apt-get update >/dev/null 2>&1 || skip "Debian sid cannot be reached"
	version=$(sid_apt apt-cache madison rust-src | awk -F' *[|] *' 'NR == 1 { print $2 }')
	case $version in
	"$1".*) ;;
	*) skip "nightly is Rust $1, and Debian sid's rust-src is ${version:-missing}" ;;
	esac
	echo "check-bsd: fetching Debian sid's rust-src $version"
	(cd "$work" && sid_apt apt-get download rust-src) || skip "rust-src cannot be fetched"
	rm -rf "$work/unpacked"
	dpkg-deb -x "$work"/rust-src_*.deb "$work/unpacked"
	mkdir -p "$work/rust-src"
	mv "$work"/unpacked/usr/src/rustc-*/library "$work/rust-src/"
	rm -rf "$work/unpacked" "$work"/rust-src_*.deb
}

# A sysroot like nightly's ($1), with the source in its place, and a compiler that uses it.
make_sysroot() {
	rm -rf "$work/sysroot"
	mkdir -p "$work/sysroot/lib/rustlib/src"
	for entry in "$1"/lib/rustlib/*; do
		[ "${entry##*/}" = src ] || ln -s "$entry" "$work/sysroot/lib/rustlib/"
	done
	ln -s "$work/rust-src" "$work/sysroot/lib/rustlib/src/rust"
	printf '#!/bin/sh\nexec "%s/bin/rustc" --sysroot "%s/sysroot" "$@"\n' "$1" "$work" \
		>"$work/rustc"
	chmod +x "$work/rustc"
	export RUSTC="$work/rustc"
}

# The C half needs a cross compiler that is not here; a type check does without its objects.
make_c_compiler() {
	cat >"$work/cc" <<'END'
#!/bin/sh
# Writes an empty file wherever a compiler or an archiver would write one.
for word in "$@"; do
	case $word in
	*.a) : >"$word" ;;
	esac
	[ "${last:-}" != -o ] || : >"$word"
	last=$word
done
END
	chmod +x "$work/cc"
	export TARGET_CC="$work/cc" TARGET_AR="$work/cc" SDKROOT=/
}

nightly=$(rustc +nightly --print sysroot 2>/dev/null) || skip "there is no nightly toolchain"
release=$(rustc +nightly --version | sed 's/^rustc \([0-9]*\.[0-9]*\).*/\1/')
mkdir -p "$work"
if [ ! -d "$nightly/lib/rustlib/src/rust/library" ]; then
	fetch_rust_src "$release"
	make_sysroot "$nightly"
fi
make_c_compiler
source=$("${RUSTC:-$nightly/bin/rustc}" --print sysroot)/lib/rustlib/src/rust/library
"${CARGO:-cargo}" +nightly fetch -q --locked --manifest-path "$source/Cargo.toml" </dev/null ||
	skip "what the standard library depends on cannot be fetched"
failed=
for target in $targets; do
	echo "check-bsd: $target (the first time takes some minutes)"
	if CARGO_TARGET_DIR="$work/target" "${CARGO:-cargo}" +nightly check --lib \
		-Zbuild-std=std,panic_abort --target "$target" </dev/null; then
		echo "check-bsd: $target: type-checked, never run"
	else
		failed="$failed $target"
	fi
done
[ -z "$failed" ] || die "check-bsd: does not type-check for$failed"
