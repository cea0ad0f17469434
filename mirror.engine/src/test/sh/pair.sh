# shellcheck shell=bash
# Two engines on this machine, A source and B target of volume v. Sourced; needs WORK (an empty folder), CLASSES (class path) and
# NATIVE (folder of the native programs). TYPE: sync or async; SIZE; SETTINGS: of the mirror; PORT_A, PORT_B: free ones otherwise.
# FLUSHER=yes: engines as the guard starts them, not made to wait for the memory that they clean.
# Ends what it started in end_pair; what mount_volume started in end_mounted, and what runs on it.
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

free_port() { # one nobody listens on, and which the kernel gives to no client while an engine is down for a moment
    python3 - <<'PORT'
import random, socket
while True:
    port = random.randrange(10000, 32000)
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break
PORT
}

port_a=${PORT_A:-$(free_port)}
port_b=${PORT_B:-$(free_port)}

engine() { # NAME PORT: starts an engine, its pid in $engine_pid
    ${FLUSHER:+"$NATIVE/mainstay-attach" --} \
        java -Xms64m -Xmx512m -Xmn21m -Xss512k -XX:+UseSerialGC -XX:MaxDirectMemorySize=1344m ${FLUSHER:+-XX:+AlwaysPreTouch} \
        -Dmainstay.mirror.native="$NATIVE" \
        -cp "$CLASSES" org.mainstay.mirror.engine.MirrorEngineMain run "$WORK/$1" "$1" "127.0.0.1:$2" >>"$WORK/$1.log" 2>&1 &
    engine_pid=$!
}

control() { # NAME LINE...
    local name=$1
    shift
    python3 "$here/control" "$WORK/$name/control.sock" "$@"
}

await() { # SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "not within the time: $*" >&2
            return 1
        fi
        sleep 0.02
    done
}

ended() { ! kill -0 "$1" 2>/dev/null; } # PID: says whether a child has ended

in_state() { control A status | grep "\"state\":$1," >/dev/null; } # grep -q would end before all is written

start_pair() {
    mkdir -p "$WORK/A" "$WORK/B"
    truncate -s "${SIZE:-256M}" "$WORK/a.img" "$WORK/b.img"
    engine A "$port_a"
    pid_a=$engine_pid
    engine B "$port_b"
    pid_b=$engine_pid
    await 60 control A status
    await 60 control B status
    control B "create v $WORK/b.img $WORK/B" "mirror v A 127.0.0.1:$port_a ${TYPE:-sync}" "target v 1 A"
    # shellcheck disable=SC2086
    control A "create v $WORK/a.img $WORK/A" "mirror v B 127.0.0.1:$port_b ${TYPE:-sync}${SETTINGS:+ $SETTINGS}" "source v 1"
    await 120 in_state 1
}

end_pair() {
    kill "$pid_a" "$pid_b" 2>/dev/null
    wait "$pid_a" "$pid_b" 2>/dev/null
    return 0
}

loop=
attach=
writer= # who writes on the mounted volume

mount_volume() { # attaches volume v of A, with a file system in $WORK/mnt
    mkdir -p "$WORK/att" "$WORK/mnt"
    "$NATIVE/mainstay-attach" "$WORK/att" "$WORK/A/nbd.sock" v@1 >"$WORK/attach.log" 2>&1 &
    attach=$!
    await 60 grep -q ready "$WORK/attach.log" || return 1
    loop=$(losetup -f --show --direct-io=on "$WORK/att/volume") || return 1
    mkfs.ext4 -q "$loop" && mount "$loop" "$WORK/mnt"
}

end_mounted() {
    # What still waits for the attachment ends with it.
    if [ -n "$writer" ] && kill -0 "$writer" 2>/dev/null; then
        kill "$attach"
        wait "$writer"
    fi
    mountpoint -q "$WORK/mnt" && umount "$WORK/mnt"
    [ -z "$loop" ] || losetup -d "$loop"
    [ -z "$attach" ] || { kill "$attach" && wait "$attach"; } 2>/dev/null
    end_pair
}

kill_source() { # and starts it again
    kill -9 "$pid_a"
    engine A "$port_a"
    pid_a=$engine_pid
}

whole_and_equal() { # the file system, which is unmounted, and both sides
    umount "$WORK/mnt"
    fsck.ext4 -fn "$loop" >"$WORK/fsck.out" 2>&1 || { cat "$WORK/fsck.out"; return 1; }
    await 60 in_state 1 || return 1
    cmp "$WORK/a.img" "$WORK/b.img" || return 1
    ! grep -h -E "ERROR|defect" "$WORK"/A.log "$WORK"/B.log
}
