# Checks before root writes anything: folders that others can change, and nginx sites that would lose their target.
# POSIX sh without other files: deploy.sh sources it, and tools/package.sh puts it into the package's preinst.
# At the end of a pipe grep reads to the end (no -q): otherwise the command before it fails to write, and pipefail fails deploy.sh.

# notify_group_is_roots GID: only root is in the group.
notify_group_is_roots() {
    [ "$1" != 0 ] || return 0
    ! getent group "$1" | cut -d: -f4 | tr ',' '\n' | grep -v '^$' | grep -vx root > /dev/null && ! getent passwd | cut -d: -f3,4 | grep -v '^0:' | grep ":$1\$" > /dev/null
}

# notify_unsafe PATH: prints why others than root could change what root writes at PATH, and the fixing command. Prints nothing if it is safe.
# Checks from / down to the first missing folder: root creates the rest. A link may exist only outside of Notify's
# folders, and only as root's.
notify_unsafe() (
    set -f
    IFS=/
    done=
    for part in ${1#/}; do
        [ -n "$part" ] || continue
        path=$done/$part
        if [ -L "$path" ]; then
            case $path/ in
                /data/?* | /opt/data-analyst/*) echo "$path is a link, and root would write to its target: rm $path"; return ;;
            esac
            if [ "$(stat -c %u "$path")" != 0 ]; then
                echo "$path is a link of $(stat -c %U "$path")'s, and root would write to its target: rm $path"
                return
            fi
            target=$(readlink -f "$path")
            said=$(notify_unsafe "$target")
            [ -z "$said" ] || { echo "$said"; return; }
        elif [ ! -e "$path" ]; then
            return
        elif [ ! -d "$path" ]; then
            echo "$path is not a folder: mv $path $path.aside"
            return
        elif [ "$(stat -c %u "$path")" != 0 ]; then
            echo "$path is $(stat -c %U "$path")'s, who could change what root writes there: chown root:root $path && chmod go-w $path"
            return
        else
            case $(stat -Lc %A "$path") in
                ????????w*) echo "$path can be changed by everybody, and root writes there: chmod go-w $path"; return ;;
                ?????w*)
                    # With an ACL these bits are its mask: some entry may write.
                    case $(ls -ld "$path") in ??????????+*) entry=yes ;; *) entry= ;; esac
                    if [ -n "$entry" ] || ! notify_group_is_roots "$(stat -c %g "$path")"; then
                        echo "$path can be changed by members of $(stat -c %G "$path")${entry:+ or by an ACL entry}, and root writes there: chmod g-w $path"
                        return
                    fi
                    ;;
            esac
        fi
        done=$path
    done
)

notify_indent() { sed 's/^/    /'; }

# notify_check_folders: whether root may safely write to the paths on standard input. Prints the unsafe ones with their fixing commands.
notify_check_folders() {
    said=$(while IFS= read -r folder; do notify_unsafe "$folder"; done | LC_ALL=C sort -u)
    [ -n "$said" ] || return 0
    echo "Root does not write where another account could plant a link:"
    echo "$said" | notify_indent
    echo "The command after each colon fixes it. First check who needs it as it is. Then run this again."
    return 1
}

# notify_listens UNIT: where a systemd socket listens now, one address a line.
notify_listens() {
    systemctl show -p Listen --value "$1" 2> /dev/null | sed -n 's/ (Stream)$//p'
}

# notify_nginx: nginx's configuration, each file after a line with its name; the usual files if nginx finds a mistake.
notify_nginx() {
    nginx -T 2> /dev/null && return 0
    for file in /etc/nginx/nginx.conf /etc/nginx/conf.d/*.conf /etc/nginx/sites-enabled/*; do
        [ ! -f "$file" ] || { echo "# configuration file $file:"; cat "$file"; }
    done
}

# notify_sites ADDRESS: nginx files that pass requests to it.
notify_sites() {
    case $1 in
        /*) at="unix:$(printf '%s' "$1" | sed 's/[.]/[.]/g')"'([^0-9A-Za-z_.-]|$)' ;;
        *) at="(127[.]0[.]0[.]1|localhost|[[]::1[]]):${1##*:}"'([^0-9]|$)' ;;
    esac
    notify_nginx | awk -v at="$at" '
        /^# configuration file .*:$/ { file = substr($0, 22); sub(/:$/, "", file); next }
        { sub(/#.*/, "") }
        $0 ~ at && !said[file]++ { print file }'
}

# notify_stranded ADDRESSES: lines "ADDRESS FILE": sites that pass requests to an address where Notify listens now, but no longer when it
# listens at ADDRESSES (one a line). An admin's additions to a socket (systemctl edit) stay, and so count.
notify_stranded() {
    for unit in notify-web.socket notify-gateway.socket notify-gateway-clients.socket; do
        notify_listens "$unit"
    done | while IFS= read -r address; do
        { printf '%s\n' "$1"; sed -n 's/^ListenStream=//p' /etc/systemd/system/notify-*.socket.d/*.conf 2> /dev/null || true; } | grep -xF "$address" > /dev/null && continue
        notify_sites "$address" | sed "s#^#$address #"
    done
}

# notify_check_sites ADDRESSES: whether each nginx site will have a target. Prints those that will not, and the commands that change
# them from the ports of earlier versions, which each account of the machine could reach, to the sockets.
notify_check_sites() {
    said=$(notify_stranded "$1")
    [ -n "$said" ] || return 0
    echo "This version listens on Unix sockets for nginx alone. It no longer listens where these sites pass requests to:"
    echo "$said" | notify_indent
    echo "Change the site, and do not reload nginx yet:"
    echo "$said" | cut -d' ' -f2- | LC_ALL=C sort -u | while IFS= read -r site; do
        cat <<TEXT

    cp -L $site /root/notify-site.before
    sed -i --follow-symlinks -E \\
        -e 's#proxy_pass +http://(127\.0\.0\.1|localhost|\[::1\]):5000#proxy_set_header X-Forwarded-For \$remote_addr; proxy_pass http://unix:/run/notify-web/web.sock#' \\
        -e 's#proxy_pass +http://(127\.0\.0\.1|localhost|\[::1\]):8765/#proxy_pass http://unix:/run/notify-gateway/client.sock:/#' \\
        -e 's#proxy_pass +http://(127\.0\.0\.1|localhost|\[::1\]):8765#proxy_pass http://unix:/run/notify-gateway/client.sock#' \\
        -e 's#server +(127\.0\.0\.1|localhost|\[::1\]):5000#server unix:/run/notify-web/web.sock#' \\
        -e 's#server +(127\.0\.0\.1|localhost|\[::1\]):8765#server unix:/run/notify-gateway/client.sock#' $site
TEXT
    done
    cat <<'TEXT'

Compare the result with server/nginx-notify.conf. Then run this again: nginx reads the site when the new version runs.
For a web server that needs a port: docs/operations.md, "Another web server".
TEXT
    return 1
}

# notify_socket_text SERVICE: addresses and owners of its socket units. With equal texts the socket stays open, so nobody is refused
# meanwhile. The bot's socket belongs to deploy either way, by the unit or by a command in it.
notify_socket_text() {
    for unit in "$1.socket" "$1-clients.socket"; do
        systemctl cat "$unit" 2> /dev/null | sed -n 's/^\(ListenStream\|FileDescriptorName\|Service\|SocketMode\|SocketUser\|SocketGroup\)=/'"$unit"' &/p' \
            | grep -v '^notify-bot.socket \(SocketUser=deploy\|SocketGroup=data-ops\)$' || true
    done
}
