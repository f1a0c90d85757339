#!/bin/sh
# Makes the virtual environment of the tests in Python, target/python, unless it is there:
# `sh tests/python/environment.sh`, from the top folder. Prints the path of its Python.
set -eu
folder=target/python
wanted=tests/python/requirements.txt

if ! cmp -s "$wanted" "$folder/requirements.txt"; then
	python3 -m venv --clear "$folder" >&2
	"$folder/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" >&2
	cp "$wanted" "$folder/requirements.txt"
fi
echo "$folder/bin/python"
