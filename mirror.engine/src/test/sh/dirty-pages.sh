#!/bin/bash
# Fills memory with dirty pages of a mirrored volume: fio rewrites a file of ext4 on the attached volume through the page cache, as fast as
# it may, first freely (as much as the kernel lets be dirty), then in a control group with a memory limit. Beside it a probe writes and
# fsyncs a small record all the time, and a reader reads blocks past the cache; both measure the longest time that one took.
# WORK, CLASSES, NATIVE as for pair.sh; SECONDS_EACH of a part; LIMIT: longest stall allowed, in ms; MEMORY: limit of the group;
# PARTS: free limited, and plain: free, on a loop device without Mainstay, to compare with. TYPE: sync or async.
set -u
FLUSHER=yes # engines as the guard starts them
DIRTY=${DIRTY:-1024} # MiB that are rewritten; beyond: more than the kernel lets be dirty, so that it slows down who writes
[ "$DIRTY" != beyond ] || DIRTY=$(awk '/^nr_dirty_threshold / { print int($2 / 256 * 1.2) }' /proc/vmstat)
SIZE=$((DIRTY + 320))M
. "$(dirname "$(readlink -f "$0")")/pair.sh"
each=${SECONDS_EACH:-20}
loop=
attach=
group=
running=()
finish() {
    # What still waits for the attachment ends with it.
    if [ ${#running[@]} -gt 0 ]; then
        kill "${running[@]}" 2>/dev/null
        [ -z "$attach" ] || await 10 all_ended || kill "$attach"
        wait "${running[@]}" 2>/dev/null
    fi
    mountpoint -q "$WORK/mnt" && umount "$WORK/mnt"
    [ -z "$loop" ] || losetup -d "$loop"
    [ -z "$attach" ] || { kill "$attach" && wait "$attach"; } 2>/dev/null
    [ -z "$group" ] || rmdir "$group"
    [ -z "${pid_a:-}" ] || end_pair
}
trap finish EXIT

all_ended() {
    for one in "${running[@]}"; do
        ended "$one" || return 1
    done
}

# Makes a control group with a memory limit; its folder in $group. In version 2 if the controller is there, else in version 1.
limited_group() {
    local at
    for at in /sys/fs/cgroup /sys/fs/cgroup/unified; do
        if grep -qsw memory "$at/cgroup.controllers"; then
            echo +memory >"$at/cgroup.subtree_control" && group=$at/mainstay-dirty-$$ && mkdir "$group" &&
                echo "$1" >"$group/memory.max" && echo "memory limit $1 by cgroup v2" && return
        fi
    done
    group=/sys/fs/cgroup/memory/mainstay-dirty-$$
    mkdir "$group" && echo "$1" >"$group/memory.limit_in_bytes" && echo "memory limit $1 by cgroup v1"
}

alive() { # whatever serves the volume must be there
    local one
    for one in "$pid_a" "$pid_b" "$attach"; do
        kill -0 "$one" 2>/dev/null || { echo "process $one has ended"; return 1; }
    done
    in_state 1 || { echo "the mirror is not in step any more"; cat "$WORK/A.log"; return 1; }
    [ "$(grep -c "in step after" "$WORK/A.log")" = 1 ] || { echo "the mirror was out of step"; return 1; }
}

part() { # NAME GROUP: writes for the time; tells the longest stalls; fails when one is longer than LIMIT
    local name=$1 group=$2 end status=0 dirty=0 now
    # shellcheck disable=SC2016
    sh -c '[ -z "$1" ] || echo $$ >"$1/cgroup.procs" || exit 1; shift; exec "$@"' limited "$group" \
        fio --directory="$WORK/mnt" --filename=big --size="${DIRTY}m" --ioengine=psync --fallocate=none --overwrite=1 --time_based \
        --runtime="$each" --randrepeat=0 --output-format=json --output="$WORK/$name.json" \
        --name=sequential --rw=write --bs=1m --name=random --rw=randwrite --bs=16k &
    local writer=$!
    python3 "$here/stalls" write "$WORK/mnt/record" >"$WORK/$name.write" &
    local probe=$!
    python3 "$here/stalls" read "$WORK/mnt/cold" >"$WORK/$name.read" &
    local reader=$!
    running=("$writer" "$probe" "$reader")
    end=$((SECONDS + each + 240))
    until ended "$writer"; do
        if [ "$name" != plain ] && ! alive; then
            return 1
        fi
        [ $SECONDS -lt $end ] || { echo "the writer does not end"; return 1; }
        now=$(awk '/^Dirty:/ { print int($2 / 1024) }' /proc/meminfo)
        [ "$now" -le "$dirty" ] || dirty=$now
        sleep 0.5
    done
    kill -INT "$probe" "$reader"
    await 120 all_ended || return 1
    wait "$writer" || { cat "$WORK/$name.json"; return 1; }
    wait "$probe" || status=1
    wait "$reader" || status=1
    running=()
    python3 "$here/stalls" tell "$name" "$dirty" "$WORK/$name" "${LIMIT:-5000}" || status=1
    return $status
}

mkdir -p "$WORK/att" "$WORK/mnt"
use() { # FILE: mounts a file system on it
    loop=$(losetup -f --show --direct-io=on "$1") && mkfs.ext4 -q "$loop" && mount "$loop" "$WORK/mnt" &&
        dd if=/dev/urandom of="$WORK/mnt/cold" bs=1M count=64 conv=fsync status=none
}

parts=" ${PARTS:-free limited} "
if [[ $parts == *" plain "* ]]; then
    truncate -s "$SIZE" "$WORK/plain.img"
    use "$WORK/plain.img" && part plain "" || exit 1
    umount "$WORK/mnt" && losetup -d "$loop" && rm "$WORK/plain.img" || exit 1
    loop=
fi
start_pair || exit 1
"$NATIVE/mainstay-attach" "$WORK/att" "$WORK/A/nbd.sock" v@1 >"$WORK/attach.log" 2>&1 &
attach=$!
await 10 grep -q ready "$WORK/attach.log" || exit 1
use "$WORK/att/volume" || exit 1
if [[ $parts == *" free "* ]]; then
    part free "" || exit 1
fi
if [[ $parts == *" limited "* ]]; then
    limited_group "${MEMORY:-96M}" || exit 1
    part limited "$group" || exit 1
    rmdir "$group" && group=
fi
umount "$WORK/mnt" || exit 1
alive || exit 1
fsck.ext4 -fn "$loop" >"$WORK/fsck.out" 2>&1 || { cat "$WORK/fsck.out"; exit 1; }
cmp "$WORK/a.img" "$WORK/b.img" || exit 1
grep -h -E "ERROR|defect" "$WORK"/A.log "$WORK"/B.log && exit 1
echo "no stall over the limit, in step all the time, both sides equal"
