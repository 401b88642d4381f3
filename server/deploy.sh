#!/usr/bin/env bash
# server/deploy.sh: installs or updates Notify on this machine. Repeats do no harm; it says what it changed.
#
#   sudo server/deploy.sh                  the programs of artifacts/publish (./dev publish makes them), or of programs/ in a bundle
#   sudo server/deploy.sh --programs DIR   those of another folder
#   sudo server/deploy.sh --rollback       back to the earlier version
#   sudo server/deploy.sh --remove         removes what it installed; links, history, settings and accounts stay
#
# Writes TELEGRAM_BOT_TOKEN from the environment into /opt/data-analyst/.env. Refuses faults before it touches anything.
# If a new version is not healthy after its start, the install rolls back.
set -euo pipefail

source_folder=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$source_folder/server/lib/guard.sh"
. "$source_folder/server/lib/prepare.sh"
. "$source_folder/server/lib/stage.sh"

releases=/opt/data-analyst/releases
units=/etc/systemd/system
services=(notify-gateway notify-bot notify-web)
# How long a service may take to answer, in seconds.
patience=${NOTIFY_DEPLOY_PATIENCE:-60}
# Kept versions to roll back to.
keep=3

say() { printf '%s\n' "$*"; }
stop() { printf '\n%s\nNothing was changed.\n' "$*" >&2; exit 1; }

# --- before anything is touched ---------------------------------------------------------------------------------------------------------

need_tools() {
    local missing=() pair
    [ "$(id -u)" = 0 ] || stop "Only root can install: sudo server/deploy.sh"
    for pair in setfacl:acl sudo:sudo visudo:sudo curl:curl setpriv:util-linux systemctl:systemd; do
        command -v "${pair%%:*}" > /dev/null || missing+=("${pair##*:}")
    done
    [ ${#missing[@]} -eq 0 ] || stop "These packages are missing: apt-get install ${missing[*]}"
    [ -d /run/systemd/system ] || stop "This machine was not started by systemd, and the services need it."
}

find_programs() {
    [ -n "$programs" ] || for programs in "$source_folder/programs" "$source_folder/artifacts/publish"; do [ ! -d "$programs" ] || break; done
    local name
    for name in bot web gateway desktop runner scripts; do
        [ -x "$programs/notify-$name/notify-$name" ] || stop "$programs/notify-$name/notify-$name is not there. Make the programs first: ./dev publish"
    done
    [ -x "$programs/notify-command/notify" ] || stop "$programs/notify-command/notify is not there. Make the programs first: ./dev publish"
    [ -f "$programs/man/notify.1.gz" ] || stop "$programs/man has no man pages. Make them with the programs: ./dev publish"
    version=$("$programs/notify-bot/notify-bot" --version) || stop "$programs/notify-bot/notify-bot does not run on this machine (it is made for linux-x64, glibc 2.36 or later)."
}

# need_safe_folders: nobody but root can change the paths on standard input, to which root will write.
need_safe_folders() {
    local said
    said=$(notify_check_folders) || stop "$said"
}

# folders_of TREE...: where the files of trees go.
folders_of() {
    local tree
    for tree in "$@"; do
        [ -z "$tree" ] || (cd "$tree" && find . \( -type f -o -type l \) -printf '/%h\n' | sed 's#^/[.]/*#/#' | LC_ALL=C sort -u)
    done
}

# Builds the tree of files in a folder beside the releases: on the same disk a rename makes it a release.
stage() {
    need_safe_folders <<< "$releases"
    install -d -m 0755 /opt/data-analyst
    install -d -m 0700 "$releases"
    staged=$(mktemp -d "$releases/.new.XXXXXX")
    trap 'rm -rf "$staged" "$checked" "$draft"' EXIT
    notify_stage "$source_folder" "$programs" "$staged" "$units" /usr/local/share
}

check() {
    local said unit
    said=$(visudo -cf "$staged/etc/sudoers.d/sudoers-deploy" 2>&1) || stop "The sudo rules are wrong: $said"
    checked=$(mktemp -d)
    for unit in "$staged$units"/*; do
        sed "s#^ExecStart=/opt/data-analyst/notify/#ExecStart=$staged/opt/data-analyst/notify/#" "$unit" > "$checked/${unit##*/}"
    done
    said=$(systemd-analyze verify --man=no "$checked"/* 2>&1) || stop "A unit is wrong: $said"
    need_safe_folders < <(folders_of "$staged" "$(release_of current)"; echo /data)
    said=$(notify_check_sites "$(sed -n 's/^ListenStream=//p' "$staged$units"/notify-*.socket)") || stop "$said"
    case ${TELEGRAM_BOT_TOKEN-} in
        *[!A-Za-z0-9:_-]*) stop "TELEGRAM_BOT_TOKEN is no token: it has the form 110201543:AAHdqTcv..., as @BotFather shows it." ;;
    esac
}

# --- installing -------------------------------------------------------------------------------------------------------------------------

# make_folder FOLDER: makes it and the missing ones above it, and notes them for --remove.
make_folder() {
    [ ! -d "$1" ] || return 0
    make_folder "$(dirname "$1")"
    mkdir -m 0755 "$1" && printf '%s\n' "$1" >> "$releases/.folders"
}

# apply TREE OLD: puts each changed file of the tree in its place by a rename, so nothing ever reads half a file. Removes files that only OLD has.
# Copies are made in a new folder of root's, so root follows and overwrites nothing that lies in the way.
apply() {
    local tree=$1 old=$2 path target
    changed=()
    while IFS= read -r path; do
        target=/$path
        if [ -L "$tree/$path" ]; then
            [ "$(readlink "$target" 2> /dev/null)" != "$(readlink "$tree/$path")" ] || continue
        elif [ -f "$target" ] && [ ! -L "$target" ] && cmp -s "$tree/$path" "$target" && [ "$(stat -c '%a %U:%G' "$target")" = "$(stat -c '%a %U:%G' "$tree/$path")" ]; then
            continue
        fi
        make_folder "$(dirname "$target")"
        # Reported here: when the caller tests the status, the shell does not stop at an error.
        draft=$(mktemp -d "${target%/*}/.notify-new.XXXXXX") && cp -aT "$tree/$path" "$draft/file" && mv -fT "$draft/file" "$target" \
            || { rm -rf "$draft"; say "$target can't be written." >&2; return 1; }
        rmdir "$draft"
        changed+=("$target")
        notify_said "installed $target"
    done < <(cd "$tree" && find . \( -type f -o -type l \) -printf '%P\n' | LC_ALL=C sort)
    [ -n "$old" ] || return 0
    while IFS= read -r path; do
        [ -e "$tree/$path" ] || [ -L "$tree/$path" ] || { rm -f "/$path"; changed+=("/$path"); notify_said "removed /$path"; }
    done < <(cd "$old" && find . \( -type f -o -type l \) -printf '%P\n')
}

has_changed() {
    local path wanted
    for path in "${changed[@]}"; do
        for wanted in "$@"; do [ "$path" != "$wanted" ] || return 0; done
    done
    return 1
}

# Whether a service started before the last change of its settings.
is_older_than_settings() {
    local began
    # To the microsecond: otherwise settings that change in the second of a start would count as read.
    began=$(systemctl show --timestamp=us+utc -p ActiveEnterTimestamp --value "$1")
    [ -n "$began" ] && [ "$(date -d "$began" +%s%N)" -lt "$(date -r /opt/data-analyst/.env +%s%N)" ]
}

# start SERVICE: starts or restarts it. Its sockets stay open, so callers wait and are not refused.
start() {
    local service=$1 anew='' own=("/opt/data-analyst/notify/$1" "$units/$1.service")
    [ "$service" != notify-bot ] || own+=(/opt/data-analyst/notify/libe_sqlite3.so)
    if [ "$(notify_socket_text "$service")" != "${listened[$service]}" ]; then
        anew=anew
        moved+=("$service")
    fi
    notify_enable "$service"
    notify_open "$service" $anew || return 1
    if ! systemctl -q is-active "$service.service"; then
        systemctl reset-failed "$service.service" 2> /dev/null || true
        notify_said "starting $service"
        systemctl --no-block start "$service.service"
    elif has_changed "${own[@]}" || is_older_than_settings "$service.service"; then
        notify_said "restarting $service"
        systemctl --no-block restart "$service.service"
    fi
}

wait_until_healthy() {
    local service=$1 until=$((SECONDS + patience))
    while :; do
        if systemctl -q is-active "$service.service" && notify_healthy "$service"; then
            return 0
        fi
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.2
    done
}

# activate TREE OLD: installs a tree and starts its services.
activate() {
    local ready=()
    notify_unwatch
    install_and_start "$1" "$2" || { notify_watch; return 1; }
    notify_watch
    wait_until_all_healthy "${ready[@]}"
}

# install_and_start TREE OLD: fills ready with the services that have all settings.
install_and_start() {
    local service unit retired=()
    declare -gA listened
    moved=()
    for service in "${services[@]}"; do listened[$service]=$(notify_socket_text "$service"); done
    for unit in "$2$units"/*; do
        [ -z "$2" ] || [ -e "$1$units/${unit##*/}" ] || retired+=("${unit##*/}")
    done
    [ ${#retired[@]} -eq 0 ] || notify_retire "${retired[@]}"
    apply "$1" "$2" || return 1
    if [[ " ${changed[*]}" == *" $units/"* ]]; then systemctl daemon-reload; fi
    for service in "${services[@]}"; do
        if notify_ready "$service"; then ready+=("$service"); fi
    done
    for service in "${ready[@]}"; do start "$service" || return 1; done
}

wait_until_all_healthy() {
    local service
    for service in "$@"; do
        if ! wait_until_healthy "$service"; then
            say ""
            say "$service is not healthy after $patience s. Its last lines:"
            journalctl -u "$service" -n 15 --no-pager -o cat 2> /dev/null || true
            return 1
        fi
    done
}

# strands RELEASE: nginx sites that pass requests to addresses where this earlier release will not listen.
strands() { notify_stranded "$(sed -n 's/^ListenStream=//p' "$1$units"/notify-*.socket)"; }

# is_current NAME / point NAME RELEASE: the installed release and the earlier one.
release_of() { if [ -L "$releases/$1" ]; then readlink -f "$releases/$1"; fi; }
point() { ln -sfnT "$(basename "$2")" "$releases/.$1" && mv -fT "$releases/.$1" "$releases/$1"; }

forget_old() {
    local release
    find "$releases" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2- | tail -n +$((keep + 1)) | while IFS= read -r release; do
        case $release in "$(release_of current)" | "$(release_of previous)") ;; *) rm -rf "$release" ;; esac
    done
}

deploy() {
    local current name release stranded
    need_tools
    find_programs
    stage
    check
    say "Notify $version:"
    notify_prepare
    notify_settings "$source_folder/server/env.sample"
    if [ -n "${TELEGRAM_BOT_TOKEN-}" ]; then printf '%s' "$TELEGRAM_BOT_TOKEN" | notify_set TELEGRAM_BOT_TOKEN; fi
    unset TELEGRAM_BOT_TOKEN

    name=$version-$(cd "$staged" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12)
    release=$releases/$name
    current=$(release_of current)
    if [ -d "$release" ]; then rm -rf "$staged"; else mv -T "$staged" "$release"; fi
    chmod 0755 "$release"
    touch "$release"
    if activate "$release" "$current"; then
        if [ "$release" != "$current" ]; then
            [ -z "$current" ] || point previous "$current"
            point current "$release"
        fi
        if [ -n "$current" ] && [[ ${moved[*]} == *notify-[wg]* ]]; then notify_reload_nginx; fi
        forget_old
        [ ${#changed[@]} -gt 0 ] || notify_said "all files are up to date"
        say "Notify $version runs. To see what is left to do: notify-bot doctor"
        return 0
    fi
    if [ -z "$current" ] || [ "$current" = "$release" ]; then
        say "There is no earlier version to roll back to. Fix what the lines above name, then run this again; notify-bot doctor helps." >&2
        return 1
    fi
    stranded=$(strands "$current")
    say "Rolling back to ${current##*/}:"
    if activate "$current" "$release"; then
        say "The earlier version runs again; ${release##*/} was rolled back." >&2
    else
        say "The earlier version is not healthy either. notify-bot doctor says why." >&2
    fi
    [ -z "$stranded" ] || say "nginx still uses the site that it read last. On disk is the site for ${release##*/}, so restore the old one (/root/notify-site.before) before you reload nginx:"$'\n'"$(notify_indent <<< "$stranded")" >&2
    rm -rf "$release"
    return 1
}

rollback() {
    local current previous stranded
    need_tools
    current=$(release_of current)
    previous=$(release_of previous)
    [ -n "$previous" ] && [ -d "$previous" ] || stop "There is no version before this one."
    say "Rolling back from ${current##*/} to ${previous##*/}:"
    need_safe_folders < <(folders_of "$current" "$previous")
    stranded=$(strands "$previous")
    activate "$previous" "$current" || { say "It is not healthy; notify-bot doctor says why." >&2; return 1; }
    [ -z "$stranded" ] || say "nginx passes requests to where this version does not listen; it listens at $(notify_listens notify-web.socket) and $(notify_listens notify-gateway.socket | sed -n 1p). Change the site, then: systemctl reload nginx"$'\n'"$(notify_indent <<< "$stranded")" >&2
    point previous "$current"
    point current "$previous"
}

remove() {
    local current path retired=()
    need_tools
    current=$(release_of current)
    [ -n "$current" ] || stop "Nothing of deploy.sh's is installed here."
    need_safe_folders < <(folders_of "$current")
    for path in "$current$units"/*; do retired+=("${path##*/}"); done
    notify_retire "${retired[@]}"
    (cd "$current" && find . \( -type f -o -type l \) -printf '%P\n') | while IFS= read -r path; do
        rm -f "/$path"
        notify_said "removed /$path"
    done
    # What Python compiled when root imported the package.
    rm -rf /opt/data-analyst/notify/python/notifykit/__pycache__
    rmdir /data/docs/examples/notifications /data/docs/examples /data/docs/python /data/docs /opt/data-analyst/notify/python/notifykit /opt/data-analyst/notify/python /opt/data-analyst/notify/download /opt/data-analyst/notify /run/notify-web /run/notify-gateway 2> /dev/null || true
    # The folders that installs made, the deepest first. What somebody else put into one keeps it.
    [ ! -f "$releases/.folders" ] || LC_ALL=C sort -ru "$releases/.folders" | while IFS= read -r path; do
        rmdir "$path" 2> /dev/null || true
    done
    rm -rf "$releases"
    systemctl daemon-reload
    say "Removed. Your data stays: /data/notifications (links, history), /opt/data-analyst/.env, /var/lib/notify-web, /var/lib/notify-gateway, and the accounts."
}

programs=
what=deploy
while [ $# -gt 0 ]; do
    case $1 in
        --programs) programs=$(readlink -f "${2-}") || stop "--programs needs a folder"; shift ;;
        --rollback) what=rollback ;;
        --remove) what=remove ;;
        *) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 64 ;;
    esac
    shift
done
checked=
staged=
draft=
# Not in /run/lock, where everybody may make files.
exec 9> /run/notify-deploy.lock
flock -n 9 || stop "Another install is under way."
$what
