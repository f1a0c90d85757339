#!/bin/sh
# Builds the core of gevent 0.13 against the staged library, as target/gevent/gevent/core.so:
# `sh tests/gevent/build.sh PYTHON`, from the top folder. Its sources come from PyPI, and are
# adapted to Python 3 by adapt.py; nothing of them is kept here.
set -eu
python=$1
folder=target/gevent
stage=$PWD/target/stage

# pip keeps what it has unpacked although gevent's setup.py cannot be run by Python 3.
download() {
	rm -rf "$folder"
	mkdir -p "$folder/pip" "$folder/gevent"
	TMPDIR=$PWD/$folder/pip "$python" -m pip download -q --disable-pip-version-check \
		--no-clean --no-deps --no-binary gevent --no-build-isolation --require-hashes \
		-r tests/gevent/requirements.txt -d "$folder/pip" >"$folder/pip.log" 2>&1 || :
	sources=$(find "$folder/pip" -name core.pyx)
	if [ -z "$sources" ]; then
		cat "$folder/pip.log" >&2
		echo "evhub: gevent could not be downloaded" >&2
		exit 1
	fi
	mkdir "$folder/sources"
	mv "${sources%/*}" "$folder/sources/gevent"
	rm -rf "$folder/pip"
}

translate() {
	"$python" tests/gevent/adapt.py "$folder/sources/gevent"
	"$python" -m cython -2 -X legacy_implicit_noexcept=True -X c_string_type=str \
		-X c_string_encoding=utf8 "$folder/sources/gevent/core.pyx" \
		-o "$folder/core.c" >"$folder/cython.log" 2>&1 || {
		cat "$folder/cython.log" >&2
		exit 1
	}
	: >"$folder/gevent/__init__.py"
}

# Its headers are found as an old ./configure finds them.
compile() {
	include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
	sources=$folder/sources/gevent
	${CC:-cc} -shared -fPIC -g -O1 -w -Werror=implicit-function-declaration \
		-include "$sources/compat.h" -I"$sources" -I"$stage/include" -I"$include" \
		"$folder/core.c" -o "$folder/core.so" -L"$stage/lib" -levent
	mv "$folder/core.so" "$folder/gevent/core.so"
}

inputs=$(cat tests/gevent/build.sh tests/gevent/adapt.py tests/gevent/requirements.txt \
	tests/python/requirements.txt | cksum)
if [ "$(cat "$folder/inputs" 2>/dev/null)" != "$inputs" ]; then
	download
	translate
	printf '%s\n' "$inputs" >"$folder/inputs"
fi
compile
