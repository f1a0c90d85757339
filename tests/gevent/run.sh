#!/bin/sh
# Builds gevent's core against the staged library and runs the tests over it, from the top folder:
# `sh tests/gevent/run.sh [--valgrind] [--backend NAME] [--word WORD]...`
set -eu
python=$(sh tests/python/environment.sh)
sh tests/gevent/build.sh "$python"
exec "$python" tests/python/run.py tests/gevent "$@"
