#!/bin/bash
# PostgreSQL with data checksums on ext4 on the attachment of a synchronous mirror, under pgbench and a client that notes what was
# acknowledged. The source's engine and PostgreSQL are killed with -9 in turn; in the end both at once, and the target takes over by its own
# right: no acknowledged row is missing, balances are equal, pg_amcheck and pg_checksums find nothing, the file system is whole.
# WORK, CLASSES, NATIVE as for pair.sh; KILLS: how many of each.
set -u
SIZE=512M
WINDOW=30000
SETTINGS="CurrencyWindowMs=$WINDOW CurrencyRecordTimeoutMs=$((WINDOW + 1000)) BlockWritesOnNDLGTimeoutReached=0"
. "$(dirname "$(readlink -f "$0")")/pair.sh"
programs=$(dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)")
loop=
attach=
writer=
bench=
data=$WORK/mnt/data
sockets=$WORK/sockets

postgres() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
sql() { postgres "$programs/psql" -h "$sockets" -p 5432 -qAt -v ON_ERROR_STOP=1 -c "$1" postgres; }

attach() { # SERVER EPOCH
    mkdir -p "$WORK/att-$1" "$WORK/mnt"
    "$NATIVE/mainstay-attach" "$WORK/att-$1" "$WORK/$1/nbd.sock" "v@$2" >"$WORK/attach-$1.log" 2>&1 &
    attach=$!
    await 10 grep -q ready "$WORK/attach-$1.log" || return 1
    loop=$(losetup -f --show --direct-io=on "$WORK/att-$1/volume")
}

detach() {
    [ -z "$attach" ] || kill "$attach" 2>/dev/null
    # What waits for the attachment has failed then.
    mountpoint -q "$WORK/mnt" && await 30 umount "$WORK/mnt"
    [ -z "$loop" ] || losetup -d "$loop"
    [ -z "$attach" ] || wait "$attach" 2>/dev/null
    loop=
    attach=
}

ready_or_ended() {
    postgres "$programs/pg_isready" -q -h "$sockets" -p 5432 || ended "$database"
}

database=
start_postgres() { # as a child of this script, which is told when it has ended; again while processes of the last one end
    for ((try = 0; try < 40; try++)); do
        postgres "$programs/postgres" -D "$data" -k "$sockets" -p 5432 -c listen_addresses= -c checkpoint_timeout=30 \
            -c max_wal_size=64MB >>"$sockets/log" 2>&1 &
        database=$!
        await 60 ready_or_ended || return 1
        ended "$database" || return 0
        wait "$database"
        sleep 0.2
    done
    return 1
}

none_lives() {
    local pid
    for pid in $server; do
        # One that has ended and was not asked for does not count.
        case $(ps -o stat= -p "$pid") in "" | Z*) ;; *) return 1 ;; esac
    done
}

server= # the processes of PostgreSQL that were killed
kill_postgres() {
    local head
    head=$(head -1 "$data/postmaster.pid") || return 1
    # It makes no more children from here on.
    kill -STOP "$head" || return 1
    server="$head $(ps -o pid= --ppid "$head" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    kill -9 $server 2>/dev/null
    return 0
}

note() { # what PostgreSQL acknowledged, one number per line
    local i
    for ((i = $1; ; i++)); do
        sql "insert into acked values ($i) returning id" >>"$WORK/acked" 2>>"$WORK/note.log" || sleep 0.1
    done
}

load() { # pgbench, again when PostgreSQL was killed
    while true; do
        postgres "$programs/pgbench" -h "$sockets" -p 5432 -n -c 4 -T 600 postgres >>"$WORK/bench.log" 2>&1
        sleep 0.2
    done
}

end_load() { # the loops and what they started
    for one in $writer $bench; do
        local children
        children=$(ps -o pid= --ppid "$one")
        kill "$one" 2>/dev/null
        # shellcheck disable=SC2086
        [ -z "$children" ] || kill $children 2>/dev/null
        wait "$one" 2>/dev/null
    done
    writer=
    bench=
}

finish() {
    end_load
    [ -f "$data/postmaster.pid" ] && kill_postgres 2>/dev/null
    detach
    end_pair
}
trap finish EXIT

chmod 755 "$WORK"
start_pair || exit 1
control B "set v A $SETTINGS" || control B "set v A CurrencyWindowMs=$WINDOW" || exit 1
attach A 1 || exit 1
mkfs.ext4 -q "$loop" && mount "$loop" "$WORK/mnt" || exit 1
mkdir -p "$data" "$sockets"
chown postgres: "$data" "$sockets"
chmod 700 "$data"
postgres "$programs/initdb" -D "$data" -A trust -k --locale=C -E UTF8 >"$WORK/initdb.log" 2>&1 || { cat "$WORK/initdb.log"; exit 1; }
start_postgres || { cat "$sockets/log"; exit 1; }
sql "create extension amcheck" && sql "create table acked (id bigint primary key, t timestamptz default now())" || exit 1
postgres "$programs/pgbench" -h "$sockets" -p 5432 -i -q -s 3 postgres >"$WORK/init.log" 2>&1 || { cat "$WORK/init.log"; exit 1; }
: >"$WORK/acked"
note 1 &
writer=$!
load &
bench=$!
rows() { [ "$(wc -l <"$WORK/acked")" -ge "$1" ]; }
more() { # some more rows are acknowledged
    await 60 rows $(($(wc -l <"$WORK/acked") + ${ROWS:-10}))
}
for ((i = 0; i < ${KILLS:-3}; i++)); do
    more || exit 1
    kill -9 "$pid_a"
    sleep 0.3
    engine A "$port_a"
    pid_a=$engine_pid
    more || exit 1
    kill_postgres || exit 1
    await 60 none_lives || exit 1
    start_postgres || { tail -30 "$sockets/log"; exit 1; }
done
more || exit 1
await 60 in_state 1 || exit 1
more || exit 1
# The source's machine is lost.
kill -9 "$pid_a"
kill_postgres
end_load
detach
await 60 none_lives || exit 1
noted=$(wc -l <"$WORK/acked")
control B "source v 2 own" || exit 1
attach B 2 || exit 1
mount "$loop" "$WORK/mnt" || exit 1
start_postgres || { tail -30 "$sockets/log"; exit 1; }
sql "select id from acked order by id" >"$WORK/found" || exit 1
missing=$(sort -u "$WORK/acked" | comm -23 - <(sort -u "$WORK/found") | head -5 | tr '\n' ' ')
[ -z "$missing" ] || { echo "acknowledged rows are missing: $missing"; exit 1; }
balance=$(sql "select (select sum(abalance) from pgbench_accounts) = (select coalesce(sum(delta), 0) from pgbench_history)
    and (select sum(bbalance) from pgbench_branches) = (select coalesce(sum(delta), 0) from pgbench_history)
    and (select sum(tbalance) from pgbench_tellers) = (select coalesce(sum(delta), 0) from pgbench_history)")
[ "$balance" = t ] || { echo "balances differ"; exit 1; }
transactions=$(sql "select count(*) from pgbench_history")
[ "$transactions" -gt 0 ] || { echo "pgbench did nothing"; exit 1; }
postgres "$programs/pg_amcheck" -h "$sockets" -p 5432 --heapallindexed --parent-check postgres || exit 1
postgres "$programs/pg_ctl" -D "$data" -s -w stop || exit 1
postgres "$programs/pg_checksums" --check -D "$data" | grep -E "Bad checksums: *0" || exit 1
umount "$WORK/mnt"
fsck.ext4 -fn "$loop" >"$WORK/fsck.out" 2>&1 || { cat "$WORK/fsck.out"; exit 1; }
echo "$noted rows acknowledged, all found; $transactions transactions of pgbench, nothing damaged"
