#!/bin/sh
# Compiles the engine's native library and the attachment. Usage: build.sh <source folder> <target folder> <java.home>
set -eu
source=$1
target=$2
java=$3
mkdir -p "$target"
set -- -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE "-ffile-prefix-map=$source=." -s
${CC:-gcc} "$@" -fPIC -shared -I"$java/include" -I"$java/include/linux" \
    -o "$target/libmainstay-mirror.so" "$source/mainstay-mirror.c"
${CC:-gcc} "$@" -pthread -o "$target/mainstay-attach" "$source/mainstay-attach.c"
