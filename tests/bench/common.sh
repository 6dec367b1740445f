# Sourced by the benchmarks of this folder, which set: root, build, work, end, clusters, principals.
# shellcheck shell=bash

fail() {
    printf 'bench: %s\n' "$*" >&2
    exit 1
}

pids=()

stop_all() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    pids=()
}
trap stop_all EXIT

# wait_for_port FILE PID LOG: the number that a started server writes into FILE, in $port.
wait_for_port() {
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if [[ -s $1 ]]; then
            port=$(<"$1")
            return
        fi
        kill -0 "$2" 2>/dev/null || fail "a server ended at its start; see $3"
        sleep 0.05
    done
    fail "a server did not start within 10 seconds; see $3"
}

# start_sim DAYS [OPTION...]: further options may take back those before.
start_sim() {
    rm -f "$work/sim.port"
    "$build/bin/cg-sim" --port 0 --port-file "$work/sim.port" --seed 7 --days "$1" --end "$end" --environments 2 \
        --clusters "$clusters" --principals "$principals" --series "$principals" --products plain "${@:2}" \
        >"$work/sim.log" 2>&1 &
    sim_pid=$!
    pids+=("$sim_pid")
    wait_for_port "$work/sim.port" "$sim_pid" "$work/sim.log"
    sim_port=$port
}

# ask_sim PATH [CURL OPTION...]
ask_sim() {
    curl --silent --show-error --fail "${@:2}" "http://127.0.0.1:$sim_port$1"
}

# write_config FILE PORT DAYS DATABASE
write_config() {
    cat >"$1" <<TEXT
logging: {level: WARNING}
tenants:
  bench:
    ecosystem: confluent_cloud
    tenant_id: bench
    lookback_days: $(($3 + 1))
    cutoff_days: 1
    retention_days: 730
    storage: {connection_string: "sqlite:///$4"}
    plugin_settings:
      ccloud_api:
        key: SIMKEY
        secret: SIMSECRET
        base_url: http://127.0.0.1:$2
        request_interval_seconds: 0
      metrics: {type: prometheus, url: "http://127.0.0.1:$2"}
TEXT
}
