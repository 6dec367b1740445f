#!/usr/bin/env bash
# A private PostgreSQL server for tests. Its data lies in a new folder in memory, where there is room, or below /tmp: the
# path of a socket must be short. FOLDER tells where, how to connect, and what the server logged.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: postgres.sh start|stop|restart|kill|url FOLDER

  start    makes a server and starts it, unless one runs already; writes FOLDER/url, the address of its database
           "postgres" for the role "chitragupt" (no superuser, may create databases), with a password in need of escapes
  stop     stops the server and removes its data; keeps FOLDER/log. Fine without one
  restart  stops the server at once and starts it again with the same data
  kill     stops the server at once and leaves its data for "start"
  url      says what is in FOLDER/url

CG_TEST_POSTGRES_PORT: start listens on that port of 127.0.0.1, too.
CG_TEST_POSTGRES_OPTIONS: more options of the server, such as "-c shared_buffers=1GB".
TMPDIR: the data lies there, and not in memory.
TEXT
}

if (($# != 2)); then
    usage >&2
    exit 2
fi
mkdir -p "$2"
folder=$(cd "$2" && pwd)

programs=
for candidate in /usr/lib/postgresql/*/bin; do
    if [[ -x $candidate/initdb ]]; then
        programs=$candidate
    fi
done
if [[ -z $programs ]]; then
    echo "postgres.sh: there is no PostgreSQL server in /usr/lib/postgresql; on Debian install the package postgresql" >&2
    exit 1
fi

# The server refuses to run as root.
as_owner() {
    if ((EUID == 0)); then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/ "$@")
    else
        "$@"
    fi
}

cluster() {
    cat "$folder/cluster" 2>/dev/null || true
}

runs() {
    local data
    data=$(cluster)
    [[ -n $data && -d $data/data ]] && as_owner "$programs/pg_ctl" --silent --pgdata="$data/data" status >/dev/null
}

launch() {
    local data=$1 options="-c listen_addresses='' -k $1"
    if [[ -n ${CG_TEST_POSTGRES_PORT:-} ]]; then
        options="-c listen_addresses=127.0.0.1 -c port=$CG_TEST_POSTGRES_PORT -k $1"
    fi
    as_owner "$programs/pg_ctl" --silent --wait --timeout=60 --pgdata="$data/data" --log="$data/log" \
        --options="$options ${CG_TEST_POSTGRES_OPTIONS:-}" start </dev/null >"$folder/start" 2>&1 9>&- || {
        cat "$folder/start" "$data/log" >&2
        exit 1
    }
}

halt() {
    local data
    data=$(cluster)
    if runs; then
        as_owner "$programs/pg_ctl" --silent --wait --timeout=60 --mode=immediate --pgdata="$data/data" stop \
            </dev/null >/dev/null 2>&1 9>&-
    fi
}

# Most tests make a database, which is some 300 files, and throw it away again: on a disk that takes several times as long
# as in memory. A container's /dev/shm may be small, and what lies there is memory that programs do not have.
place() {
    local room free
    room=$(df --output=avail --block-size=1M /dev/shm 2>/dev/null | tail -n 1) || room=0
    free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null) || free=0
    if [[ -n ${TMPDIR:-} ]]; then
        echo "$TMPDIR"
    elif [[ -w /dev/shm && $(stat --file-system --format=%T /dev/shm) == tmpfs ]] &&
        ((${room:-0} >= 4096 && ${free:-0} >= 8192)); then
        echo /dev/shm
    else
        echo /tmp
    fi
}

# What a test would find on the servers of others is there on purpose: an order of texts and a time zone that are not
# the program's own.
make() {
    local data
    data=$(mktemp -d "$(place)/cg-pg-XXXXXX")
    echo "$data" >"$folder/cluster"
    echo 'pg:se/cr@et%+1' >"$data/password"
    if ((EUID == 0)); then
        chown -R postgres: "$data"
    fi
    chmod 755 "$data"
    chmod 600 "$data/password"
    as_owner "$programs/initdb" --pgdata="$data/data" --username=postgres --pwfile="$data/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US --no-sync \
        </dev/null >"$folder/initdb" 2>&1 9>&- || {
        cat "$folder/initdb" >&2
        exit 1
    }
    as_owner tee -a "$data/data/postgresql.conf" >/dev/null <<'TEXT'
fsync = off
full_page_writes = off
max_connections = 200
max_locks_per_transaction = 256
timezone = 'America/New_York'
datestyle = 'sql, dmy'
log_line_prefix = '%m [%p] %d '
TEXT
    launch "$data"
    PGPASSWORD='pg:se/cr@et%+1' psql --no-psqlrc --quiet --host="$data" --port="${CG_TEST_POSTGRES_PORT:-5432}" \
        --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 >/dev/null 9>&- <<'TEXT'
CREATE ROLE chitragupt LOGIN CREATEDB PASSWORD 'pg:se/cr@et%+1';
GRANT pg_signal_backend, pg_read_all_stats TO chitragupt;
TEXT
    echo "postgresql://chitragupt:pg%3Ase%2Fcr%40et%25%2B1@/postgres?host=$data&port=${CG_TEST_POSTGRES_PORT:-5432}" \
        >"$folder/url.new"
    mv "$folder/url.new" "$folder/url"
}

remove() {
    local data
    halt
    data=$(cluster)
    if [[ -n $data && -d $data ]]; then
        cp "$data/log" "$folder/log" 2>/dev/null || true
        rm -rf "$data"
    fi
    rm -f "$folder/cluster" "$folder/url"
}

exec 9>"$folder/lock"
flock 9
case "$1" in
    start)
        if ! runs; then
            if [[ -f $folder/url && -d $(cluster)/data ]]; then
                launch "$(cluster)"
            else
                remove
                make
            fi
        fi
        ;;
    stop) remove ;;
    kill) halt ;;
    restart)
        halt
        launch "$(cluster)"
        ;;
    url) cat "$folder/url" ;;
    *)
        usage >&2
        exit 2
        ;;
esac
