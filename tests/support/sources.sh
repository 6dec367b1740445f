# shellcheck shell=bash
# Sourced by the checks: where the tree is, and which files are its sources.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
source_folders=()
for folder in sdk host plugins ecosystems tests examples; do
    if [[ -d $folder ]]; then
        source_folders+=("$folder")
    fi
done

# Every C and C++ source and header of the tree, one path a line, relative to the root.
list_sources() {
    find "${source_folders[@]}" -type d \( -name build -o -name data \) -prune -o \
        -type f \( -name '*.c' -o -name '*.h' -o -name '*.cpp' \) -print | LC_ALL=C sort
}
