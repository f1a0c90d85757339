#!/bin/sh
# Warns, after an installation under libevent's names, where the compiler, the linker or ld.so
# would find another libevent before ours. Reads CC CFLAGS LDFLAGS DESTDIR libdir includedir
# from the environment; never fails.
set -u

warn() {
	echo "evhub: warning: $*" >&2
}

# The same file, whatever the ways to it are called?
same() {
	[ "$(readlink -f "$1")" = "$(readlink -f "$2")" ]
}

# What `cc -levent` would link.
linked_with() {
	# The flags are words; ld -t names each file that it opens.
	found=$($CC ${CFLAGS:-} ${LDFLAGS:-} -shared -nostdlib -x c /dev/null -x none -o /dev/null \
		-Wl,-t -levent 2>/dev/null | sed -n '/libevent\./{p;q;}')
	[ -n "$found" ] || found=$($CC -print-file-name=libevent.so 2>/dev/null)
	case $found in
	/*) readlink -f "${found%/*}" | sed "s|\$|/${found##*/}|" ;;
	esac
}

check_linker() {
	found=$(linked_with)
	[ -n "$found" ] && [ "$found" != "$(readlink -f "$libdir")/libevent.so" ] || return 0
	same "$found" "$libdir/libevent.so" && return 0
	warn "the linker finds another libevent first: $found"
	warn "link with -L$libdir, or by 'pkg-config --libs libevent'" \
		"with PKG_CONFIG_PATH=$libdir/pkgconfig"
}

# What `#include <event.h>` would read.
check_compiler() {
	found=$(echo '#include <event.h>' | $CC ${CFLAGS:-} ${CPPFLAGS:-} -E -x c - 2>/dev/null |
		sed -n 's/^# [0-9]* "\(.*\/event\.h\)".*/\1/p' | head -n 1)
	[ -n "$found" ] && ! same "$found" "$includedir/event.h" || return 0
	warn "the compiler finds another event.h first: $found; compile with -I$includedir"
}

# What an old program would load: the first in ld.so's cache.
check_loader() {
	PATH=$PATH:/sbin:/usr/sbin
	found=$(ldconfig -p 2>/dev/null | sed -n 's/.*libevent-1\.4\.so\.2 .*=> //p' | head -n 1)
	[ -n "$found" ] && ! same "$found" "$libdir/libevent-1.4.so.2" || return 0
	warn "ld.so finds another libevent-1.4.so.2 first: $found"
}

: "${CC:=cc}"
check_linker
check_compiler
check_loader
exit 0
