#!/bin/sh
# Builds the release libraries and the parts around them. `sudo make install` often has no cargo
# in its PATH: then what was built before is taken.
set -eu

if command -v "${CARGO:-cargo}" >/dev/null 2>&1 || [ ! -f target/release/libevhub_tls.so ]; then
	sh pkgconfig/need.sh build
	"${CARGO:-cargo}" build --release
	"${CARGO:-cargo}" build --release -p evhub_tls
else
	echo "evhub: no cargo in PATH: taking the libraries that were built before"
fi
sh pkgconfig/parts.sh
