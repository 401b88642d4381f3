# What an install consists of, as a tree of the files at their places (specification, section 15). Sourced by deploy.sh and by the package's
# build, so that both install the same.

# notify_stage SOURCE PROGRAMS TREE UNITS: SOURCE is the repository or a bundle, PROGRAMS has a folder for each program, UNITS is where units go.
notify_stage() {
    local source=$1 programs=$2 tree=$3 units=$4 name
    umask 022
    for name in bot web gateway; do
        install -D -m 0755 "$programs/notify-$name/notify-$name" "$tree/opt/data-analyst/notify/notify-$name"
    done
    for name in "$source"/server/notify-*.service "$source"/server/notify-*.socket "$source"/server/notify-*.path; do
        [ ! -f "$name" ] || install -D -m 0644 "$name" "$tree$units/${name##*/}"
    done
    install -m 0755 "$source/server/bin/reopen-sockets" "$tree/opt/data-analyst/notify/reopen-sockets"
    install -m 0644 "$programs/notify-bot/libe_sqlite3.so" "$tree/opt/data-analyst/notify/libe_sqlite3.so"
    for name in runner scripts; do
        install -D -m 0755 "$programs/notify-$name/notify-$name" "$tree/usr/local/bin/notify-$name"
    done
    # For the operator's commands: notify-bot users, link, unlink, doctor.
    ln -s /opt/data-analyst/notify/notify-bot "$tree/usr/local/bin/notify-bot"
    install -m 0755 "$source/server/bin/add-analyst" "$tree/usr/local/bin/add-analyst"
    install -D -m 0440 "$source/server/sudoers-deploy" "$tree/etc/sudoers.d/sudoers-deploy"
    for name in notifications desktop send-api glossary; do
        install -D -m 0644 "$source/docs/$name.md" "$tree/data/docs/$name.md"
    done
    for name in "$source"/examples/notifications/*; do
        install -D -m 0644 "$name" "$tree/data/docs/examples/notifications/${name##*/}"
    done
    install -D -m 0644 "$source/server/env.sample" "$tree/opt/data-analyst/env.sample"
    install -m 0644 "$source/server/nginx-notify.conf" "$tree/opt/data-analyst/nginx-notify.conf"
    # A desktop's program is a download of the dashboard.
    install -D -m 0755 "$programs/notify-desktop/notify-desktop" "$tree/opt/data-analyst/notify/download/notify-desktop"
}
