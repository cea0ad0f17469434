#!/bin/sh
# Stands in for sg_persist: persistent reservation of type 5 kept in files beside the device, with the tool's output and
# the exit code of a reservation conflict (24).
direction=$1
shift
for argument in "$@"; do
    case $argument in
        --param-rk=*) rk=0x${argument#*=} ;;
        --param-sark=*) sark=0x${argument#*=} ;;
        --prout-type=* | --param-aptpl) ;;
        --*) service=$argument ;;
        *) device=$argument ;;
    esac
done
keys=$device.keys
holder=$device.holder
touch "$keys"
if [ -e "$device.unsupported" ]; then
    echo "PR in: command not supported" >&2
    exit 9
fi
if [ -e "$device.attention" ]; then
    rm "$device.attention"
    echo "PR: unit attention" >&2
    exit 6
fi
if [ -e "$device.fail$service" ]; then
    echo "something went wrong" >&2
    exit "$(cat "$device.fail$service")"
fi
registered() {
    grep -qx "$1" "$keys"
}
drop() {
    grep -vx "$1" "$keys" >"$keys.new"
    mv "$keys.new" "$keys"
}
conflict() {
    echo "persistent reserve out: scsi status: Reservation Conflict" >&2
    exit 24
}
case $direction$service in
    --in--report-capabilities)
        echo "Report capabilities response:"
        if [ -e "$device.types" ]; then cat "$device.types"; fi
        ;;
    --in--read-keys)
        echo "  PR generation=0x1, registered reservation keys follow:"
        sed 's/^/    /' "$keys"
        ;;
    --in--read-reservation)
        if [ -e "$holder" ]; then
            echo "  PR generation=0x1, Reservation follows:"
            echo "    Key=$(cat "$holder")"
            echo "    scope: LU_SCOPE,  type: Write Exclusive, registrants only"
        else
            echo "  PR generation=0x1, there is NO reservation held"
        fi
        ;;
    --out--register-ignore) registered "$sark" || echo "$sark" >>"$keys" ;;
    --out--register)
        registered "$rk" || conflict
        drop "$rk"
        [ "$(cat "$holder" 2>/dev/null)" = "$rk" ] && rm "$holder"
        [ "$sark" = 0x0 ] || echo "$sark" >>"$keys"
        ;;
    --out--reserve)
        registered "$rk" || conflict
        if [ -e "$holder" ] && [ "$(cat "$holder")" != "$rk" ]; then
            conflict
        fi
        echo "$rk" >"$holder"
        ;;
    --out--release)
        registered "$rk" || conflict
        if [ "$(cat "$holder" 2>/dev/null)" = "$rk" ]; then
            rm "$holder"
        fi
        ;;
    --out--preempt | --out--preempt-abort)
        registered "$rk" || conflict
        drop "$sark"
        if [ "$(cat "$holder" 2>/dev/null)" = "$sark" ]; then
            echo "$rk" >"$holder"
        fi
        ;;
    *)
        echo "unexpected: $direction $service" >&2
        exit 1
        ;;
esac
exit 0
