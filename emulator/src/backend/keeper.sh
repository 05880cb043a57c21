# Keeps a temporary PostgreSQL cluster for as long as its owner lives.
# The owner holds the other end of standard input, so end of file means that it is gone, however
# it went. Everything is in the folder $1; $2 is the folder of PostgreSQL's programs.
# Each request, one line on standard input, is answered by one line on standard output; so is the
# start itself.

folder=$1
bin=$2
log=$folder/log

clean() {
    cd /
    for node in standby primary; do
        [ -f "$folder/$node/postmaster.pid" ] &&
            "$bin/pg_ctl" -D "$folder/$node" -m immediate -w -s stop </dev/null >/dev/null 2>&1
    done
    rm -rf "$folder"
}

fail() {
    echo "failed: $1"
    tail -n 5 "$log" >&2
    clean
    exit 1
}

start() {
    "$bin/pg_ctl" -D "$1" -l "$log" -o "-p $2" -w -s start </dev/null >>"$log" 2>&1
}

cd "$folder" || exit 1
umask 077
mkdir "$folder/s"
"$bin/initdb" -D primary -U postgres -A trust -E UTF8 --locale=C --no-sync \
    </dev/null >>"$log" 2>&1 || fail initdb
# The socket folder is relative to the data folder: paths of sockets may not be long.
cat >>primary/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '../s'
max_connections = 400
shared_buffers = 32MB
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
start primary 5432 || fail "the start of PostgreSQL"
echo ready

while read -r request; do
    case $request in
    standby)
        "$bin/pg_basebackup" -D standby -R -X stream -c fast --no-sync -h "$folder/s" -p 5432 \
            -U postgres </dev/null >>"$log" 2>&1 || fail pg_basebackup
        start standby 5433 || fail "the start of the standby"
        echo ready
        ;;
    esac
done
clean
