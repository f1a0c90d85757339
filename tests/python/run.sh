#!/bin/sh
# Runs the tests of the library as Python has it by ctypes and cffi, from the top folder:
# `sh tests/python/run.sh [--valgrind] [--backend NAME] [--word WORD]...`
set -eu
python=$(sh tests/python/environment.sh)
mkdir -p target/python/api
PKG_CONFIG_PATH=$PWD/target/stage/lib/pkgconfig "$python" tests/python/build_api.py \
	target/python/api
exec "$python" tests/python/run.py tests/python "$@"
