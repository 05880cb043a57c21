# What is MariaDB's in keeper.sh.

name=MariaDB
# MariaDB has no signal for an immediate shutdown.
crash_signal=KILL

# Where the server is unpacked rather than installed, its libraries may be beside it alone.
for libraries in "$2"/../lib/*-linux-gnu "$2"/../../lib/*-linux-gnu; do
    [ -d "$libraries" ] && LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries
done
export LD_LIBRARY_PATH

# The system tables alone, without the users that MariaDB's own installation makes. Each name is
# on a separate line, as the bootstrap reads them.
create() {
    mkdir s t primary
    {
        echo "CREATE DATABASE mysql;"
        echo "USE mysql;"
        cat "$share/mysql_system_tables.sql" "$share/mysql_performance_tables.sql"
        echo "FLUSH PRIVILEGES;"
        echo "CREATE USER rdsadmin@localhost;"
        echo "GRANT ALL ON *.* TO rdsadmin@localhost WITH GRANT OPTION;"
    } >bootstrap.sql
    doing "MariaDB's bootstrap"
    mariadbd bootstrap primary --bootstrap --skip-log-bin || fail
    doing "the start of MariaDB"
    start primary || fail
}

# The command line that follows, reading the system tables.
bootstrap() {
    run /bin/sh -c 'exec "$@" <bootstrap.sql' sh "$@"
}

# $1, with the command line of MariaDB's server for the data of the folder $2. The log of InnoDB is
# small, and what is written does not wait for the disk: what crashes here is a process, not the
# machine.
mariadbd() {
    start=$1
    data=$2
    shift 2
    $start "$bin/mariadbd" --no-defaults --datadir="$folder/$data" --tmpdir="$folder/t" \
        --lc-messages-dir="$share" --character-sets-dir="$share/charsets" \
        --innodb-log-file-size=4M --innodb-buffer-pool-size=16M \
        --innodb-flush-log-at-trx-commit=2 --max-connections=1200 \
        --default-time-zone=+00:00 "$@"
}

# The server of the folder $1. It works in that folder, from which the sockets have short paths, as
# they must.
serve() {
    server=$1
    set -- --skip-networking
    if [ "$server" = standby ]; then
        set -- "$@" --server-id=2 --read-only --init-file=../standby.sql
    elif [ -e port ]; then
        set -- --bind-address=127.0.0.1 --port="$(cat port)" --skip-name-resolve \
            --log-bin=binlog --server-id=1 --init-file=../primary.sql
    fi
    mariadbd "become $server" "$server" --socket="../s/$server.sock" --log-error="$folder/$server.log" "$@"
}

is_ready() {
    grep -q 'ready for connections' "$1.log" 2>/dev/null
}

# A replica, which reaches the primary by TCP on port $1, the only way that MariaDB has, with a
# password that is in no other place. The primary starts again for it.
standby() {
    echo "$1" >port
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    cat >primary.sql <<SQL
CREATE OR REPLACE USER rdsrepladmin@'127.0.0.1' IDENTIFIED BY '$password';
GRANT REPLICATION SLAVE ON *.* TO rdsrepladmin@'127.0.0.1';
SQL
    # A statement of an init file is one line.
    {
        echo "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$1," \
            "MASTER_USER='rdsrepladmin', MASTER_PASSWORD='$password'," \
            "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;"
        echo "START SLAVE;"
    } >standby.sql
    doing "the copy for the standby"
    stop primary
    run cp -R primary standby || fail
    doing "the start of MariaDB for replication"
    start primary || fail
    doing "the start of the standby"
    start standby || fail
}
