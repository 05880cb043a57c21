# Keeps a temporary PostgreSQL cluster for as long as its owner lives.
# The owner holds the other end of standard input, so end of file means that it is gone, however
# it went. Everything is in the folder $1; $2 is the folder of PostgreSQL's programs.
# Each request, one line on standard input, is answered by one line on standard output; so is the
# start itself.

folder=$1
bin=$2
log=$folder/log

# Runs the cluster in the folder $1 as a child, on port $2, and waits until it takes clients. It
# says so in its postmaster.pid, which is where pg_ctl looks too.
start() {
    rm -f "$1.ended"
    {
        "$bin/postgres" -D "$1" -p "$2" </dev/null >>"$log" 2>&1
        : >"$1.ended"
    } &
    until grep -q '^ready' "$1/postmaster.pid" 2>/dev/null; do
        [ -e "$1.ended" ] && return 1
        sleep 0.02
    done
}

clean() {
    for node in standby primary; do
        [ -f "$node/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$node/postmaster.pid")"
    done
    wait
    cd /
    rm -rf "$folder"
}

fail() {
    echo "failed: $1"
    tail -n 5 "$log" >&2
    exit 1
}

cd "$folder" || exit 1
trap clean EXIT
# PIPE too: the owner may be gone before it hears that all is ready.
trap 'exit 1' HUP INT TERM PIPE
umask 077
mkdir "$folder/s"
"$bin/initdb" -D primary -U postgres -A trust -E UTF8 --locale=C --no-sync \
    </dev/null >>"$log" 2>&1 || fail initdb
# The socket folder is relative to the data folder: paths of sockets may not be long.
# Commits are written before they are answered, though not to the disk: what crashes here is a
# process, not the machine.
cat >>primary/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '../s'
max_connections = 1200
shared_buffers = 32MB
fsync = off
full_page_writes = off
CONF
start primary 5432 || fail "the start of PostgreSQL"
primary=$!
echo ready

while read -r request; do
    case $request in
    standby)
        "$bin/pg_basebackup" -D standby -R -X stream -c fast --no-sync -h "$folder/s" -p 5432 \
            -U postgres </dev/null >>"$log" 2>&1 || fail pg_basebackup
        start standby 5433 || fail "the start of the standby"
        echo ready
        ;;
    # QUIT is the immediate shutdown, which leaves a recovery to the next start.
    crash)
        kill -QUIT "$(head -n 1 primary/postmaster.pid)"
        wait "$primary"
        echo ready
        ;;
    recover)
        start primary 5432 || fail "the recovery of PostgreSQL"
        primary=$!
        echo ready
        ;;
    esac
done
