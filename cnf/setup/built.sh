# shellcheck shell=bash
# Whether a build is older than its sources. Sourced by ./demo:
#
#   . cnf/setup/built.sh
#   mainstay_newer_source FOLDER ARCHIVE   # prints one source below FOLDER that is newer than ARCHIVE, or nothing

# Everything that goes into the archive or the demo counts: Java, C and its headers, templates, scripts, poms, bnd and build files.
mainstay_newer_source() {
    find "$1" -path '*/.git' -prune -o -path '*/target' -prune -o -type f -newer "$2" \
        \( -path '*/src/main/*' -o -path "$1/native/*" -o -path "$1/cnf/*" -o -name pom.xml -o -name '*.bnd' \) -print -quit
}
