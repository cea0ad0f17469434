#!/bin/bash
# Makes a mirrored volume larger while fio writes a file system on its attachment: the attachment, the loop device and the file
# system follow without an unmount, no request fails; then the engine is killed, the rest is written, both sides are equal.
# WORK, CLASSES, NATIVE as for pair.sh.
set -u
SIZE=96M
GROWN=$((192 << 20))
. "$(dirname "$(readlink -f "$0")")/pair.sh"
trap end_mounted EXIT
file_has() { [ "$(stat -c %s "$WORK/att/volume")" = "$1" ]; }
start_pair || exit 1
mount_volume || exit 1
fio --name=v --directory="$WORK/mnt" --size=32m --rw=randwrite --bs=4k --ioengine=libaio --iodepth=8 --direct=1 --verify=crc32c \
    --verify_fatal=1 --verify_state_save=0 --rate=8m --output="$WORK/fio.out" &
writer=$!
# Storage of A alone: refused by the target, which keeps what it has; then of both.
truncate -s $GROWN "$WORK/a.img"
control A "resize v" | grep -qx $GROWN || { echo "not resized"; exit 1; }
await 60 sh -c "python3 '$here/control' '$WORK/A/control.sock' status | grep -q 'smaller here'" || exit 1
truncate -s $GROWN "$WORK/b.img"
await 60 in_state 1 || exit 1
await 60 file_has $GROWN || { echo "the attachment did not follow"; exit 1; }
losetup -c "$loop" || exit 1
[ "$(blockdev --getsize64 "$loop")" = $GROWN ] || { echo "the loop device did not follow"; exit 1; }
# Needs CAP_SYS_RESOURCE while it is mounted; where tests do not have that, it is done below.
mounted=yes
resize2fs "$loop" >"$WORK/resize2fs.out" 2>&1 || mounted=
[ -n "$mounted" ] || grep -q "Permission denied" "$WORK/resize2fs.out" || { cat "$WORK/resize2fs.out"; exit 1; }
kill_source
wait "$writer" || { cat "$WORK/fio.out"; exit 1; }
writer=
if [ -z "$mounted" ]; then
    umount "$WORK/mnt"
    e2fsck -fp "$loop" >"$WORK/fsck.out" 2>&1 && resize2fs "$loop" >"$WORK/resize2fs.out" 2>&1 && mount "$loop" "$WORK/mnt" \
        || { cat "$WORK/fsck.out" "$WORK/resize2fs.out"; exit 1; }
fi
fio --name=w --directory="$WORK/mnt" --size=110m --rw=write --bs=256k --ioengine=libaio --iodepth=8 --direct=1 --verify=crc32c \
    --verify_fatal=1 --verify_state_save=0 --output="$WORK/rest.out" || { cat "$WORK/rest.out"; exit 1; }
control A "resize v $((96 << 20))" | grep -q "is not made smaller" || { echo "made smaller"; exit 1; }
whole_and_equal || exit 1
echo "the file system grew while it was written, both sides equal"
