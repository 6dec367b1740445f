#!/usr/bin/env bash
# The units of examples/systemd, looked at by systemd itself: no line that it does not know, and little exposure.
#   check-units.sh PROGRAM    the program, for the options that the units give it
set -euo pipefail

program=${1:?check-units.sh needs the program}
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/systemd" && pwd)
most_exposure=20 # tenths; 100 is a service without any of this
status=0

complain() {
    printf 'check-units: %s\n' "$*" >&2
    status=1
}

command -v systemd-analyze >/dev/null || { echo "check-units: systemd-analyze is missing; on Debian: apt-get install systemd" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in "$folder"/*.service; do
    name=$(basename "$unit")
    # The program lies elsewhere here.
    sed "s|/opt/chitragupt/bin/chitragupt|$program|" "$unit" >"$work/$name"
    said=$(systemd-analyze verify --man=no "$work/$name" 2>&1 | grep -F "$name" || true)
    [[ -z $said ]] || complain "$name: $said"
    exposure=$(systemd-analyze security --offline=true --no-pager "$work/$name" 2>/dev/null |
        sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
    [[ -n $exposure ]] || complain "$name: systemd-analyze security says nothing"
    ((10#${exposure:-99} <= most_exposure)) || complain "$name: its exposure is ${exposure:-?} tenths, more than $most_exposure"
    for option in $(sed -n 's/^ExecStart=//p' "$unit" | grep -o -- '--[a-z-]*'); do
        "$program" --help | grep -q -- "$option" || complain "$name: the program has no option $option"
    done
done
((status == 0)) && echo "units: $(find "$folder" -name '*.service' | wc -l) units are fine"
exit "$status"
