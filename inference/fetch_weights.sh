# Sourced by the hw3_p*.sh scripts, which set `here` to the project's folder.

# fetch_weights FILE: sees to it that weights/FILE has the sha256 that checkpoints.txt pins.
# Status 0: it has. Status 3: it is not to be had, and one line on stderr says why.
# wget fetches, but neither its exit code nor its file proves anything (an error page sent with
# status 200 counts as success), so Python checks, then renames into place or unlinks.
fetch_weights() {
    local file=$1 wanted url reason failures=
    local pinned_files=$here/inference/pinned_files.py
    local download=$here/weights/.$1.$HOSTNAME.$$  # this process's own, also on a shared disk
    trap 'stop_fetching 130' INT
    trap 'stop_fetching 143' TERM
    wanted=$(python3 -B "$pinned_files" wanted "$file") || return
    [[ $wanted ]] || return 0
    while read -r url; do
        # In the background, because bash runs no trap while it waits for a foreground command.
        LC_ALL=C wget --no-verbose --tries=1 --timeout=20 -O "$download" -- "$url" 2> "$download.log" &
        wait $!
        reason=$(python3 -B "$pinned_files" install "$file" "$download" $?) && return
        failures+="$url: $reason; "
    done <<< "${wanted#*$'\n'}"
    echo "weights/$file is ${wanted%%$'\n'*} and could not be fetched (${failures%; }):" \
        "put it there, or set HW3_WEIGHTS_URL to the address of a folder that has it" >&2
    return 3
}

# Ends wget and has what it left unlinked (or installed, if it was all there).
stop_fetching() {
    trap '' INT TERM
    kill $(jobs -p) 2> /dev/null
    wait
    python3 -B "$pinned_files" install "$file" "$download" 0 > /dev/null
    echo "stopped while fetching weights/$file: nothing was written" >&2
    exit "$1"
}
