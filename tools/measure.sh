# measure budgets|rounds|delivery|gateway|web|pages|soak [SECONDS]: publishes the programs, builds bench/ and runs it as an account with an empty home. Sourced by bench.sh and soak.sh.

# analysts FOLDER: lines for /etc/passwd and /etc/group, in files of these names: the thousand who ask the dashboard (bench/WebBudgets.cs), and their group.
analysts() {
    local names
    names=$(seq -f 'bench-analyst%.0f' 0 999)
    awk '{ printf "%s:x:%d:65534::/nonexistent:/usr/sbin/nologin\n", $0, 200000 + NR }' <<< "$names" > "$1/passwd"
    printf 'bench-analysts:x:200000:%s\n' "$(paste -sd, <<< "$names")" > "$1/group"
}

# publish_bare NAME WHY: one of the bare programs to measure beside.
publish_bare() {
    say "publishing $2"
    dotnet publish "bench/$1/$1.csproj" -c Release -o "artifacts/publish/$1" -v quiet -clp:NoSummary
}

measure() {
    local folder account="" home status=0
    # shellcheck disable=SC2154 # ./dev sets them.
    case "$1" in
        budgets | web) publish "${programs[@]}" ;;
        pages) publish notify-bot notify-scripts notify-web ;;
        rounds) publish notify-bot notify-runner ;;
        *) publish "${native_programs[@]}" ;;
    esac
    case "$1" in budgets | delivery) publish_bare notify-bare-relay "a bare relay to measure the bot beside it" ;; esac
    case "$1" in budgets | gateway) publish_bare notify-bare-echo "a bare WebSocket echo to measure the gateway beside it" ;; esac
    case "$1" in budgets | web) publish_bare notify-bare-answer "a bare answer to measure the dashboard beside it" ;; esac
    say "building the measuring program"
    dotnet build bench/notify-bench.csproj -c Release -v quiet -clp:NoSummary -nodeReuse:false > /dev/null || dotnet build bench/notify-bench.csproj -c Release -v quiet -clp:NoSummary
    export DOTNET_ROOT
    DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    if [ "$(id -u)" != 0 ]; then
        home=$(mktemp -d)
        mkdir "$home/.analysts"
        analysts "$home/.analysts"
        NOTIFY_MORE_ACCOUNTS=$home/.analysts/passwd NOTIFY_MORE_GROUPS=$home/.analysts/group tools/in-private-home.sh "$home" "$PWD/artifacts/bin/notify-bench/release/notify-bench" "$1" "$PWD/artifacts/publish" "$PWD/artifacts/bin/notify-sandbox/release" "${@:2}" || status=$?
        rm -rf "$home"
        [ "$status" != 125 ] || stop "Without root it needs user namespaces, for an account with an empty home: sudo sysctl kernel.unprivileged_userns_clone=1. Or run it as root."
        return "$status"
    fi

    # The clone may lie in a home that is closed to the throwaway account.
    account=notify-bench-$$
    folder=$(mktemp -d)
    # Filled in now: the function's variables are gone when the shell ends.
    # shellcheck disable=SC2064
    trap "userdel --remove --force '$account' > /dev/null 2>&1 || true; rm -rf '$folder'" EXIT
    chmod 755 "$folder"
    useradd --create-home --base-dir "$folder" --no-log-init --user-group --shell /usr/sbin/nologin "$account"
    home=$(getent passwd "$account" | cut -d: -f6)
    rm -f "$home"/.[!.]*
    cp -r artifacts/publish "$folder/programs"
    cp -r artifacts/bin/notify-sandbox/release "$folder/sandbox"
    cp -r artifacts/bin/notify-bench/release "$folder/bench"
    chmod -R a+rX "$folder/programs" "$folder/sandbox" "$folder/bench"
    # Accounts that only the measured programs see: nothing is left behind.
    mkdir "$folder/more"
    analysts "$folder/more"
    cat /etc/passwd "$folder/more/passwd" > "$folder/passwd"
    cat /etc/group "$folder/more/group" > "$folder/group"
    # shellcheck disable=SC2016 # The shell in there fills them in.
    local mounted=(unshare --mount sh -c 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"' sh "$folder")
    if ! "${mounted[@]}" true 2> /dev/null; then
        say "root may not mount here, so all dashboard sessions belong to one user"
        mounted=()
    fi
    (cd / && "${mounted[@]}" setpriv --reuid="$account" --regid="$account" --init-groups -- env -i HOME="$home" PATH=/usr/bin:/bin DOTNET_ROOT="$DOTNET_ROOT" \
        "$folder/bench/notify-bench" "$1" "$folder/programs" "$folder/sandbox" "${@:2}") || status=$?
    return "$status"
}
