#!/usr/bin/env bash
# Makes .venv ready: system packages, locked Python packages, the commands. Says what it does and how
# far it is; does nothing, and needs no network, the second time. Keeps a log in build/setup.log.
#   packaging/setup.sh [PROFILE]   demo (default): what runs Parvis; test: what checks it as well
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${1:-demo}

. packaging/progress.sh

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "Parvis needs the system packages: $missing.
Install them as root (apt-get install $missing), then run the same command again."
    fi
}

# install_system PACKAGE…
install_system() {
    [ "$(id -u)" = 0 ] || as_root true # a password is asked for before the line that counts begins
    local before='DEBIAN_FRONTEND=noninteractive'
    watched 0 '^(Get:[0-9]+ [^ ]+ [^ ]+)' as_root env $before apt-get -q update
    watched 0 '^((Get:[0-9]+|Unpacking|Setting up) .*)' \
        as_root env $before apt-get -q install -y --no-install-recommends "$@"
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
        # shellcheck disable=SC2086
        install_system $missing
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
        install_system "$missing"
        rm -rf .venv
        "$python" -m venv .venv
    fi
fi

stamp=.venv/parvis-installed
state=$(pwd; cat packaging/requirements.lock pyproject.toml | sha256sum)
if [ "$(cat $stamp 2>/dev/null)" != "$state" ]; then
    total=$(grep -cE '^[a-zA-Z0-9]' packaging/requirements.lock)
    say "Installing $total locked Python packages (about 150 MB, once; minutes on a slow line)"
    # One line for each package: fetched, found on this machine, installed already, or not for it.
    watched "$total" '^(Collecting [^ ]+|Processing [^ ]+|Requirement already satisfied: [^ ]+|Ignoring [^:]+|Installing collected packages)' \
        .venv/bin/python -m pip install --disable-pip-version-check --no-warn-script-location \
        --progress-bar off --no-input --require-hashes -r packaging/requirements.lock
    say "Installing Parvis itself"
    watched 0 '^(Obtaining|Preparing|Building|Installing).*' \
        .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --no-input \
        --no-deps --no-build-isolation -e .
    say "Installed"
    printf '%s' "$state" > $stamp
fi
