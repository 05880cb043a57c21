# Keeps a temporary PostgreSQL cluster for as long as its owner lives.
# The owner holds the other end of standard input, so end of file means that it is gone, however
# it went, or wants the end. So that nothing can keep this shell from seeing that, it only reads,
# and has a worker do what is asked for: one thing at a time, since the owner waits for each answer.
# Everything is in the folder $1; $2 is the folder of PostgreSQL's programs.
# Each request, one line on standard input, is answered by one line on standard output; so is the
# start itself. Lines before it say what is being done.

folder=$1
bin=$2
log=$folder/log
worker=

doing() {
    echo "doing $1"
}

# For a worker: it has nothing to do any more, and says so.
answer() {
    rm working
    echo "$1"
    exit
}

fail() {
    answer failed
}

# What becomes the program after its first argument, a file, has its number: the program itself may
# ignore the signals by which anything else here ends.
noted='echo $$ >"$0" && exec "$@"'

# Runs a program to its end; until then its process is in a file.
run() {
    /bin/sh -c "$noted" program "$@" </dev/null >>"$log" 2>&1 &
    wait $!
    status=$?
    rm program
    return $status
}

# Runs a server of the cluster in the folder $1, on port $2, and waits until it takes clients. It
# says so in its postmaster.pid, which is where pg_ctl looks too.
start() {
    rm -f "$1.server" "$1.ended"
    {
        /bin/sh -c "$noted" "$1.server" "$bin/postgres" -D "$1" -p "$2" </dev/null >>"$log" 2>&1 &
        wait $!
        : >"$1.ended"
    } </dev/null >/dev/null 2>&1 &
    until grep -q '^ready' "$1/postmaster.pid" 2>/dev/null; do
        [ -e "$1.ended" ] && return 1
        sleep 0.02
    done
}

# Ends the server of the folder $1. QUIT is the immediate shutdown, which leaves a recovery to the
# next start; a server that does not listen for some five seconds is killed.
stop() {
    [ -s "$1.server" ] || return 0
    left=250
    until [ -e "$1.ended" ]; do
        [ $left -eq 250 ] && kill -QUIT "$(cat "$1.server")"
        [ $left -eq 0 ] && kill -KILL "$(cat "$1.server")"
        [ $left -le -250 ] && return
        left=$((left - 1))
        sleep 0.02
    done
}

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
    start primary 5432 || fail
}

standby() {
    doing "the standby's pg_basebackup"
    run "$bin/pg_basebackup" -D standby -R -X stream -c fast --no-sync -h "$folder/s" -p 5432 \
        -U postgres || fail
    doing "the start of the standby"
    start standby 5433 || fail
}

crash() {
    doing "PostgreSQL's immediate shutdown"
    stop primary
}

recover() {
    doing "PostgreSQL's recovery"
    start primary 5432 || fail
}

work() {
    [ -z "$worker" ] || wait "$worker"
    : >working
    { "$1" && answer ready; } &
    worker=$!
}

# Ends the program whose number is in the file $1.
end() {
    [ -s "$1" ] && kill -KILL "$(cat "$1")"
}

clean() {
    trap '' HUP INT TERM PIPE
    # One that has nothing to do any more may be gone, and its number may be another's.
    [ -e working ] && kill -KILL "$worker"
    end program
    rm -f program
    stop standby
    stop primary
    # What those have begun themselves is in this process group, and what was about to become one of
    # them. What has become one since it was looked for has its number in the file by now.
    kill -TERM 0
    end program
    for server in standby primary; do
        [ -e $server.ended ] || end $server.server
    done
    cd /
    left=250
    # Until no process is left that writes to it.
    until rm -rf "$folder" || [ -z "$(ls -A "$folder")" ] || [ $left -eq 0 ]; do
        left=$((left - 1))
        sleep 0.02
    done
}

umask 077
cd "$folder" || exit 1
exec 2>>"$log"
trap clean EXIT
# PIPE too: the owner may be gone before it hears that all is ready.
trap 'exit 1' HUP INT TERM PIPE
work create
while read -r request; do
    work "$request"
done
