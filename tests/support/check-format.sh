#!/usr/bin/env bash
# Every source is as .clang-format says. With --fix, makes it so.
set -euo pipefail
# shellcheck source=tests/support/sources.sh
source "$(dirname "${BASH_SOURCE[0]}")/sources.sh"

mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then
    mode=(-i)
fi
list_sources | xargs --no-run-if-empty clang-format --style=file "${mode[@]}"
