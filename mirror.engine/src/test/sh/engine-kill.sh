#!/bin/bash
# Kills the source's engine with -9 again and again while fio writes a file system on the attached mirror, then verifies:
# every request succeeded, every block is what was written, the file system is whole, both sides are equal. Then the same with large
# reads and writes together, more of them than sockets hold: requests must go on being sent while answers come, also after a kill.
# WORK, CLASSES, NATIVE as for pair.sh; KILLS: how many.
set -u
SIZE=256M
. "$(dirname "$(readlink -f "$0")")/pair.sh"
loop=
attach=
fio=
finish() {
    # What still waits for the attachment ends with it.
    if [ -n "$fio" ] && kill -0 "$fio" 2>/dev/null; then
        kill "$attach"
        wait "$fio"
    fi
    mountpoint -q "$WORK/mnt" && umount "$WORK/mnt"
    [ -z "$loop" ] || losetup -d "$loop"
    [ -z "$attach" ] || { kill "$attach" && wait "$attach"; } 2>/dev/null
    end_pair
}
trap finish EXIT
start_pair || exit 1
mkdir -p "$WORK/att" "$WORK/mnt"
"$NATIVE/mainstay-attach" "$WORK/att" "$WORK/A/nbd.sock" v@1 >"$WORK/attach.log" 2>&1 &
attach=$!
await 10 grep -q ready "$WORK/attach.log" || exit 1
loop=$(losetup -f --show --direct-io=on "$WORK/att/volume") || exit 1
mkfs.ext4 -q "$loop" && mount "$loop" "$WORK/mnt" || exit 1
job="--name=v --directory=$WORK/mnt --size=64m --rw=randwrite --bs=4k --ioengine=libaio --iodepth=8 --direct=1 --verify=crc32c --verify_fatal=1"
# shellcheck disable=SC2086
fio $job --verify_state_save=0 --do_verify=0 --fdatasync=64 --rate=6m --write_lat_log="$WORK/lat" --output="$WORK/fio.out" &
fio=$!
for ((i = 0; i < ${KILLS:-3}; i++)); do
    sleep 1.5
    kill -9 "$pid_a"
    engine A "$port_a"
    pid_a=$engine_pid
done
wait $fio || { cat "$WORK/fio.out"; exit 1; }
awk -F, '{ if ($2 > most) most = $2 } END { printf "longest write %.0f ms\n", most / 1e6 }' "$WORK"/lat_clat.1.log
# shellcheck disable=SC2086
fio $job --verify_state_save=0 --verify_only --output="$WORK/verify.out" || { cat "$WORK/verify.out"; exit 1; }
fio --name=m --directory="$WORK/mnt" --size=96m --rw=randrw --bs=256k --ioengine=libaio --iodepth=16 --direct=1 \
    --verify=crc32c --verify_fatal=1 --verify_state_save=0 --time_based --runtime="${MIXED:-6}" --output="$WORK/mixed.out" &
fio=$!
for ((i = 0; i < ${KILLS:-2}; i++)); do
    sleep 1.5
    kill -9 "$pid_a"
    engine A "$port_a"
    pid_a=$engine_pid
done
await 60 ended "$fio" || exit 1
wait $fio || { cat "$WORK/mixed.out"; exit 1; }
grep -q "stalled\|does not read its answers" "$WORK/A.log" && { grep "answers" "$WORK/A.log"; exit 1; }
sed -n 's/^ *\(READ\|WRITE\): .*io=\([^ ]*\).*/large \1 \2/p' "$WORK/mixed.out"
umount "$WORK/mnt"
fsck.ext4 -fn "$loop" >"$WORK/fsck.out" 2>&1 || { cat "$WORK/fsck.out"; exit 1; }
await 60 in_state 1 || exit 1
cmp "$WORK/a.img" "$WORK/b.img" || exit 1
grep -h -E "ERROR|defect" "$WORK"/A.log "$WORK"/B.log && exit 1
echo "no request failed, all verified, both sides equal"
