# measure budgets|gateway|soak [SECONDS]: publishes the programs, builds bench/ and runs it as an account with an empty home. Sourced by bench.sh and soak.sh.

measure() {
    local folder account="" home status=0
    publish "${native_programs[@]}"
    if [ "$1" != soak ]; then
        say "publishing a bare WebSocket echo to measure the gateway beside it"
        dotnet publish bench/notify-bare-echo/notify-bare-echo.csproj -c Release -o artifacts/publish/notify-bare-echo -v quiet -clp:NoSummary
    fi
    say "building what measures them"
    dotnet build bench/notify-bench.csproj -c Release -v quiet -clp:NoSummary -nodeReuse:false > /dev/null || dotnet build bench/notify-bench.csproj -c Release -v quiet -clp:NoSummary
    export DOTNET_ROOT
    DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
    if [ "$(id -u)" != 0 ]; then
        home=$(mktemp -d)
        tools/in-private-home.sh "$home" "$PWD/artifacts/bin/notify-bench/release/notify-bench" "$1" "$PWD/artifacts/publish" "$PWD/artifacts/bin/notify-sandbox/release" "${@:2}" || status=$?
        rm -rf "$home"
        [ "$status" != 125 ] || stop "Without root it needs user namespaces, for an account with an empty home: sudo sysctl kernel.unprivileged_userns_clone=1. Or run it as root."
        return "$status"
    fi

    # The clone may lie in a home that is closed to the throwaway account.
    account=notify-bench-$$
    folder=$(mktemp -d)
    # Filled in now: the function's variables are gone when the shell ends.
    trap "userdel --remove --force '$account' > /dev/null 2>&1 || true; rm -rf '$folder'" EXIT
    chmod 755 "$folder"
    useradd --create-home --base-dir "$folder" --no-log-init --user-group --shell /usr/sbin/nologin "$account"
    home=$(getent passwd "$account" | cut -d: -f6)
    rm -f "$home"/.[!.]*
    cp -r artifacts/publish "$folder/programs"
    cp -r artifacts/bin/notify-sandbox/release "$folder/sandbox"
    cp -r artifacts/bin/notify-bench/release "$folder/bench"
    chmod -R a+rX "$folder/programs" "$folder/sandbox" "$folder/bench"
    (cd / && setpriv --reuid="$account" --regid="$account" --init-groups -- env -i HOME="$home" PATH=/usr/bin:/bin DOTNET_ROOT="$DOTNET_ROOT" \
        "$folder/bench/notify-bench" "$1" "$folder/programs" "$folder/sandbox" "${@:2}") || status=$?
    return "$status"
}
