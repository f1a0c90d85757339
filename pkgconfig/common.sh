# What install.sh and uninstall.sh share: the manifest, and whose a file is. Sourced, never run.
#
# A manifest ($libdir/evhub/manifest for `make install`, manifest-compat for `install-compat`)
# has one line per thing that was put on the machine, three fields parted by tabs, paths without
# DESTDIR:
#	dir	-	PATH		a folder that did not exist before
#	file	CKSUM SIZE	PATH	a file, as it was when installed
#	link	TARGET	PATH		a symbolic link
#	saved	KEPT	PATH		somebody else's PATH was moved to KEPT
# A line is written before the deed: after a failure half-way the manifest says at least what
# is there, and a line whose file looks otherwise is simply not ours.

tab=$(printf '\t')
umask 022

die() {
	echo "evhub: $*" >&2
	exit 1
}

# Takes DESTDIR and libdir from the environment; relative folders could not be recorded.
check_folders() {
	for folder in "$@"; do
		case $folder in
		*"$tab"* | *'
'*) die "'$folder' has a tab or a newline in it" ;;
		/*) ;;
		*) die "'$folder' is not an absolute path" ;;
		esac
	done
	: "${DESTDIR:=}"
	case $DESTDIR in
	'' | /*) ;;
	*) DESTDIR=$(pwd)/$DESTDIR ;;
	esac
	DESTDIR=${DESTDIR%/}
}

exists() {
	[ -e "$1" ] || [ -L "$1" ]
}

# The line that a manifest holds for what is at $DESTDIR$1 now.
describe() {
	if [ -L "$DESTDIR$1" ]; then
		printf 'link\t%s\t%s\n' "$(readlink "$DESTDIR$1")" "$1"
	elif [ -f "$DESTDIR$1" ]; then
		printf 'file\t%s\t%s\n' "$(cksum <"$DESTDIR$1")" "$1"
	fi
}

# Is the thing at $DESTDIR$1 as the manifest $2 says we left it?
is_ours() {
	[ -f "$2" ] && line=$(describe "$1") && [ -n "$line" ] && grep -Fqx -e "$line" "$2"
}

# Adds the line $2 to the manifest $1 unless it is there.
record() {
	grep -Fqsx -e "$2" "$1" || printf '%s\n' "$2" >>"$1"
}

# Does a Debian package own $DESTDIR$1? The package may know it by another name: a folder on
# the way can be a link, and on a merged /usr the same file is in /lib and in /usr/lib.
owned_by_package() {
	command -v dpkg >/dev/null 2>&1 || return 1
	base=${1##*/}
	folder=$(cd -P "$DESTDIR${1%/*}" 2>/dev/null && pwd) || return 1
	for name in "$DESTDIR$1" "$folder/$base" "/usr$folder/$base" "${folder#/usr}/$base"; do
		dpkg -S "$name" >/dev/null 2>&1 && return 0
	done
	# A whole system under DESTDIR has a package list of its own.
	[ -n "$DESTDIR" ] && [ -f "$DESTDIR/var/lib/dpkg/status" ] || return 1
	for name in "$1" "/usr$1" "${1#/usr}"; do
		dpkg --root="$DESTDIR" -S "$name" >/dev/null 2>&1 && return 0
	done
	return 1
}

# Takes back what the manifest $1 says of the path $2: removes the file, if it is still ours, and
# puts back what was moved away for it last. Still older copies stay where they are.
take_back() {
	if is_ours "$2" "$1"; then
		rm -f "$DESTDIR$2"
	elif exists "$DESTDIR$2"; then
		echo "evhub: left alone, changed since it was installed: $DESTDIR$2" >&2
	fi
	path=$2 awk -F'\t' '$1 == "saved" && $3 == ENVIRON["path"] { kept[n++] = $2 }
		END { while (n) print kept[--n] }' "$1" |
		while IFS= read -r kept; do
			exists "$DESTDIR$kept" || continue
			if exists "$DESTDIR$2"; then
				echo "evhub: left alone, saved from before: $DESTDIR$kept" >&2
			else
				mv "$DESTDIR$kept" "$DESTDIR$2"
			fi
		done
}

# One installation or removal at a time: several builds of one tree may stage at once.
take_turns() {
	if command -v flock >/dev/null 2>&1; then
		exec 9>"$1"
		flock 9
	fi
}

# Tells ld.so about $libdir, if that is one of the folders that it asks its cache about.
refresh_cache() {
	[ -z "$DESTDIR" ] && [ "$(id -u)" = 0 ] || return 0
	PATH=$PATH:/sbin:/usr/sbin
	command -v ldconfig >/dev/null 2>&1 || return 0
	if ldconfig -N -X -v 2>/dev/null | cut -d: -f1 | grep -Fqx -e "$libdir"; then
		"${LDCONFIG:-ldconfig}"
	fi
}
