# What is PostgreSQL's in keeper.sh.

name=PostgreSQL
# The immediate shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
crash_signal=QUIT

create() {
    mkdir s
    doing "PostgreSQL's initdb"
    run "$bin/initdb" -D primary -U postgres -A trust -E UTF8 --locale=C --no-sync || fail
    # The socket folder is relative to the data folder: paths of sockets may not be long.
    # Commits are written before they are answered, though not to the disk: what crashes here is a
    # process, not the machine.
    # UTC, as at RDS: clients compare the time zone that they are greeted with, so that of this
    # machine would make some of them set another, which pins.
    cat >>primary/postgresql.conf <<CONF
listen_addresses = ''
unix_socket_directories = '../s'
max_connections = 1200
shared_buffers = 32MB
fsync = off
full_page_writes = off
timezone = 'UTC'
CONF
    doing "the start of PostgreSQL"
    start primary || fail
}

# The server of the folder $1; its port is in the name of its socket.
serve() {
    case $1 in
        primary) become "$1" "$bin/postgres" -D "$1" -p 5432 ;;
        *) become "$1" "$bin/postgres" -D "$1" -p 5433 ;;
    esac
}

# It says so in its postmaster.pid, which is where pg_ctl looks too.
is_ready() {
    grep -q '^ready' "$1/postmaster.pid" 2>/dev/null
}

standby() {
    doing "the standby's pg_basebackup"
    run "$bin/pg_basebackup" -D standby -R -X stream -c fast --no-sync -h "$folder/s" -p 5432 \
        -U postgres || fail
    doing "the start of the standby"
    start standby || fail
}
