#!/bin/sh
# Writes the samples that chitragupt serves into blocks of a Prometheus TSDB. See README.md beside this file.
#
# Needs curl, awk and promtool.
set -eu

# The names with a final A are those of Chitragupta's collector.
CHITRAGUPT_METRICS_URL=${CHITRAGUPT_METRICS_URL:-${CHITRAGUPTA_METRICS_URL:-http://localhost:9090/metrics}}
CHITRAGUPT_HEALTH_URL=${CHITRAGUPT_HEALTH_URL:-${CHITRAGUPTA_HEALTH_URL:-http://localhost:8080/health}}
TSDB_OUT_DIR=${TSDB_OUT_DIR:-/data/prometheus}
CHITRAGUPT_METRICS_FORMAT=${CHITRAGUPT_METRICS_FORMAT:-${CHITRAGUPTA_METRICS_FORMAT:-openmetrics}}
CHITRAGUPT_COLLECTOR_STATE=${CHITRAGUPT_COLLECTOR_STATE:-$TSDB_OUT_DIR/chitragupt-collector.state}
CHITRAGUPT_COLLECTOR_ONCE=${CHITRAGUPT_COLLECTOR_ONCE:-}

ACCEPT='application/openmetrics-text; version=1.0.0'
FAST=1
SLOW=600
RECENT_SECONDS=432000 # five days

child=
work=

say() {
    printf '%s\n' "$*"
}

complain() {
    printf '%s\n' "$*" >&2
}

tidy_up() {
    if [ -n "$work" ]; then
        rm -rf "$work"
    fi
}

# Signals end it at once, also while something else is waited for.
stop() {
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || true
    fi
    tidy_up
    trap - EXIT
    exit 0
}

# Runs a command in such a way that a signal need not wait for its end.
run() {
    "$@" &
    child=$!
    result=0
    wait "$child" || result=$?
    child=
    return "$result"
}

check_settings() {
    case $CHITRAGUPT_METRICS_FORMAT in
        openmetrics) ;;
        text)
            complain 'ERROR: CHITRAGUPT_METRICS_FORMAT=text is incompatible with this collector script.'
            complain 'The Prometheus text format has its times in milliseconds, which promtool takes for seconds.'
            complain "Set CHITRAGUPT_METRICS_FORMAT=openmetrics, or leave it unset."
            exit 1
            ;;
        *)
            complain "ERROR: Unknown CHITRAGUPT_METRICS_FORMAT=$CHITRAGUPT_METRICS_FORMAT. Must be 'openmetrics' or 'text'."
            exit 1
            ;;
    esac
    for program in curl awk promtool; do
        if ! command -v "$program" >/dev/null; then
            complain "ERROR: $program is needed and was not found in PATH."
            exit 1
        fi
    done
}

wait_for_health() {
    while :; do
        if run curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "$CHITRAGUPT_HEALTH_URL" \
            >"$work/health" && [ "$(cat "$work/health")" = 200 ]; then
            return 0
        fi
        run sleep 3
    done
}

# What was imported last: the tag of the page, and the time of its newest emission. They hold for one URL only.
read_state() {
    state_tag=
    state_emitted=
    if [ ! -r "$CHITRAGUPT_COLLECTOR_STATE" ]; then
        return 0
    fi
    state_url=
    while IFS='=' read -r key value; do
        case $key in
            url) state_url=$value ;;
            tag) state_tag=$value ;;
            emitted) state_emitted=$value ;;
        esac
    done <"$CHITRAGUPT_COLLECTOR_STATE"
    if [ "$state_url" != "$CHITRAGUPT_METRICS_URL" ]; then
        state_tag=
        state_emitted=
    fi
}

write_state() {
    {
        printf 'url=%s\n' "$CHITRAGUPT_METRICS_URL"
        printf 'tag=%s\n' "$1"
        printf 'emitted=%s\n' "$2"
    } >"$CHITRAGUPT_COLLECTOR_STATE.new"
    mv "$CHITRAGUPT_COLLECTOR_STATE.new" "$CHITRAGUPT_COLLECTOR_STATE"
}

# The value of a header of the last answer.
header() {
    awk -v name="$1" '{
        sub(/\r$/, "")
        colon = index($0, ":")
        if (tolower(substr($0, 1, colon - 1)) == name) {
            value = substr($0, colon + 1)
            sub(/^[ \t]+/, "", value)
        }
    } END { print value }' "$work/headers"
}

# Fetches what was emitted since the last import; status is 304 when nothing was.
scrape() {
    url=$CHITRAGUPT_METRICS_URL
    if [ -n "$state_emitted" ]; then
        case $url in
            *\?*) url="$url&emitted_after=$state_emitted" ;;
            *) url="$url?emitted_after=$state_emitted" ;;
        esac
    fi
    set -- --silent --max-time 60 --header "Accept: $ACCEPT" --dump-header "$work/headers" --output "$work/page" \
        --write-out '%{http_code}'
    if [ -n "$state_tag" ]; then
        set -- "$@" --header "If-None-Match: $state_tag"
    fi
    : >"$work/headers"
    : >"$work/page"
    status=
    if run curl "$@" "$url" >"$work/status"; then
        status=$(cat "$work/status")
    fi
}

# Seconds of the newest amount of a chargeback; nothing when there is none.
newest_sample() {
    awk '/^[a-z]+_chargeback_amount[{ ]/ {
        time = $NF
        sub(/\..*/, "", time)
        if (time ~ /^[0-9]+$/ && (newest == "" || time + 0 > newest + 0))
            newest = time
    } END { print newest }' "$work/page"
}

# Imports a page that has samples. promtool makes a block of every two hours in which there is one.
import_page() {
    if ! grep -q -v '^#' "$work/page"; then
        return 0
    fi
    run promtool tsdb create-blocks-from openmetrics "$work/page" "$TSDB_OUT_DIR"
}

# After an import of old dates the next ones are likely to come soon; after a page without news, ever later.
choose_interval() {
    case $1 in
        changed)
            newest=$(newest_sample)
            if [ -n "$newest" ] && [ "$newest" -gt "$(($(date +%s) - RECENT_SECONDS))" ]; then
                interval=$SLOW
            else
                interval=$FAST
            fi
            ;;
        *)
            interval=$((interval * 2))
            if [ "$interval" -gt "$SLOW" ]; then
                interval=$SLOW
            fi
            ;;
    esac
}

cycle() {
    read_state
    scrape
    case $status in
        200)
            if [ "$(tail -n 1 "$work/page")" != '# EOF' ]; then
                complain 'Scrape failed — skipping this cycle'
                choose_interval failed
                failed=1
            elif import_page; then
                emitted=$(header x-chitragupt-emitted)
                write_state "$(header etag)" "${emitted:-$state_emitted}"
                say "Imported $(grep -c -v '^#' "$work/page" || true) samples"
                choose_interval changed
            else
                complain 'promtool could not make blocks of the samples; they are tried again'
                choose_interval failed
                failed=1
            fi
            ;;
        304)
            choose_interval same
            ;;
        *)
            complain 'Scrape failed — skipping this cycle'
            choose_interval failed
            failed=1
            ;;
    esac
}

check_settings
mkdir -p "$TSDB_OUT_DIR"
trap stop TERM INT HUP
trap tidy_up EXIT
work=$(mktemp -d "${TMPDIR:-/tmp}/chitragupt-collector.XXXXXX")
interval=$FAST
failed=
wait_for_health
while :; do
    cycle
    if [ -n "$CHITRAGUPT_COLLECTOR_ONCE" ]; then
        [ -z "$failed" ]
        exit
    fi
    run sleep "$interval"
done
