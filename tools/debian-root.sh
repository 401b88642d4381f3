#!/usr/bin/env bash
# tools/debian-root.sh RELEASE: a Debian with systemd as a folder, for the tests that boot one; prints its path. RELEASE is bookworm (12) or trixie (13).
# Created once (some 80 s) and kept. Its packages are part of its name, so another list creates another one. Two releases can be created at the same time.
set -euo pipefail
release=${1-}
case $release in
    bookworm | trixie) ;;
    *) echo "Usage: tools/debian-root.sh bookworm|trixie" >&2; exit 64 ;;
esac
packages=acl,cron,curl,dbus,iproute2,nginx,openssl,procps,python3,python3-venv,sqlite3,sudo,systemd,systemd-sysv
cache=/var/cache/notify-tests
root=$cache/$release-$(printf '%s' "$packages" | sha256sum | cut -c1-12)
mirror=${NOTIFY_TEST_MIRROR:-$(sed -n 's/^\(deb \(\[.*\] \)\?\|URIs: \)\(https\?:[^ ]*\).*/\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null | head -n 1 || true)}

mkdir -p "$cache"
exec 9> "$cache/.lock-$release"
flock 9
if [ ! -e "$root" ]; then
    rm -rf "$cache/$release"-*
    # Gets its name last, so no half is kept.
    debootstrap --variant=minbase --include="$packages" "$release" "$root.new" "${mirror:-http://deb.debian.org/debian}" >&2
    rm -rf "$root.new"/var/cache/apt/archives/*.deb "$root.new"/var/lib/apt/lists/*
    # Units that make no sense in a nested machine, and would leave the system degraded.
    systemctl -q --root="$root.new" mask systemd-networkd-wait-online.service systemd-resolved.service e2scrub_reap.service 2> /dev/null || true
    systemctl -q --root="$root.new" disable nginx.service 2> /dev/null || true
    mv "$root.new" "$root"
fi
echo "$root"
