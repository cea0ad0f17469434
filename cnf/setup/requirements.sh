# shellcheck shell=bash
# What a build, the tests and the demo need on a machine, and how to get it. Sourced by ./test and ./demo:
#
#   . cnf/setup/requirements.sh
#   mainstay_require build        # JDK, Maven, C compiler
#   mainstay_require build run    # and PostgreSQL, network and process tools
#   mainstay_require test         # what only tests need: etcd and others
#
# PostgreSQL comes from the machine's packages; where they cannot be installed, from a Maven artifact with its programs, whose jar
# is then MAINSTAY_POSTGRES_JAR. MAINSTAY_POSTGRES=maven chooses the artifact in any case, MAINSTAY_POSTGRES=packages never.
#
# On Debian and Ubuntu, as root, missing packages are installed and named. Elsewhere the missing ones are named and the
# function returns 1. Sets JAVA_HOME to a JDK that serves, and a UTF-8 locale if there is none.

mainstay_java_min=17

mainstay_say() { printf '%s\n' "$*" >&2; }

# File names and texts are UTF-8 whatever the machine is set to, also when it is set to a locale it does not have: Java
# could not even open a checkout in a folder whose name is not plain ASCII.
mainstay_locale() {
    if [ "$(locale charmap 2>/dev/null)" != UTF-8 ] && locale -a 2>/dev/null | grep -qix 'C\.utf-\{0,1\}8'; then
        export LC_ALL=C.UTF-8
    fi
}

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
    # Without a JDK it cannot tell its version; that is asked again when there is one.
    [ -n "${JAVA_HOME:-}" ] || command -v java >/dev/null 2>&1 || return 0
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

# PostgreSQL's server programs, where the laboratory looks for them.
mainstay_find_postgres() {
    local folder
    for folder in /usr/lib/postgresql/*/bin; do
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
                [ "${MAINSTAY_POSTGRES:-}" = maven ] || mainstay_find_postgres || echo "postgresql|PostgreSQL server"
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
                command -v openssl >/dev/null 2>&1 || echo "openssl|the command openssl"
                # Servers and agents the kits, and the kit of the tutorial, are tested against.
                while read -r command package; do
                    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null 2>&1 || echo "$package|the command $command"
                done <<'KITS'
named bind9
dig bind9-dnsutils
smbd samba
smbclient smbclient
exportfs nfs-kernel-server
nginx nginx-light
redis-server redis-server
modprobe kmod
fuser psmisc
zsh zsh
unzip unzip
KITS
                [ -x /usr/lib/ocf/resource.d/heartbeat/Dummy ] || echo "resource-agents|OCF resource agents"
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
    [ ! -e "$folder/mainstay.conf" ] || return 0
    mkdir -p "$folder"
    echo "create_main_cluster = false" >"$folder/mainstay.conf"
    mainstay_say "PostgreSQL is installed without a database of its own ($folder/mainstay.conf says so)."
}

# Runs a command that installs packages, in a subshell. While it runs, no package may start a server the tests start themselves;
# other services (a library's upgrade may restart some) are left alone. A machine that has a policy already keeps its own.
mainstay_without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ] || grep -q 'installation by Mainstay' "$policy"; then # the latter: of one that was killed
        trap 'rm -f "$policy"' EXIT
        trap 'exit 1' HUP INT TERM
        # shellcheck disable=SC2016
        printf '%s\n' '#!/bin/sh' '# Of an installation by Mainstay that is under way; it removes this file at its end.' \
            'case $1 in etcd* | postgresql* | redis* | named* | smbd* | nmbd* | samba* | nginx* | nfs* | rpc*) exit 101 ;; esac' \
            'exit 0' >"$policy"
        chmod 755 "$policy"
    fi
    "$@"
)

# Installs the packages; what apt-get says goes to the file $1, and only its summary to the screen.
mainstay_install() {
    local log=$1 status
    shift
    local packages=("$@")
    # Once; and if it fails the lists at hand may do.
    [ -s "$log" ] || DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 || true
    case " ${packages[*]} " in
        *" openjdk-17-jdk-headless "*)
            # Later releases no longer carry 17: take the newest the release offers as its default.
            LC_ALL=C apt-cache policy openjdk-17-jdk-headless 2>/dev/null | grep -q 'Candidate: [0-9]' ||
                packages=("${packages[@]/openjdk-17-jdk-headless/default-jdk-headless}")
            ;;
    esac
    mainstay_say "Installing with apt-get (a few minutes): ${packages[*]}"
    # The NFS server brings it along; who had it already keeps it.
    local portmapper=""
    [ -x /usr/sbin/rpcbind ] || portmapper="nfs-kernel-server:rpcbind.service nfs-kernel-server:rpcbind.socket"
    case " ${packages[*]} " in
        *" postgresql "*) mainstay_no_default_cluster ;;
    esac
    # A machine that has just started may be busy with its own updates: wait for those.
    LC_ALL=C DEBIAN_FRONTEND=noninteractive mainstay_without_services \
        apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "${packages[@]}" \
        2>&1 </dev/null | tee -a "$log" | grep -E '^(Need to get|Fetched|After this)' | sed 's/^/  /' >&2
    status=${PIPESTATUS[0]}
    # These packages want their services at every start of the machine; the tests start their own.
    local service
    for service in etcd-server:etcd.service redis-server:redis-server.service bind9:named.service samba:smbd.service \
        samba:nmbd.service samba:samba-ad-dc.service nginx-light:nginx.service nfs-kernel-server:nfs-server.service \
        $portmapper; do
        case " ${packages[*]} " in
            *" ${service%:*} "*)
                [ ! -d /run/systemd/system ] || systemctl disable --quiet "${service#*:}" >>"$log" 2>&1 || true
                ;;
        esac
    done
    return "$status"
}

# What to do where nothing is installed automatically: as an ordinary user, and without Debian's packages.
mainstay_advise() {
    if ! mainstay_is_debian; then
        mainstay_say "Please install the above and run this again (automatic only on Debian and Ubuntu)."
    elif command -v sudo >/dev/null 2>&1; then
        mainstay_say "Please run this as root once, which installs them, or: sudo apt-get install $*"
    else
        mainstay_say "Please run this as root once, which installs them, or as root: apt-get install $*"
    fi
}

# Whether PostgreSQL may come from Maven if its packages cannot be installed. Returns 2 if the environment's choice is unknown.
mainstay_may_choose() {
    case "${MAINSTAY_POSTGRES:-}" in
        "") return 0 ;;
        maven | packages) return 1 ;;
        *)
            mainstay_say "MAINSTAY_POSTGRES=$MAINSTAY_POSTGRES is unknown; it may be maven or packages, or unset"
            return 2
            ;;
    esac
}

mainstay_choose_maven() {
    mainstay_say "PostgreSQL's packages cannot be installed here: taking its programs from Maven's central repository."
    MAINSTAY_POSTGRES=maven
}

# Fetches the artifact with PostgreSQL's programs and sets MAINSTAY_POSTGRES_JAR.
mainstay_fetch_postgres() {
    local platform version name folder=$PWD/target/postgres
    case $(uname -sm) in
        "Linux x86_64") platform=linux-amd64 ;;
        "Linux aarch64") platform=linux-arm64v8 ;;
        *)
            mainstay_say "There is no artifact with PostgreSQL for $(uname -sm): please install PostgreSQL 12 or newer."
            return 1
            ;;
    esac
    version=$(sed -n 's#.*<postgresql.binaries.version>\(.*\)</postgresql.binaries.version>.*#\1#p' pom.xml)
    name=embedded-postgres-binaries-$platform
    export MAINSTAY_POSTGRES_JAR=$folder/$name-$version.jar
    [ -s "$MAINSTAY_POSTGRES_JAR" ] || mvn -B -ntp -q -N dependency:copy "-Dartifact=io.zonky.test.postgres:$name:$version" \
        "-DoutputDirectory=$folder" >&2 || {
        mainstay_say "The artifact io.zonky.test.postgres:$name:$version could not be fetched: please install PostgreSQL."
        return 1
    }
}

# Why apt-get, whose words are in the file $1, could not install.
mainstay_blame() {
    mainstay_say "apt-get could not install what is missing:"
    grep '^E: ' "$1" | head -n 1 | sed 's/^/  /' >&2
}

# Installs the packages named, PostgreSQL's last: it alone can be replaced.
mainstay_install_all() {
    local log packages=() package optional=
    for package in "$@"; do
        if [ "$package" = postgresql ] && mainstay_may_choose; then optional=$package; else packages+=("$package"); fi
    done
    log=$(mktemp "${TMPDIR:-/tmp}/mainstay-apt-XXXXXX.log") || return 1
    if [ "${#packages[@]}" -gt 0 ] && ! mainstay_install "$log" "${packages[@]}"; then
        mainstay_blame "$log"
        mainstay_say "Is the network or the package mirror out of reach? Mend that and run this again. Everything apt-get said: $log"
        return 1
    fi
    if [ -n "$optional" ] && ! mainstay_install "$log" "$optional"; then
        mainstay_blame "$log"
        mainstay_say "Everything apt-get said: $log"
        mainstay_choose_maven
        return 0
    fi
    rm -f "$log"
    mainstay_say "Installed."
}

mainstay_require() {
    local missing packages
    mainstay_locale
    mainstay_may_choose || [ $? -eq 1 ] || return 2
    missing=$(mainstay_missing "$@" | sort -u) || return $?
    if [ -n "$missing" ]; then
        mainstay_say "Missing on this machine:"
        sed 's/^\([^|]*\)|\(.*\)$/  \2 (Debian package \1)/' <<<"$missing" >&2
        mapfile -t packages < <(cut -d'|' -f1 <<<"$missing" | sort -u)
        if mainstay_is_debian && [ "$(id -u)" -eq 0 ]; then
            mainstay_install_all "${packages[@]}" || return 1
        elif [ "${packages[*]}" = postgresql ] && mainstay_may_choose; then
            mainstay_choose_maven
        else
            mainstay_advise "${packages[@]}"
            return 1
        fi
        missing=$(mainstay_missing "$@" | sort -u)
        if [ -n "$missing" ]; then
            mainstay_say "Still missing, as this release's packages do not bring it:"
            sed 's/^\([^|]*\)|\(.*\)$/  \2/' <<<"$missing" >&2
            mainstay_say "Please install the above by hand and run this again."
            return 1
        fi
    fi
    # In this shell, not in the subshell above: JAVA_HOME shall reach Maven.
    case " $* " in *" build "*) mainstay_find_jdk || return ;; esac
    case " $* " in
        *" run "*) [ "${MAINSTAY_POSTGRES:-}" != maven ] || mainstay_fetch_postgres ;;
    esac
}
