#!/bin/bash
# Kills the source's engine with -9 again and again while fio writes a file system on the attached mirror, then verifies:
# every request succeeded, every block is what was written, the file system is whole, both sides are equal. Then the same with large
# reads and writes together, more of them than sockets hold: requests must go on being sent while answers come, also after a kill.
# WORK, CLASSES, NATIVE as for pair.sh; KILLS: how many.
set -u
SIZE=256M
. "$(dirname "$(readlink -f "$0")")/pair.sh"
trap end_mounted EXIT
start_pair || exit 1
mount_volume || exit 1
job="--name=v --directory=$WORK/mnt --size=64m --rw=randwrite --bs=4k --ioengine=libaio --iodepth=8 --direct=1 --verify=crc32c --verify_fatal=1"
# shellcheck disable=SC2086
fio $job --verify_state_save=0 --do_verify=0 --fdatasync=64 --rate=6m --write_lat_log="$WORK/lat" --output="$WORK/fio.out" &
writer=$!
for ((i = 0; i < ${KILLS:-3}; i++)); do
    sleep 1.5
    kill_source
done
wait "$writer" || { cat "$WORK/fio.out"; exit 1; }
awk -F, '{ if ($2 > most) most = $2 } END { printf "longest write %.0f ms\n", most / 1e6 }' "$WORK"/lat_clat.1.log
# shellcheck disable=SC2086
fio $job --verify_state_save=0 --verify_only --output="$WORK/verify.out" || { cat "$WORK/verify.out"; exit 1; }
fio --name=m --directory="$WORK/mnt" --size=96m --rw=randrw --bs=256k --ioengine=libaio --iodepth=16 --direct=1 \
    --verify=crc32c --verify_fatal=1 --verify_state_save=0 --time_based --runtime="${MIXED:-6}" --output="$WORK/mixed.out" &
writer=$!
for ((i = 0; i < ${KILLS:-2}; i++)); do
    sleep 1.5
    kill_source
done
await 60 ended "$writer" || exit 1
wait "$writer" || { cat "$WORK/mixed.out"; exit 1; }
grep -q "stalled\|does not read its answers" "$WORK/A.log" && { grep "answers" "$WORK/A.log"; exit 1; }
sed -n 's/^ *\(READ\|WRITE\): .*io=\([^ ]*\).*/large \1 \2/p' "$WORK/mixed.out"
whole_and_equal || exit 1
echo "no request failed, all verified, both sides equal"
