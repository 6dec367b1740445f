#!/usr/bin/env bash
# What must not be in the tree: functions that cannot be used safely here, unfinished work, files that are too long,
# source folders without a README, and strangers at the top.
set -euo pipefail
# shellcheck source=tests/support/sources.sh
source "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

max_lines=600
status=0
mapfile -t sources < <(list_sources)

# Calls of banned functions. Comments and literals do not count. strtod and its kin are allowed on a line that carries
# the comment "banned-ok: <reason>".
check_functions() {
    if ((${#sources[@]} == 0)); then
        return 0
    fi
    awk '
    function ban(names, reason,    list, i) {
        split(names, list, " ")
        for (i in list) {
            reasons[list[i]] = reason
        }
    }

    BEGIN {
        ban("strcpy strcat stpcpy", "has no bound; use snprintf, memcpy with a checked length, or a bounded buffer")
        ban("sprintf vsprintf", "has no bound; use snprintf or vsnprintf and check the result")
        ban("gets", "has no bound; use getline or fgets")
        ban("strtok", "keeps global state; use strtok_r, strcspn or strchr")
        ban("atoi atol atoll", "does not see errors; use strtol or strtoll and check end and errno")
        ban("atof", "is floating point, depends on the locale and does not see errors; use cg_decimal")
        ban("strtod strtof strtold", "is floating point and depends on the locale; use cg_decimal, or say why with banned-ok:")
        ban("setlocale", "changes the whole process; the program runs in the C locale")
        ban("localtime gmtime", "keeps global state; use gmtime_r, or the time functions of the host")
        ban("system popen", "starts a shell; use uv_spawn or posix_spawn with an argument vector")
        ban("alloca", "has no bound and cannot fail; use an arena or a fixed array")
    }

    # The line with comments and literals blanked out; in_comment lives on to the next line.
    function code_of(line,    out, i, c, two, quote) {
        out = ""
        quote = ""
        for (i = 1; i <= length(line); i++) {
            c = substr(line, i, 1)
            two = substr(line, i, 2)
            if (in_comment) {
                if (two == "*/") {
                    in_comment = 0
                    i++
                }
            } else if (quote != "") {
                if (c == "\\") {
                    i++
                } else if (c == quote) {
                    quote = ""
                }
            } else if (two == "/*") {
                in_comment = 1
                i++
            } else if (two == "//") {
                break
            } else if (c == "\"" || c == "\x27") {
                quote = c
                out = out " "
            } else {
                out = out c
            }
        }
        return out
    }

    FNR == 1 { in_comment = 0 }

    {
        rest = code_of($0)
        while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
            name = substr(rest, RSTART, RLENGTH - 1)
            sub(/[ \t]*$/, "", name)
            before = substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            if (!(name in reasons) || before ~ /(\.|->)[ \t]*$/) {
                continue
            }
            if (name ~ /^strto(d|f|ld)$/ && $0 ~ /banned-ok: *[^ *]/) {
                continue
            }
            printf "%s:%d: %s %s\n", FILENAME, FNR, name, reasons[name]
            failed = 1
        }
    }

    END { exit failed }
    ' "${sources[@]}"
}

check_unfinished() {
    local found
    mapfile -t found < <(grep -rnwE --include='*.[ch]' --include='*.cpp' --include='*.cmake' --include=CMakeLists.txt \
        'TODO|FIXME|XXX' "${source_folders[@]}" CMakeLists.txt || true)
    if ((${#found[@]} > 0)); then
        printf '%s: unfinished work does not stay in the tree\n' "${found[@]}"
        return 1
    fi
}

check_lengths() {
    local failed=0 file lines
    for file in "${sources[@]}"; do
        lines=$(wc -l <"$file")
        if ((lines > max_lines)); then
            echo "$file: has $lines lines; a file is one idea and has at most $max_lines: split it"
            failed=1
        fi
    done
    return "$failed"
}

# The folder that owns a source answers for its inner folders src, include and tests too.
check_readmes() {
    local failed=0 folder
    while read -r folder; do
        if [[ ! -f $folder/README.md ]]; then
            echo "$folder: has sources but no README.md"
            failed=1
        fi
    done < <(printf '%s\n' "${sources[@]}" | sed -E 's:/[^/]*$::; s:/(src|include|tests)(/.*)?$::' | LC_ALL=C sort -u)
    return "$failed"
}

check_top() {
    local failed=0 entry
    for entry in *; do
        case "$entry" in
            CMakeLists.txt | CMakePresets.json | Containerfile | README.md | LICENSE) ;;
            sdk | host | ecosystems | plugins | tests | examples) ;;
            build | data | compile_commands.json) ;; # made by the build and by runs, ignored by git
            *)
                echo "$entry: does not belong at the top of the tree"
                failed=1
                ;;
        esac
    done
    return "$failed"
}

check_functions || status=1
check_unfinished || status=1
check_lengths || status=1
check_readmes || status=1
check_top || status=1
if ((status == 0)); then
    echo "banned: ${#sources[@]} files are clean"
fi
exit "$status"
