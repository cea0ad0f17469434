#!/bin/sh
# Compiles every C file of src/main/c into a program of the same name: static where the C library allows it, so that
# a helper starts on any Linux, else dynamic. Usage: build.sh <source folder> <target folder>
set -eu
source=$1
target=$2
mkdir -p "$target"
for file in "$source"/*.c; do
    [ -e "$file" ] || exit 0
    name=$(basename "$file" .c)
    flags="-std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE"
    if [ -z "${linkage+set}" ]; then
        probe=$(mktemp -d)
        echo 'int main(void) { return 0; }' >"$probe/probe.c"
        linkage=-static
        ${CC:-gcc} -static -o "$probe/probe" "$probe/probe.c" 2>/dev/null || linkage=
        rm -rf "$probe"
    fi
    echo "compiling $name ${linkage:-dynamic}"
    # -ffile-prefix-map keeps the place of the build out of the result
    ${CC:-gcc} $flags -ffile-prefix-map="$source"=. $linkage -s -o "$target/$name" "$file"
done
# bin/ of the installation: the client, and under every command's name a link to it
bin=$(dirname "$target")/bin
mkdir -p "$bin"
cp "$target/mainstay" "$bin/mainstay"
while read -r name; do
    [ "$name" = mainstay ] || ln -sfn mainstay "$bin/$name"
done <"$source/commands"
