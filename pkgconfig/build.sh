#!/bin/sh
# Builds the release library and the parts around it. `sudo make install` often has no cargo
# in its PATH: then what was built before is taken.
set -eu

if command -v "${CARGO:-cargo}" >/dev/null 2>&1 || [ ! -f target/release/libevhub.so ]; then
	sh pkgconfig/need.sh build
	"${CARGO:-cargo}" build --release
else
	echo "evhub: no cargo in PATH: taking the library that was built before"
fi
sh pkgconfig/parts.sh
