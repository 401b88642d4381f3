#!/bin/sh
# in-private-home.sh HOME PROGRAM [ARGUMENT]...: runs a program for which this user's home is the folder HOME.
#
# The runner takes the home only from the account, so a variable can't change it. A mount namespace, seen only by this program and
# its children, has an /etc/passwd whose line for this user names HOME. It also appends the
# lines of the files $NOTIFY_MORE_ACCOUNTS and $NOTIFY_MORE_GROUPS to /etc/passwd and /etc/group. Needs no root if the kernel
# allows unprivileged user namespaces. Status 125: it does not, or another source precedes /etc/passwd.
set -eu
home=$1
shift
uid=$(id -u)
passwd=$home/.passwd
group=$home/.group
name=$(id -un)
{
    printf '%s:x:%s:%s::%s:/bin/sh\n' "$name" "$uid" "$(id -g)" "$home"
    grep -v "^[^:]*:[^:]*:$uid:" /etc/passwd
    cat "${NOTIFY_MORE_ACCOUNTS:-/dev/null}"
} > "$passwd" || exit 125
cat /etc/group "${NOTIFY_MORE_GROUPS:-/dev/null}" > "$group" || exit 125

# Root of its own namespace may mount. Inside, a second namespace gives the user their own id again, which the bot needs.
inside() {
    # shellcheck disable=SC2016 # The shells in there fill them in.
    exec unshare --map-root-user --mount sh -c 'passwd=$1 group=$2 uid=$3 gid=$4; shift 4; mount --bind "$passwd" /etc/passwd && mount --bind "$group" /etc/group && exec unshare --user --map-user="$uid" --map-group="$gid" "$@"' \
        sh "$passwd" "$group" "$uid" "$(id -g)" "$@"
}
works() {
    [ "$(inside getent passwd "$uid" 2> /dev/null | cut -d: -f6)" = "$home" ]
}
works || exit 125
inside "$@"
