#!/bin/sh
# Removes what install.sh put on the machine, as its manifests say, and nothing else; puts back
# what was moved away for it. Reads DESTDIR and libdir from the environment.
set -eu
. pkgconfig/common.sh

remove_part() {
	sed -n "/^file$tab/p;/^link$tab/p" "$1" | cut -f3 | sort -u | while IFS= read -r path; do
		take_back "$1" "$path"
	done
	sed -n "s|^dir$tab-$tab||p" "$1" >>"$work/dirs"
	rm -f "$1"
}

check_folders "$libdir"
evhub_dir=$libdir/evhub
if [ ! -f "$DESTDIR$evhub_dir/manifest" ] && [ ! -f "$DESTDIR$evhub_dir/manifest-compat" ]; then
	echo "evhub: nothing to uninstall: there is no manifest in $DESTDIR$evhub_dir"
	exit 0
fi
if owned_by_package "$evhub_dir/manifest"; then
	die "$DESTDIR$evhub_dir belongs to a package of this system: remove it with apt"
fi
mkdir -p target/parts
take_turns target/parts/lock
work=$(mktemp -d target/parts/uninstall.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
for part in manifest-compat manifest; do
	[ ! -f "$DESTDIR$evhub_dir/$part" ] || remove_part "$DESTDIR$evhub_dir/$part"
done
# Deepest first; a folder that holds anything else stays.
sort -ru "$work/dirs" | while IFS= read -r folder; do
	rmdir "$DESTDIR$folder" 2>/dev/null || :
done
refresh_cache
echo "evhub: uninstalled from $DESTDIR$libdir"
