# Keeps a temporary database server for as long as its owner lives.
# The owner holds the other end of standard input, so end of file means that it is gone, however
# it went, or wants the end. So that nothing can keep this shell from seeing that, it only reads,
# and has a worker do what is asked for: one thing at a time, since the owner waits for each answer.
# Everything is in the folder $1; $2 is the folder of the server's programs, $3 that of its files.
# Each request, one line on standard input, is answered by one line on standard output; so is the
# start itself. Lines before it say what is being done.
# An engine's file, which comes before this one, has what is different: create, serve, is_ready,
# standby.

folder=$1
bin=$2
share=$3
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

# Becomes the server of the folder $1, whose command line follows.
become() {
    server=$1
    shift
    exec /bin/sh -c "$noted" "$server.server" "$@"
}

# Runs the server of the folder $1, and waits until it takes clients.
start() {
    rm -f "$1.server" "$1.ended" "$1.log"
    {
        serve "$1" </dev/null >>"$log" 2>&1 &
        wait $!
        : >"$1.ended"
    } </dev/null >/dev/null 2>&1 &
    until is_ready "$1"; do
        if [ -e "$1.ended" ]; then
            [ -e "$1.log" ] && cat "$1.log" >>"$log"
            return 1
        fi
        sleep 0.02
    done
}

# Ends the server of the folder $1 at once, which leaves a recovery to the next start. One that does
# not listen for some five seconds is killed.
stop() {
    [ -s "$1.server" ] || return 0
    left=250
    until [ -e "$1.ended" ]; do
        [ $left -eq 250 ] && kill "-$crash_signal" "$(cat "$1.server")"
        [ $left -eq 0 ] && kill -KILL "$(cat "$1.server")"
        [ $left -le -250 ] && return
        left=$((left - 1))
        sleep 0.02
    done
}

crash() {
    doing "$name's immediate shutdown"
    stop primary
}

recover() {
    doing "$name's recovery"
    start primary || fail
}

work() {
    [ -z "$worker" ] || wait "$worker"
    : >working
    { "$@" && answer ready; } &
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
    # shellcheck disable=SC2086 # a word, and for some requests a number
    work $request
done
