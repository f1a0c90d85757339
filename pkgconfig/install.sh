#!/bin/sh
# Installs parts of the project: `sh pkgconfig/install.sh base [compat]`, from the top folder.
# Reads DESTDIR prefix exec_prefix bindir libdir includedir INSTALL FORCE from the environment.
# Nothing is changed before it is sure that everything may be.
set -eu
. pkgconfig/common.sh

# Prints what belongs to the part: "file MODE SOURCE PATH" and "link - TARGET PATH".
plan() {
	if [ "$part" = base ]; then
		plan_base
	else
		plan_compat
	fi
}

file() {
	printf 'file\t%s\t%s\t%s\n' "$1" "$2" "$3"
}

link() {
	printf 'link\t-\t%s\t%s\n' "$1" "$2"
}

plan_base() {
	file 755 target/release/libevhub.so "$libdir/libevhub.so.$version"
	link "libevhub.so.$version" "$libdir/libevhub.so.0"
	link libevhub.so.0 "$libdir/libevhub.so"
	file 644 target/parts/libevhub.a "$libdir/libevhub.a"
	file 755 target/release/libevhub_tls.so "$libdir/libevhub_tls.so.$version"
	link "libevhub_tls.so.$version" "$libdir/libevhub_tls.so.0"
	link libevhub_tls.so.0 "$libdir/libevhub_tls.so"
	for name in evhub evhub_tls; do
		file 644 "$work/$name.pc" "$libdir/pkgconfig/$name.pc"
	done
	for header in include/evhub/*.h; do
		file 644 "$header" "$includedir/evhub/${header##*/}"
	done
}

plan_compat() {
	for name in libevent libevent_core libevent_extra; do
		file 755 "target/parts/$name-1.4.so.2" "$libdir/$name-1.4.so.2"
		link libevhub.so "$libdir/$name.so"
		# Without it `-static -levent` would go on to another libevent's archive.
		link libevhub.a "$libdir/$name.a"
		file 644 "$work/$name.pc" "$libdir/pkgconfig/$name.pc"
	done
	for header in event evutil event-config evdns evhttp evrpc; do
		file 644 "include/evhub/$header.h" "$includedir/$header.h"
	done
	file 755 pkgconfig/event_rpcgen.py "$bindir/event_rpcgen.py"
}

# Fills in the .pc templates; paths below a prefix stay relative to it.
fill_templates() {
	libs_private='-lpthread -ldl -lrt -lm'
	pc_exec=$exec_prefix
	[ "$exec_prefix" != "$prefix" ] || pc_exec='${prefix}'
	pc_lib=$(relative "$libdir" "$exec_prefix" '${exec_prefix}')
	pc_include=$(relative "$includedir" "$prefix" '${prefix}')
	for template in pkgconfig/*.pc.in; do
		name=${template##*/}
		sed -e "s|@prefix@|$(quoted "$prefix")|" \
			-e "s|@exec_prefix@|$(quoted "$pc_exec")|" \
			-e "s|@libdir@|$(quoted "$pc_lib")|" -e "s|@version@|$version|" \
			-e "s|@includedir@|$(quoted "$pc_include")|" \
			-e "s|@libs_private@|$libs_private|" "$template" >"$work/${name%.in}"
	done
}

relative() {
	case $1 in
	"$2"/*) printf '%s/%s\n' "$3" "${1#"$2"/}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

quoted() {
	printf '%s\n' "$1" | sed 's/[\\&|]/\\&/g'
}

# Is $DESTDIR$4 already what the plan's line (kind mode source path) wants?
is_wanted() {
	if [ "$1" = link ]; then
		[ -L "$DESTDIR$4" ] && [ "$(readlink "$DESTDIR$4")" = "$3" ]
	else
		[ ! -L "$DESTDIR$4" ] && cmp -s "$3" "$DESTDIR$4"
	fi
}

# Sorts what stands in the way: $work/packaged may not be touched, $work/foreign only by FORCE.
survey() {
	while IFS=$tab read -r kind mode source path; do
		[ "$kind" = link ] || [ -f "$source" ] || die "$source is missing"
		exists "$DESTDIR$path" || continue
		! is_wanted "$kind" "$mode" "$source" "$path" || continue
		[ -L "$DESTDIR$path" ] || [ ! -d "$DESTDIR$path" ] ||
			die "$DESTDIR$path is a folder"
		if owned_by_package "$path"; then
			echo "$path" >>"$work/packaged"
		elif [ "$part" = compat ] && ! is_ours "$path" "$manifest"; then
			echo "$path" >>"$work/foreign"
		fi
	done <"$work/plan-$part"
}

refuse_or_go_on() {
	if [ -s "$work/packaged" ]; then
		echo "evhub: files of this system's packages, which are never replaced:" >&2
		sed "s|^|  $(quoted "$DESTDIR")|" "$work/packaged" >&2
		die "nothing was changed; choose another prefix, or remove the packages"
	fi
	[ -s "$work/foreign" ] || return 0
	verb='would be'
	[ "${FORCE:-}" != 1 ] || verb=are
	echo "evhub: these existing files are not evhub's and $verb replaced:" >&2
	sed "s|^|  $(quoted "$DESTDIR")|" "$work/foreign" >&2
	[ "${FORCE:-}" = 1 ] ||
		die "nothing was changed; FORCE=1 replaces them and keeps each as NAME.evhub-saved"
}

# Makes the folder $DESTDIR$1 and records, from the top, each that was missing.
make_folder() {
	[ ! -d "$DESTDIR$1" ] || return 0
	[ -z "${1%/*}" ] || make_folder "${1%/*}"
	if [ -d "$DESTDIR$evhub_dir" ]; then
		record "$manifest" "dir$tab-$tab$1"
		mkdir -p "$DESTDIR$1"
	else
		# The manifest's own folder is still to come.
		mkdir -p "$DESTDIR$1"
		printf 'dir\t-\t%s\n' "$1" >>"$work/dirs"
	fi
}

# Moves somebody else's file away, under a name that is free: a copy is never overwritten.
save_foreign() {
	kept=$1.evhub-saved
	number=0
	while exists "$DESTDIR$kept"; do
		number=$((number + 1))
		kept=$1.evhub-saved.$number
	done
	record "$manifest" "saved$tab$kept$tab$1"
	mv "$DESTDIR$1" "$DESTDIR$kept"
	echo "evhub: $DESTDIR$1 is kept as $DESTDIR$kept"
}

# Puts one line of the plan in place; readers see the old file or the new one, never a part.
put() {
	make_folder "${4%/*}"
	target=$DESTDIR$4
	if [ "$1" = link ]; then
		line=link$tab$3$tab$4
	else
		line=file$tab$(cksum <"$3")$tab$4
	fi
	printf '%s\n' "$line" >>"$work/new"
	record "$manifest" "$line"
	if is_wanted "$@"; then
		[ "$1" = link ] || chmod "$2" "$target"
		return 0
	fi
	! grep -Fqx -e "$4" "$work/foreign" || save_foreign "$4"
	rm -f "$target.evhub-new"
	if [ "$1" = link ]; then
		ln -s "$3" "$target.evhub-new"
	else
		$INSTALL -m "$2" "$3" "$target.evhub-new"
	fi
	# mv would move into a folder that a link here names.
	[ ! -L "$target" ] || rm -f "$target"
	mv -f "$target.evhub-new" "$target"
}

# Removes what an earlier version installed and this one does not, and forgets it.
prune() {
	cut -f3 "$work/new" >"$work/paths"
	sed -n "/^file$tab/p;/^link$tab/p" "$manifest" | cut -f3 | sort -u |
		while IFS= read -r path; do
			grep -Fqx -e "$path" "$work/paths" || take_back "$manifest" "$path"
		done
	{
		sed -n "/^dir$tab/p" "$manifest"
		sed -n "/^saved$tab/p" "$manifest" | while IFS=$tab read -r kind kept path; do
			! exists "$DESTDIR$kept" || printf '%s\t%s\t%s\n' "$kind" "$kept" "$path"
		done
		cat "$work/new"
	} >"$manifest.evhub-new"
	mv -f "$manifest.evhub-new" "$manifest"
}

use_part() {
	part=$1
	case $part in
	base) manifest=$DESTDIR$evhub_dir/manifest ;;
	compat) manifest=$DESTDIR$evhub_dir/manifest-compat ;;
	*) die "install.sh: '$part' is neither base nor compat" ;;
	esac
}

install_part() {
	: >"$work/new"
	: >"$work/dirs"
	make_folder "$evhub_dir"
	while IFS= read -r line; do
		record "$manifest" "$line"
	done <"$work/dirs"
	while IFS=$tab read -r kind mode source path; do
		put "$kind" "$mode" "$source" "$path"
	done <"$work/plan-$part"
	prune
	count=$(grep -c . "$work/new")
	[ "$part" = base ] || tools=", $DESTDIR$bindir"
	echo "evhub: $part: $count files in $DESTDIR$libdir, $DESTDIR$includedir${tools:-}"
}

check_folders "$prefix" "$exec_prefix" "$bindir" "$libdir" "$includedir"
evhub_dir=$libdir/evhub
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
mkdir -p target/parts
take_turns target/parts/lock
work=$(mktemp -d target/parts/install.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

fill_templates
: >"$work/packaged"
: >"$work/foreign"
for name in "$@"; do
	use_part "$name"
	plan >"$work/plan-$part"
	survey
done
refuse_or_go_on
for name in "$@"; do
	use_part "$name"
	install_part
done
refresh_cache
