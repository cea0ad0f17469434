#!/bin/sh
# Compiles the engine's native library and the attachment. Usage: build.sh <source folder> <target folder> <java.home>
set -eu
source=$1
target=$2
java=$3
mkdir -p "$target"
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -ffile-prefix-map=$source=."
${CC:-gcc} $flags -fPIC -shared -I"$java/include" -I"$java/include/linux" -s \
    -o "$target/libmainstay-mirror.so" "$source/mainstay-mirror.c"
[ ! -e "$source/mainstay-attach.c" ] ||
    ${CC:-gcc} $flags -pthread -s -o "$target/mainstay-attach" "$source/mainstay-attach.c"
