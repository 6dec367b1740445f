#!/usr/bin/env bash
# Installs with apt-get what is missing of a set of Debian packages. Does nothing, and needs no rights, when all are there.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: install-packages.sh build|test

  build   what is needed to build the program
  test    build, and what the tests and the checks need
TEXT
}

# tzdata is no part of the build: the program reads the time zones that its clients ask for from there.
build_packages=(
    gcc libc6-dev cmake ninja-build pkg-config ca-certificates
    libuv1-dev libcurl4-openssl-dev libjansson-dev libyaml-dev libltdl-dev libsqlite3-dev libmicrohttpd-dev
    libelf-dev libpq-dev librdkafka-dev libsodium-dev tzdata zlib1g-dev
)
test_packages=(
    g++ clang clang-tidy clang-format libclang-rt-dev libcriterion-dev sqlite3 curl jq openssl systemd wrk
    python3-jsonschema postgresql prometheus python3-prometheus-client
)

case "${1:-}" in
    build) wanted=("${build_packages[@]}") ;;
    test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "install-packages.sh: this system has no apt-get; install the equivalents of: ${wanted[*]}" >&2
    exit 1
fi

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status} ' "$package" 2>/dev/null || true)
    if [[ " $status" != *" installed "* ]]; then
        missing+=("$package")
    fi
done

if ((${#missing[@]} == 0)); then
    echo "packages: all ${#wanted[@]} of the set '$1' are installed"
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "install-packages.sh: run this as root, or install them yourself; missing packages: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# sudo drops the environment, so the variable is set behind it.
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --option DPkg::Lock::Timeout=120 "$@"
}

echo "packages: installing ${missing[*]}"
apt_get update
apt_get install --yes --no-install-recommends "${missing[@]}"
