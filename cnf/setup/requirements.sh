# shellcheck shell=bash
# What a build, the tests and the demo need on a machine, and how to get it. Sourced by ./test and ./demo:
#
#   . cnf/setup/requirements.sh
#   mainstay_require build        # JDK, Maven, C compiler
#   mainstay_require build run    # and PostgreSQL, network and process tools
#   mainstay_require test         # what only tests need: etcd and others
#
# On Debian and Ubuntu, as root, missing packages are installed and named. Elsewhere the missing ones are named and the
# function returns 1. Sets JAVA_HOME when it had to look for a JDK.

mainstay_java_min=17

mainstay_say() { printf '%s\n' "$*" >&2; }

# A JDK (with compiler) of at least mainstay_java_min: JAVA_HOME first, then PATH, then the usual folder.
mainstay_find_jdk() {
    local candidate version
    for candidate in "${JAVA_HOME:-}" "$(readlink -f "$(command -v javac 2>/dev/null)" 2>/dev/null | sed 's#/bin/javac$##')" \
        /usr/lib/jvm/*; do
        if [ -z "$candidate" ] || [ ! -x "$candidate/bin/javac" ]; then continue; fi
        version=$("$candidate/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
        if [ -n "$version" ] && [ "$version" -ge "$mainstay_java_min" ]; then
            export JAVA_HOME=$candidate
            return 0
        fi
    done
    return 1
}

mainstay_find_maven() {
    local version
    command -v mvn >/dev/null 2>&1 || return 1
    version=$(mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    # shellcheck disable=SC2086
    set -- $version
    [ "${1:-0}" -gt 3 ] || { [ "${1:-0}" -eq 3 ] && [ "${2:-0}" -ge 8 ]; }
}

# A C compiler with the C library's headers.
mainstay_find_cc() {
    local probe
    probe=$(mktemp -d) || return 1
    printf '#include <stdio.h>\nint main(void) { return 0; }\n' >"$probe/probe.c"
    gcc -o "$probe/probe" "$probe/probe.c" >/dev/null 2>&1
    local result=$?
    rm -rf "$probe"
    return $result
}

# PostgreSQL's server programs, wherever the distribution keeps them.
mainstay_find_postgres() {
    local folder
    for folder in $(command -v initdb >/dev/null 2>&1 && dirname "$(readlink -f "$(command -v initdb)")") \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ] && return 0
    done
    return 1
}

# Prints one line per missing thing: "<Debian package>|<what it is>".
mainstay_missing() {
    local group command package
    for group in "$@"; do
        case $group in
            build)
                mainstay_find_jdk || echo "openjdk-17-jdk-headless|a JDK, version $mainstay_java_min or newer"
                # The package of a distribution wants a Java of its own; ours is chosen first.
                mainstay_find_maven || echo "maven|Maven 3.8 or newer"
                mainstay_find_cc || { echo "gcc|a C compiler"; echo "libc6-dev|the C library's headers"; }
                ;;
            run)
                mainstay_find_postgres || echo "postgresql|PostgreSQL server"
                while read -r command package; do
                    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null 2>&1 || echo "$package|the command $command"
                done <<'COMMANDS'
ip iproute2
bridge iproute2
ping iputils-ping
nft nftables
mount mount
losetup mount
unshare util-linux
nsenter util-linux
fsfreeze util-linux
ps procps
pgrep procps
mkfs.ext4 e2fsprogs
COMMANDS
                ;;
            test)
                # A real etcd; a library that checks signatures of requests to S3; certificates.
                [ -x /usr/bin/etcd ] || echo "etcd-server|etcd"
                /usr/bin/python3 -c 'import botocore' >/dev/null 2>&1 || echo "python3-botocore|the AWS library for Python"
                # Clients the mirror engine is tried with, and what it is measured against.
                while read -r command package; do
                    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null 2>&1 || echo "$package|the command $command"
                done <<'COMMANDS'
openssl openssl
nbdinfo libnbd-bin
nbdcopy libnbd-bin
nbdfuse libnbd-bin
nbdkit nbdkit
qemu-img qemu-utils
qemu-io qemu-utils
qemu-storage-daemon qemu-system-common
fio fio
fusermount3 fuse3
python3 python3
COMMANDS
                ;;
            *)
                mainstay_say "requirements: unknown group '$group' (build, run, test)"
                return 2
                ;;
        esac
    done
}

mainstay_is_debian() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; }

# Debian starts a database cluster when PostgreSQL is installed; nobody asked for one.
mainstay_no_default_cluster() {
    local folder=/etc/postgresql-common/createcluster.d
    mkdir -p "$folder"
    [ -e "$folder/mainstay.conf" ] || echo "create_main_cluster = false" >"$folder/mainstay.conf"
}

mainstay_install() {
    local packages=("$@")
    case " ${packages[*]} " in
        *" openjdk-17-jdk-headless "*)
            # Later releases no longer carry 17: take the newest the release offers as its default.
            apt-cache show openjdk-17-jdk-headless >/dev/null 2>&1 ||
                packages=("${packages[@]/openjdk-17-jdk-headless/default-jdk-headless}")
            ;;
    esac
    case " ${packages[*]} " in
        *" postgresql "*) mainstay_no_default_cluster ;;
    esac
    mainstay_say "Installing with apt-get: ${packages[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" >&2 || return
    case " ${packages[*]} " in
        *" etcd-server "*)
            # The package starts a service; the tests start their own.
            [ ! -d /run/systemd/system ] || systemctl disable --now etcd.service >&2 || true
            ;;
    esac
}

mainstay_require() {
    local missing packages
    missing=$(mainstay_missing "$@" | sort -u) || return $?
    if [ -n "$missing" ]; then
        mainstay_say "Missing on this machine:"
        sed 's/^\([^|]*\)|\(.*\)$/  \2 (Debian package \1)/' <<<"$missing" >&2
        if ! mainstay_is_debian; then
            mainstay_say "Please install the above and run this again (automatic only on Debian and Ubuntu)."
            return 1
        fi
        if [ "$(id -u)" -ne 0 ]; then
            mainstay_say "Please run this as root once, or: sudo apt-get install $(cut -d'|' -f1 <<<"$missing" | sort -u | tr '\n' ' ')"
            return 1
        fi
        mapfile -t packages < <(cut -d'|' -f1 <<<"$missing" | sort -u)
        DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || mainstay_say "apt-get update failed; trying with the lists at hand"
        mainstay_install "${packages[@]}" || { mainstay_say "apt-get could not install: ${packages[*]}"; return 1; }
        missing=$(mainstay_missing "$@" | sort -u)
        if [ -n "$missing" ]; then
            mainstay_say "Still missing after the installation:"
            sed 's/^\([^|]*\)|\(.*\)$/  \2/' <<<"$missing" >&2
            return 1
        fi
    fi
    # In this shell, not in the subshell above: JAVA_HOME shall reach Maven.
    case " $* " in *" build "*) mainstay_find_jdk ;; esac
}
