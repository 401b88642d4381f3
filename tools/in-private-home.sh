#!/bin/sh
# in-private-home.sh HOME PROGRAM [ARGUMENT]...: runs a program for which this user's home is the folder HOME.
#
# The runner takes the home from the account and from nothing else, so a variable can't give it another one. What can is an /etc/passwd of
# its own: a mount namespace, seen by this program and its children only, has one whose line for this user names HOME. Needs no root where
# the kernel allows unprivileged user namespaces. Status 125: it does not, or the account is looked up elsewhere before /etc/passwd.
set -eu
home=$1
shift
uid=$(id -u)
passwd=$home/.passwd
name=$(id -un)
{
    printf '%s:x:%s:%s::%s:/bin/sh\n' "$name" "$uid" "$(id -g)" "$home"
    grep -v "^[^:]*:[^:]*:$uid:" /etc/passwd
} > "$passwd" || exit 125

# Root of a namespace of its own may mount; inside, a second one gives the user their own number back, since the bot goes by that.
works() {
    [ "$(unshare --map-root-user --mount sh -c 'mount --bind "$1" /etc/passwd && exec unshare --user --map-user="$2" --map-group="$3" getent passwd "$2"' sh "$passwd" "$uid" "$(id -g)" 2> /dev/null | cut -d: -f6)" = "$home" ]
}
works || exit 125
exec unshare --map-root-user --mount sh -c 'passwd=$1 uid=$2 gid=$3; shift 3; mount --bind "$passwd" /etc/passwd && exec unshare --user --map-user="$uid" --map-group="$gid" "$@"' \
    sh "$passwd" "$uid" "$(id -g)" "$@"
