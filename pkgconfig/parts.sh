#!/bin/sh
# Makes what an installation needs beyond cargo's build, in target/parts/:
#	libevent-1.4.so.2 and its two sisters: libraries without code, each with a SONAME of
#	its own, that need libevhub.so.0. ldconfig lists a library by its SONAME only, so
#	links would leave old binaries without their library.
#	libevhub.a: cargo's archive with every name local that the shared library does not
#	export, so that a program may hold another Rust library beside it.
# Reads CC CFLAGS LDFLAGS LD AR NM OBJCOPY from the environment.
set -eu
. pkgconfig/common.sh

shared=target/release/libevhub.so
archive=target/release/libevhub.a

# Is the file $1 missing, or older than what it is made from?
is_stale() {
	[ ! -f "$1" ] || [ -n "$(find "$2" pkgconfig/parts.sh -newer "$1")" ]
}

make_stub() {
	# The flags are words. --no-as-needed: no name of libevhub is used here.
	$CC ${CFLAGS:-} -shared -nostdlib -x c /dev/null -x none -o "$work/$1" ${LDFLAGS:-} \
		-Wl,-s -Wl,-soname,"$1" -Wl,--no-as-needed "$shared"
}

make_archive() {
	$NM -D --defined-only "$shared" | awk '{ print $NF }' >"$work/names"
	sed 's/^/-u /' "$work/names" >"$work/roots"
	# One object from all that the exported names reach. Section groups are dissolved: a group
	# of another Rust archive could otherwise take the place of one whose names are local.
	$LD -r --gc-sections --force-group-allocation @"$work/roots" -o "$work/evhub.o" "$archive"
	# Bitcode that comes with the compiler's own objects would have nm read that instead.
	$OBJCOPY --strip-debug --keep-global-symbols="$work/names" \
		--remove-section=.llvmbc --remove-section=.llvmcmd "$work/evhub.o"
	$AR rcs "$work/libevhub.a" "$work/evhub.o"
}

[ -f "$shared" ] && [ -f "$archive" ] || die "$shared is missing: run make"
mkdir -p target/parts
take_turns target/parts/lock
work=$(mktemp -d target/parts/make.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for name in libevent-1.4.so.2 libevent_core-1.4.so.2 libevent_extra-1.4.so.2; do
	if is_stale "target/parts/$name" "$shared"; then
		make_stub "$name"
		mv -f "$work/$name" "target/parts/$name"
	fi
done
if is_stale target/parts/libevhub.a "$archive"; then
	make_archive
	mv -f "$work/libevhub.a" target/parts/libevhub.a
fi
