#!/usr/bin/env bash
# The dependency rule of the tree, read from the #include lines:
#   sdk <- ecosystems, plugins;  sdk <- host;  inside the host:
#   base <- config net module <- store expose <- engine views <- run api <- cli
# Rooms on one step do not know each other. The host never names an ecosystem.
set -euo pipefail
# shellcheck source=tests/support/sources.sh
source "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

mapfile -t sources < <(list_sources)
if ((${#sources[@]} == 0)); then
    exit 0
fi

check_includes() {
    awk '
    BEGIN {
        rank["base"] = 1
        rank["config"] = rank["net"] = rank["module"] = 2
        rank["store"] = rank["expose"] = 3
        rank["engine"] = rank["views"] = 4
        rank["run"] = rank["api"] = 5
        rank["cli"] = 6
    }

    function broken(rule) {
        printf "%s:%d: %s: %s\n", FILENAME, FNR, $0, rule
        failed = 1
    }

    # The header of an include line, without its quotes; sets quoted.
    function header_of(line) {
        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", line)
        quoted = (substr(line, 1, 1) == "\"")
        line = substr(line, 2)
        sub(/[">].*/, "", line)
        return line
    }

    function exists(path,    text, found) {
        found = (getline text < path) >= 0
        close(path)
        return found
    }

    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        header = header_of($0)
        split(FILENAME, path, "/")
        top = path[1]
        room = path[2]
        part_count = split(header, part, "/")
        to_room = (part_count > 1 && part[1] in rank) ? part[1] : ""
        folder = FILENAME
        sub(/[^\/]*$/, "", folder)

        if (header ~ /(^|\/)\.\.(\/|$)/) {
            broken("an include does not climb to another folder with \"..\"")
        } else if (header ~ /\.c$/) {
            broken("a source file is compiled, never included")
        } else if (header ~ /^chitragupt\//) {
            if (quoted) {
                broken("headers of the SDK are included as <chitragupt/...>")
            }
        } else if (part_count > 1 && part[1] ~ /^(host|sdk|plugins|ecosystems)$/) {
            broken("an include does not name a top folder of the tree")
        } else if (top == "tests") {
            next
        } else if (top != "host") {
            if (to_room != "" && (quoted || exists("host/" header))) {
                broken(top "/ knows the SDK only, never a header of the host")
            } else if (quoted && !exists(folder header)) {
                broken("a quoted include in " top "/ names a header in its own folder")
            }
        } else if (quoted && to_room == "") {
            broken("headers of the host are included with their room, as \"" room "/" header "\"")
        } else if (!quoted && to_room != "" && exists("host/" header)) {
            broken("headers of the host are included in quotes")
        } else if (quoted && to_room != room && rank[to_room] >= rank[room]) {
            broken("host/" room " does not know host/" to_room \
                   " (base <- config net module <- store expose <- engine views <- run api <- cli)")
        }
    }

    END { exit failed }
    ' "${sources[@]}"
}

# A word of the host that is the name of an ecosystem's folder.
check_ecosystem_names() {
    local names=() folder
    for folder in ecosystems/*/; do
        if [[ -d $folder ]]; then
            names+=("$(basename "$folder")")
        fi
    done
    if ((${#names[@]} == 0)) || [[ ! -d host ]]; then
        return 0
    fi
    local pattern
    pattern=$(
        IFS='|'
        echo "${names[*]}"
    )
    local found
    mapfile -t found < <(grep -rnwE --include='*.[ch]' --include=CMakeLists.txt "$pattern" host || true)
    if ((${#found[@]} > 0)); then
        printf '%s: the host never names an ecosystem\n' "${found[@]}"
        return 1
    fi
}

status=0
check_includes || status=1
check_ecosystem_names || status=1
if ((status == 0)); then
    echo "includes: ${#sources[@]} files keep the dependency rule"
fi
exit "$status"
