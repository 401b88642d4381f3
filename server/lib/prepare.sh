# Prepares the machine: groups, accounts, folders and their rights, and the settings file. Opens and checks
# the services. deploy.sh and the package's scripts source it after guard.sh.
# Each function reports only what it changed; a second call changes nothing.

notify_said() { echo "  $*"; }

notify_group() {
    getent group "$1" > /dev/null || { groupadd --system "$1" && notify_said "created the group $1"; }
}

# notify_account NAME GROUP: an account that nobody can log in as.
notify_account() {
    id "$1" > /dev/null 2>&1 && return 0
    useradd --system --gid "$2" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
    notify_said "created the account $1"
}

notify_member() {
    id -nG "$1" | tr ' ' '\n' | grep -x "$2" > /dev/null && return 0
    usermod --append --groups "$2" "$1"
    notify_said "$1 is in $2 now"
}

# notify_folder PATH OWNER GROUP MODE: the folder without its content, never through a link.
notify_folder() {
    if [ -L "$1" ]; then
        echo "$1 is a link, but Notify needs a folder there: move the link away." >&2
        return 1
    fi
    if [ ! -d "$1" ]; then
        install -d -o "$2" -g "$3" -m "$4" "$1"
        notify_said "made $1"
        return 0
    fi
    if [ "$(stat -c '%U:%G' "$1")" != "$2:$3" ]; then
        chown "$2:$3" "$1"
        notify_said "$1 is $2:$3's now"
    fi
}

# notify_mode PATH MODE: the mode as stat shows it, including setgid.
notify_mode() {
    [ "$(stat -c %a "$1")" = "$2" ] && return 0
    chmod "0$2" "$1"
    notify_said "$1 now has the mode $2"
}

notify_prepare() {
    notify_group dataread
    notify_group data-ops
    notify_account deploy data-ops
    notify_account notify-gateway data-ops
    getent group www-data > /dev/null || groupadd --system www-data
    notify_account www-data www-data
    notify_member www-data data-ops

    [ -d /data ] || { install -d -m 0755 /data && notify_said "made /data"; }
    notify_folder /data/notifications deploy data-ops 2770
    # First the mode, which also sets the mask, then the entry, which keeps it.
    notify_mode /data/notifications 2770
    if ! getfacl -cpE /data/notifications | grep -x 'group:dataread:--x' > /dev/null; then
        setfacl -m g:dataread:--x /data/notifications
        notify_said "dataread may pass through /data/notifications"
    fi
    # The bot may write an earlier engine's files; their content stays.
    for file in telegram_users.json pending_codes.json pending_links.json; do notify_adopt "$file"; done
    [ -d /opt/data-analyst ] || { install -d -m 0755 /opt/data-analyst && notify_said "made /opt/data-analyst"; }
}

# notify_adopt NAME: gives a file in /data/notifications to the bot. Members of data-ops may write in this folder, and could replace
# the file between two commands. So root changes it by a second name, in a folder that only root can enter, and only if there is no third name:
# a hard link to another file is left alone.
notify_adopt() (
    file=/data/notifications/$1
    [ -f "$file" ] && [ ! -L "$file" ] || return 0
    [ "$(stat -c '%G %a' "$file")" != "data-ops 660" ] || return 0
    private=$(mktemp -d /data/notifications/.adopt.XXXXXX) && cd "$private" || return 1
    case $(stat -c '%u %a' .) in "0 700" | "0 2700") ;; *) return 1 ;; esac
    if ln -P "$file" mine 2> /dev/null && [ -f mine ] && [ ! -L mine ] && [ "$(stat -c %h mine)" = 2 ]; then
        chown deploy:data-ops mine
        chmod 0660 mine
        notify_said "$file now belongs to deploy:data-ops, with the mode 660"
    else
        echo "$file was left alone, because it is a hard link. Put a copy in its place." >&2
    fi
    rm -f mine
    cd /
    rmdir "$private" || true
)

# notify_setting NAME: its value in the settings file; nothing if it is not set.
notify_setting() {
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" /opt/data-analyst/.env 2> /dev/null | tail -n 1 | sed "s/[[:space:]]*\$//; s/^\"\\(.*\\)\"\$/\\1/; s/^'\\(.*\\)'\$/\\1/"
}

# notify_set NAME, value on standard input: everybody on the machine can read command lines.
notify_set() {
    value=$(cat)
    [ "$(notify_setting "$1")" != "$value" ] || return 0
    draft=$(mktemp /opt/data-analyst/.env.XXXXXX)
    NOTIFY_VALUE=$value awk -v name="$1" '
        $0 ~ "^[[:space:]]*" name "[[:space:]]*=" { if (!done) { print name "=" ENVIRON["NOTIFY_VALUE"]; done = 1 } next }
        { print }
        END { if (!done) print name "=" ENVIRON["NOTIFY_VALUE"] }' /opt/data-analyst/.env > "$draft"
    chmod 0600 "$draft"
    mv "$draft" /opt/data-analyst/.env
    notify_said "$1 is set in /opt/data-analyst/.env"
}

# notify_settings SAMPLE: the settings file, root's alone, with a secret for the tokens.
notify_settings() {
    if [ ! -e /opt/data-analyst/.env ]; then
        install -o root -g root -m 0600 "$1" /opt/data-analyst/.env
        notify_said "made /opt/data-analyst/.env"
    fi
    [ "$(stat -c '%U:%G' /opt/data-analyst/.env)" = root:root ] || { chown root:root /opt/data-analyst/.env && notify_said "/opt/data-analyst/.env now belongs to root"; }
    notify_mode /opt/data-analyst/.env 600
    [ -n "$(notify_setting NOTIFY_JWT_SECRET)" ] || head -c 48 /dev/urandom | base64 -w 0 | notify_set NOTIFY_JWT_SECRET
}

# notify_ready SERVICE: whether its required settings are set. Prints the missing ones.
notify_ready() {
    case $1 in
        notify-bot) set -- "$1" TELEGRAM_BOT_TOKEN ;;
        notify-web) set -- "$1" GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET NOTIFY_ALLOWED_DOMAINS NOTIFY_JWT_SECRET ;;
        notify-gateway) set -- "$1" NOTIFY_JWT_SECRET ;;
    esac
    service=$1
    shift
    missing=
    for name in "$@"; do
        [ -n "$(notify_setting "$name")" ] || missing="$missing $name"
    done
    [ -n "$missing" ] || return 0
    notify_said "$service is installed but not started: /opt/data-analyst/.env lacks$missing. Add it, then: systemctl enable --now $(notify_sockets "$service" | tr '\n' ' ')$service.service"
    return 1
}

# notify_sockets SERVICE: its installed socket units.
notify_sockets() {
    for unit in "$1.socket" "$1-clients.socket"; do
        ! systemctl cat "$unit" > /dev/null 2>&1 || echo "$unit"
    done
}

# notify_enable SERVICE: enables it at boot, with its sockets and the watcher of their files.
notify_enable() {
    # shellcheck disable=SC2046 # One word for each unit.
    systemctl -q enable $(notify_sockets "$1") "$1.service"
    if systemctl cat notify-sockets.path > /dev/null 2>&1; then systemctl -q enable notify-sockets.path; fi
}

# notify_unwatch / notify_watch: around an install that moves sockets. Between new units and their sockets a file is missing, and the
# watcher would restart units while the install stops and starts them: one of the two finds the address in use.
notify_unwatch() { systemctl stop notify-sockets.path notify-sockets.service 2> /dev/null || true; }
notify_watch() {
    if systemctl -q is-enabled notify-sockets.path 2> /dev/null; then systemctl start notify-sockets.path; fi
}

# notify_open SERVICE [anew]: opens its sockets; with "anew" by the current units, which needs a stopped service.
notify_open() {
    sockets=$(notify_sockets "$1")
    # systemd refuses a socket that is added while its service runs.
    for unit in $sockets; do systemctl -q is-active "$unit" || set -- "$1" anew; done
    # shellcheck disable=SC2086 # One word for each unit.
    if [ "${2-}" = anew ] && systemctl -q is-active "$1.service" $sockets; then
        systemctl stop "$1.service" $sockets
        systemctl start $sockets && notify_said "reopened the sockets of $1"
    else
        systemctl start $sockets
    fi
}

# notify_retire UNIT...: stops removed units while their files exist. First the watcher, which would reopen the sockets.
notify_retire() {
    notify_unwatch
    systemctl -q disable --now "$@" 2> /dev/null || true
    systemctl reset-failed notify-sockets.service "$@" 2> /dev/null || true
}

# notify_reload_nginx: after the sockets of the dashboard or the gateway moved and the sites were changed.
notify_reload_nginx() {
    systemctl -q is-active nginx.service || return 0
    if nginx -tq 2> /dev/null; then
        systemctl reload nginx.service && notify_said "reloaded nginx"
    else
        notify_said "nginx keeps its old sites, because nginx -t finds a mistake in them. Fix it, then: systemctl reload nginx"
    fi
}

# notify_healthy SERVICE: whether it answers at its current address. An old version listens on TCP, and answers only to its public name.
# Uses no proxy, whatever the environment says.
notify_healthy() {
    case $1 in
        notify-bot) set -- --unix-socket /data/notifications/bot.sock http://bot/health ;;
        notify-gateway) set -- --unix-socket /run/notify-gateway/ws.sock http://gateway/health ;;
        notify-web)
            address=$(notify_listens notify-web.socket | sed -n 1p)
            case $address in
                /*) set -- --unix-socket "$address" http://localhost/healthz ;;
                *) set -- -H "Host: $(notify_setting NOTIFY_WEB_URL | sed 's#^[a-z]*://##; s#/.*##')" "http://$address/healthz" ;;
            esac
            ;;
    esac
    curl -sf -m 5 -o /dev/null --noproxy '*' "$@"
}
