#!/usr/bin/env bash
# Makes .venv ready: system packages, locked Python packages, the four commands. Says what it does;
# does nothing the second time.
#   packaging/setup.sh [PROFILE]   demo (default): what runs Parvis; test: what checks it as well
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-demo}

say() { printf '\033[1m· %s\033[0m\n' "$*" >&2; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "Parvis needs the system packages: $missing.
Install them as root (apt-get install $missing), then run the same command again."
    fi
}

# --- system packages -------------------------------------------------------------------------
wanted=$(sed -e 's/#.*//' "packaging/apt-$profile.txt" | tr -s '\n ' ' ')
missing=""
if command -v dpkg-query >/dev/null; then
    for package in $wanted; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' \
            || missing="$missing $package"
    done
    missing=${missing# }
    if [ -n "$missing" ]; then
        say "Installing system packages: $missing"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
        # shellcheck disable=SC2086
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
    fi
else
    say "Not a Debian-like system: make sure that these are installed: $wanted"
fi

# --- Python ----------------------------------------------------------------------------------
python=""
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null \
        && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "Parvis needs Python 3.11, 3.12 or 3.13, and found none.
Install one, or name it: make demo PYTHON=/path/to/python3.12"

if ! { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version; } >/dev/null 2>&1; then
    say "Making the virtual environment .venv ($("$python" --version))"
    rm -rf .venv
    if ! "$python" -m venv .venv 2>/dev/null; then
        missing="python3-venv"
        say "Installing system package: $missing"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$missing" >/dev/null
        rm -rf .venv
        "$python" -m venv .venv
    fi
fi

stamp=.venv/parvis-installed
state=$(pwd; cat packaging/requirements.lock pyproject.toml | sha256sum)
if [ "$(cat $stamp 2>/dev/null)" != "$state" ]; then
    say "Installing the locked Python packages (about 150 MB, once)"
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-warn-script-location \
        --require-hashes -r packaging/requirements.lock
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s' "$state" > $stamp
fi
