# Sourced by bench.sh and counts.sh, at the top of the repository: builds the measuring programs
# target/bench/PEER, and gets the peers. These are Debian's packages, unpacked below target/peers
# and not installed: two of them exclude each other, and neither may shadow what is here.

stage=${STAGE:-$PWD/target/stage}
peers=target/peers
bin=target/bench
mkdir -p "$peers" "$bin"

# One run at a time: the programs and their results are in one place.
if command -v flock >/dev/null 2>&1; then
	exec 9>"$bin/lock"
	flock 9
fi

say() {
	echo "bench: $*" >&2
}

# The tools PACKAGE... by their packages' names: installed where we are root on Debian.
need_tool() {
	command -v "$1" >/dev/null 2>&1 && return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		say "installing $*"
		apt-get update -qq >/dev/null 2>&1 || :
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1 || :
	fi
	command -v "$1" >/dev/null 2>&1
}

download() {
	(cd "$1" && shift && apt-get download -qq -o APT::Sandbox::User=root "$@") >/dev/null 2>&1
}

# unpack PEER PACKAGE...
unpack() {
	root=$peers/$1
	shift
	[ -e "$root/complete" ] && return 0
	command -v apt-get >/dev/null 2>&1 || return 1
	rm -rf "$root"
	mkdir -p "$root/deb"
	if ! download "$root/deb" "$@"; then
		[ "$(id -u)" = 0 ] || return 1
		apt-get update -qq >/dev/null 2>&1 || :
		download "$root/deb" "$@" || return 1
	fi
	for deb in "$root"/deb/*.deb; do
		dpkg -x "$deb" "$root"
	done
	: >"$root/complete"
}

# The package with the library itself; its name changes from one release to the next.
library_of() {
	apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2[^ ]*\)\$/\1/p" | head -n 1
}

# compile PROGRAM SOURCE... FLAGS: the sources are named as they are in benches/
compile() {
	program=$1
	shift
	sources=
	while [ $# -gt 0 ] && [ "${1%.c}" != "$1" ]; do
		sources="$sources benches/$1"
		shift
	done
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra $sources -o "$bin/$program" "$@"
}

# Sources for libraries that have buffers, and for those that have a resolver
buffers='buffer.c payload.c stream.c client.c'
resolver='dns.c name_server.c'
web='http.c http_client.c'

# build PEER VERSION FLAGS: and makes sure that it is the library that it should be; with the
# sources $with
build() {
	peer=$1
	wanted=$2
	shift 2
	compile "$peer" measure.c must.c cases.c loop.c timers.c active.c $with "$@" || return 1
	version=$("$bin/$peer" -v)
	case $version in
	$wanted) echo "$peer	$version" >>"$bin/versions" ;;
	*) say "$peer is $version, not $wanted" && return 1 ;;
	esac
}

evhub_flags() {
	if [ ! -e "$stage/lib/pkgconfig/evhub.pc" ]; then
		say "nothing in $stage: run \`make stage\` first"
		return 1
	fi
	PKG_CONFIG_LIBDIR="$stage/lib/pkgconfig" PKG_CONFIG_PATH='' \
		pkg-config --cflags --libs evhub && echo "-Wl,-rpath,$stage/lib"
}

build_evhub() {
	flags=$(evhub_flags) || exit 1
	with="$buffers $resolver $web"
	build evhub 1.4.15 $flags || exit 1
}

# build_peer PEER VERSION LIBRARY PACKAGE...: leaves a line and no program if it is not to be had
build_peer() {
	peer=$1
	wanted=$2
	library=$3
	shift 3
	rm -f "$bin/$peer"
	if ! unpack "$peer" "$@"; then
		say "no $peer here, it is left out: cannot get Debian's $*"
		return 0
	fi
	folder=$(dirname "$(find "$PWD/$peers/$peer/usr/lib" -name "lib$library.so" | head -n 1)")
	if ! build "$peer" "$wanted" -w "-I$peers/$peer/usr/include" "-L$folder" "-l$library" \
		"-Wl,-rpath,$folder"; then
		say "$peer does not build here, it is left out"
		rm -f "$bin/$peer"
	fi
}

build_libevent2() {
	with="$buffers $resolver $web"
	build_peer libevent2 '2.*' event libevent-dev "$(library_of libevent-dev libevent-2)"
}

build_libev() {
	with='-DWITHOUT_BUFFERS -DWITHOUT_DNS -DWITHOUT_HTTP'
	build_peer libev '4.*' ev libev-libevent-dev libev-dev "$(library_of libev-dev libev4)"
}

build_floor() {
	compile floor measure.c must.c floor.c floor_timers.c floor_buffer.c floor_stream.c \
		floor_dns.c floor_http.c flat.c payload.c client.c name_server.c http_client.c
	echo "floor	epoll and a 4-ary heap by hand" >>"$bin/versions"
}

# c-ares excludes nobody, and is used as it is installed (pkgconfig/need.sh).
build_cares() {
	rm -f "$bin/cares"
	if compile cares measure.c must.c peer_cares.c client.c name_server.c -w -lcares \
		2>"$bin/cares.log"; then
		echo "cares	$("$bin/cares" -v)" >>"$bin/versions"
	else
		say "no c-ares here, it is left out: needs libc-ares-dev; see $bin/cares.log"
	fi
}

# nginx is a program: ours runs it, and measures that process.
build_nginx() {
	rm -f "$bin/nginx"
	for nginx in /usr/sbin/nginx "$PWD/$peers/nginx/usr/sbin/nginx"; do
		"$nginx" -v 2>/dev/null || continue
		compile nginx measure.c must.c peer_nginx.c client.c http_client.c \
			"-DNGINX=\"$nginx\"" "-DFOLDER=\"$PWD/$bin/nginx.d\"" || return 0
		echo "nginx	$("$bin/nginx" -v)" >>"$bin/versions"
		return 0
	done
	say "no nginx here, it is left out"
}

# compile_coro PEER SOURCE FLAGS: the program coro_PEER
compile_coro() {
	peer=$1
	shift
	compile "coro_$peer" coro_frame.c must.c client.c "$@"
}

# The frame is C: its object files are linked, not its sources.
compile_boost() {
	objects=
	for source in coro_frame must client; do
		compile "$source.o" "$source.c" -c || return 1
		objects="$objects $bin/$source.o"
	done
	${CXX:-c++} -O2 -Wall -Wextra benches/peer_boost.cpp $objects -o "$bin/coro_boost" \
		-lboost_context
}

# build_coro_peer PEER NEEDS COMMAND...: leaves a line and no program if it is not to be had.
# These peers exclude nobody, and are used as they are installed (pkgconfig/need.sh).
build_coro_peer() {
	peer=$1
	needs=$2
	shift 2
	rm -f "$bin/coro_$peer"
	if "$@" 2>"$bin/coro_$peer.log"; then
		version=$(dpkg-query -W -f '${Version}' "$needs" 2>/dev/null || :)
		echo "$peer	$needs $version" >>"$bin/versions"
	else
		say "no $peer here, it is left out: needs $needs; see $bin/coro_$peer.log"
	fi
}

# Ours is kept beside the library: it is for other measurements, too.
build_coros() {
	flags=$(evhub_flags) || exit 1
	compile_coro evhub coro.c $flags || exit 1
	mkdir -p target/release
	cp -f "$bin/coro_evhub" target/release/coro_bench
	build_coro_peer st libst-dev compile_coro st peer_st.c -lst
	build_coro_peer pth libpth-dev compile_coro pth peer_pth.c -lpth
	build_coro_peer boost libboost-context-dev compile_boost
	build_coro_peer floor x86-64 compile_coro floor floor_coro.c -mno-red-zone
}

# coro_programs: those of them that there are
coro_programs() {
	for program in evhub st pth boost floor; do
		[ ! -x "$bin/coro_$program" ] || echo "$program"
	done
}

: >"$bin/versions"
