# Builds an install's files as a tree. deploy.sh and the package's build source it,
# so both install the same.

# notify_stage SOURCE PROGRAMS TREE UNITS SHARE: SOURCE is the repository or a bundle, PROGRAMS has a folder for each program and one of man pages,
# UNITS is where units go, SHARE where man pages and completions go.
notify_stage() {
    local source=$1 programs=$2 tree=$3 units=$4 share=$5 name
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
    # What scripts import: the runner puts this folder on their path. The wheel is for virtual environments.
    for name in "$programs"/notify-runner/python/notifykit/*; do
        [ ! -f "$name" ] || install -D -m 0644 "$name" "$tree/opt/data-analyst/notify/python/notifykit/${name##*/}"
    done
    for name in "$programs"/notify-runner/python/notifykit-*.whl; do
        [ ! -f "$name" ] || install -D -m 0644 "$name" "$tree/data/docs/python/${name##*/}"
    done
    install -m 0755 "$programs/notify-command/notify" "$tree/usr/local/bin/notify"
    for name in "$programs"/man/*.gz; do
        case $name in
            *.8.gz) install -D -m 0644 "$name" "$tree$share/man/man8/${name##*/}" ;;
            *) install -D -m 0644 "$name" "$tree$share/man/man1/${name##*/}" ;;
        esac
    done
    install -D -m 0644 "$source/server/completion/notify.bash" "$tree$share/bash-completion/completions/notify"
    # Where each shell looks: for what the system brings, and for what root adds.
    case $share in
        /usr/share) name=$share/zsh/vendor-completions ;;
        *) name=$share/zsh/site-functions ;;
    esac
    install -D -m 0644 "$source/server/completion/notify.zsh" "$tree$name/_notify"
    install -D -m 0644 "$source/server/completion/notify.fish" "$tree$share/fish/vendor_completions.d/notify.fish"
    # For the admin's commands: notify-bot users, link, unlink, doctor.
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
    # The dashboard offers the desktop program as a download.
    install -D -m 0755 "$programs/notify-desktop/notify-desktop" "$tree/opt/data-analyst/notify/download/notify-desktop"
}
