# ./dev demo [--once] [--no-chart]. Sourced by ./dev.
#
# Builds the programs, and gives the demo's analyst a separate home: as root the account notify-demo, else a scratch folder in
# place of the person's home. The rest is in demo/.

demo_account=notify-demo
demo_programs=(notify-sandbox notify-bot notify-gateway notify-web notify-runner notify-scripts notify-demo)

# A project and those that it needs, one a line.
projects_of() {
    local waiting=("$1") seen=() project reference
    while [ ${#waiting[@]} -gt 0 ]; do
        project=${waiting[0]}
        waiting=("${waiting[@]:1}")
        [[ " ${seen[*]} " != *" $project "* ]] || continue
        seen+=("$project")
        while read -r reference; do
            waiting+=("$(realpath -m --relative-to=. "$(dirname "$project")/$reference")")
        done < <(sed -n 's/.*<ProjectReference Include="\([^"]*\)".*/\1/p' "$project")
    done
    printf '%s\n' "${seen[@]}"
}

# Prints each project as it is built: a first build takes a minute, and a silent one looks dead.
demo_progress() {
    local of=$1 log=$2 done=0 line
    while IFS= read -r line; do
        printf '%s\n' "$line" >> "$log"
        if [[ $line =~ ^[[:space:]]*([a-z-]+)\ -\>\  ]]; then
            done=$((done + 1))
            printf '   %2d of %d: %s\n' "$done" "$of" "${BASH_REMATCH[1]}" >&2
        fi
    done
}

# Analyzers and documentation are for ./dev build: without them it takes half the time. The compiler stays warm between the projects under its own name and is ended
# afterwards: the demo leaves nothing running, and ends no other compiler.
demo_build() {
    local log compiler status=0
    log=$(mktemp)
    compiler=notify-demo-$$
    say "building the sandbox, the bot, the gateway, the dashboard, the runner and the demo"
    dotnet build demo/notify-demo.csproj -c Release -v minimal -clp:NoSummary -nodeReuse:false \
        -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -p:UseSharedCompilation=true -p:SharedCompilationId="$compiler" 2>&1 \
        | demo_progress "$(projects_of demo/notify-demo.csproj | wc -l)" "$log" || status=$?
    "$(dotnet_root)/sdk/$(dotnet --version)/Roslyn/bincore/VBCSCompiler" -shutdown "-pipename:$compiler" > /dev/null 2>&1 || true
    if [ "$status" != 0 ]; then
        cat "$log" >&2
        rm -f "$log"
        stop "The build failed: see above. Without a network, it can't restore packages. Report any other cause."
    fi
    rm -f "$log"

    # Root in a person's clone must not leave files that the person's next build can't overwrite.
    if [ "$(id -u)" = 0 ]; then chown -R -h --reference=. artifacts; fi
}

# Charts need matplotlib. Without it the report is text, and says so.
demo_python() {
    local python
    if [ -n "$demo_no_chart" ] && { PATH=/usr/bin:/bin command -v python3 || command -v python3; } > /dev/null; then
        return 0
    fi
    python=$(PATH=/usr/bin:/bin command -v python3 || command -v python3) || python=
    if [ -n "$python" ] && (cd / && "$python" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("matplotlib") is None)' 2> /dev/null); then
        return 0
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        say "installing for the chart: python3-matplotlib (some 900 MB on Debian 12; ./dev demo --no-chart does without)"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-matplotlib; } > /dev/null 2>&1 \
            || say "python3-matplotlib could not be installed (apt-get install python3-matplotlib says why); the report has no chart"
    elif [ -n "$python" ]; then
        say "python3 has no matplotlib, so the report has no chart. For the chart: sudo apt-get install python3-matplotlib"
    fi
    PATH=/usr/bin:/bin command -v python3 > /dev/null || command -v python3 > /dev/null || stop "There is no python3, and the examples are Python scripts. Install it: sudo apt-get install python3 python3-matplotlib"
}

# The folder of the .NET installation: an unpublished program looks for it only in the usual places.
dotnet_root() { dirname "$(readlink -f "$(command -v dotnet)")"; }

demo_as_root() {
    local home dotnet target
    if ! id "$demo_account" > /dev/null 2>&1; then
        say "creating the account $demo_account in the group dataread (userdel --remove $demo_account removes it)"
        groupadd --force dataread
        useradd --create-home --user-group --groups dataread --shell /usr/sbin/nologin --comment "Notify demo" "$demo_account"
    fi
    home=$(getent passwd "$demo_account" | cut -d: -f6)
    as_demo() { setpriv --reuid="$demo_account" --regid="$demo_account" --init-groups -- env -i HOME="$home" PATH=/usr/bin:/bin "$@"; }
    as_demo mkdir -p "$home/demo"
    exec 8> "/run/$demo_account.lock"
    flock -n 8 || stop "A demo runs on this machine as $demo_account already. End it first (Ctrl-C)."

    # The clone may lie in a home that is closed to others, and so may .NET. The account writes its copies itself: root follows no link of it.
    as_demo rm -rf "$home/demo/programs" "$home/demo/examples"
    as_demo mkdir -p "$home/demo/programs" "$home/demo/examples"
    for target in "${demo_programs[@]}"; do
        as_demo mkdir "$home/demo/programs/$target"
        tar -C "artifacts/bin/$target/release" -c . | as_demo tar -x --no-same-owner -C "$home/demo/programs/$target"
    done
    tar -C examples/notifications -c . | as_demo tar -x --no-same-owner -C "$home/demo/examples"
    dotnet=$(dotnet_root)
    if ! as_demo test -x "$dotnet/dotnet"; then
        as_demo rm -rf "$home/demo/dotnet"
        as_demo mkdir "$home/demo/dotnet"
        tar -C "$dotnet" -c dotnet host shared | as_demo tar -x --no-same-owner -C "$home/demo/dotnet"
        dotnet=$home/demo/dotnet
    fi

    local run=(setpriv --reuid="$demo_account" --regid="$demo_account" --init-groups --
        env -i HOME="$home" PATH="$PATH" TERM="${TERM:-dumb}" ${TZ:+"TZ=$TZ"} DOTNET_ROOT="$dotnet"
        "$home/demo/programs/notify-demo/notify-demo" --programs "$home/demo/programs" --examples "$home/demo/examples" --demo-home "$@")
    cd "$home" || return
    exec "${run[@]}"
}

demo_as_person() {
    local dotnet home status=0 arguments
    dotnet=$(dotnet_root)
    arguments=("$PWD/artifacts/bin/notify-demo/release/notify-demo" --programs "$PWD/artifacts/demo" --examples "$PWD/examples/notifications" "$@")
    mkdir -p artifacts/demo
    for target in "${demo_programs[@]}"; do ln -sfn "../bin/$target/release" "artifacts/demo/$target"; done
    # In the clone, not in /tmp: a person can look into it, and the next demo finds the same folder.
    home=$PWD/artifacts/demo-home
    mkdir -p "$home"
    chmod 700 "$home"
    export DOTNET_ROOT=$dotnet
    tools/in-private-home.sh "$home" true || status=$?
    if [ "$status" = 0 ]; then
        exec tools/in-private-home.sh "$home" "${arguments[@]}" --demo-home
    fi
    say "This kernel lets only root make user namespaces, so the examples go into your own ~/user/notifications while the demo runs"
    exec "${arguments[@]}"
}

demo() {
    local arguments=()
    demo_no_chart=
    while [ $# -gt 0 ]; do
        case "$1" in
            --once) arguments+=(--once) ;;
            --no-chart) demo_no_chart=yes ;;
            *) stop "./dev demo knows --once and --no-chart, not $1." ;;
        esac
        shift
    done
    need_sdk
    demo_python
    demo_build
    say "built after $SECONDS s; the demo itself takes some 10 s"
    if [ "$(id -u)" = 0 ]; then demo_as_root "${arguments[@]}"; else demo_as_person "${arguments[@]}"; fi
}

demo "$@"
