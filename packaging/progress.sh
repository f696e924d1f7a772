# How long commands of others tell what they do: a line that counts, and a log of everything.
# Sourced by setup.sh.

log=build/setup.log

say() { if [ -t 2 ]; then printf '\033[1m· %s\033[0m\n' "$*"; else printf '· %s\n' "$*"; fi >&2; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# watched TOTAL STEP COMMAND…   Run a command whose output goes to the log, and tell how far it is:
# how many lines match STEP (an extended regular expression), of TOTAL if that is not 0. Its first
# group, or else the line, says what is under way. On a terminal one line changes each second;
# elsewhere a new one comes every PROGRESS_SECONDS (10). If the command fails, so does this, with
# the end of what the command said.
watched() {
    local total=$1 step=$2 began=$SECONDS told=$SECONDS job code=0 from
    shift 2
    mkdir -p "$(dirname "$log")"
    touch "$log"
    from=$(($(wc -c <"$log") + 1))
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 &
    job=$!
    # What runs behind a script does not feel Ctrl-C.
    trap 'kill "$job" 2>/dev/null; wait "$job" 2>/dev/null; fail "Stopped. The same command goes on."' INT TERM
    while kill -0 "$job" 2>/dev/null; do
        sleep "${PROGRESS_LOOK:-1}"
        if [ -t 2 ]; then
            printf '\r\033[K  %s' "$(_far "$total" "$step" "$from" "$began" "${COLUMNS:-79}")" >&2
        elif [ $((SECONDS - told)) -ge "${PROGRESS_SECONDS:-10}" ]; then
            told=$SECONDS
            printf '  %s\n' "$(_far "$total" "$step" "$from" "$began" 200)" >&2
        fi
    done
    wait "$job" || code=$?
    trap - INT TERM
    [ -t 2 ] && printf '\r\033[K' >&2
    if [ "$code" != 0 ]; then
        printf '\n%s\n' "This failed ($code), after $((SECONDS - began)) s: $*" >&2
        tail -c "+$from" "$log" | grep -v '^WARNING' | tail -n 25 | sed 's/^/    /' >&2 || true
        fail "All that it said is in $log. The same command goes on where this stopped."
    fi
}

_far() {
    local total=$1 step=$2 from=$3 began=$4 width=$5 count what line
    count=$(tail -c "+$from" "$log" | grep -cE "$step" || true)
    what=$(tail -c "+$from" "$log" | grep -E "$step" | tail -n 1 | sed -E "s#.*$step.*#\\1#" || true)
    line="$count"
    if [ "$total" != 0 ]; then line="$((count < total ? count : total)) of $total"; fi
    line="$line · ${what:-beginning} · $((SECONDS - began)) s"
    printf '%s' "${line:0:$width}"
}
