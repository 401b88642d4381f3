# The Debian package: ./dev publish ends with it. Sourced by ./dev.
#
# It holds the same tree that server/deploy.sh installs, with the units in the packages' folder. The package's scripts share
# server/lib with deploy.sh.

# debian_version VERSION: as Debian writes it. A pre-release (1.0.0-rc.1) sorts before its release with a tilde; a second hyphen would begin Debian's own revision.
debian_version() {
    local version=${1/-/'~'}
    printf '%s\n' "${version//-/.}"
}

# package: builds it from artifacts/publish. The same input makes the same package, bit for bit.
package() {
    local product version root file stamp
    stamp=$(git log -1 --format=%ct 2> /dev/null || date +%s)
    product=$(artifacts/publish/notify-bot/notify-bot --version)
    version=$(debian_version "$product")
    # Its name has the product's version: not every store of files takes a tilde.
    file=artifacts/publish/notify_${product}_amd64.deb
    rm -f artifacts/publish/notify_*_amd64.deb
    root=$(mktemp -d)
    chmod 0755 "$root"
    say "packing $file"
    (
        umask 022
        . server/lib/stage.sh
        notify_stage . artifacts/publish "$root" /usr/lib/systemd/system /usr/share
        install -d "$root/DEBIAN" "$root/usr/lib/notify" "$root/usr/share/doc/notify" "$root/usr/share/lintian/overrides"
        install -m 0644 server/lib/guard.sh server/lib/prepare.sh "$root/usr/lib/notify/"
        install -m 0644 server/debian/copyright "$root/usr/share/doc/notify/copyright"
        install -m 0644 docs/CHANGELOG.md docs/operations.md "$root/usr/share/doc/notify/"
        printf 'notify (%s) stable; urgency=medium\n\n  * What changed: CHANGELOG.md beside this file.\n\n -- Notify maintainers <notify@example.org>  %s\n' \
            "$version" "$(date -u -R -d "@$stamp")" | gzip -9nc > "$root/usr/share/doc/notify/changelog.gz"
        install -m 0644 server/debian/lintian-overrides "$root/usr/share/lintian/overrides/notify"
        install -m 0755 server/debian/postinst server/debian/prerm server/debian/postrm "$root/DEBIAN/"
        package_preinst "$root" > "$root/DEBIAN/preinst"
        chmod 0755 "$root/DEBIAN/preinst"
        echo /etc/sudoers.d/sudoers-deploy > "$root/DEBIAN/conffiles"
        sed "s/@VERSION@/$version/; s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f1)/" server/debian/control > "$root/DEBIAN/control"
        (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
        chmod 0644 "$root/DEBIAN/md5sums" "$root/DEBIAN/control" "$root/DEBIAN/conffiles"
    )
    package_archive "$root" "$stamp" "$file"
    rm -rf "$root"
    ls -sh "$file" >&2
}

# package_preinst ROOT: the script before unpacking, which has everything that it needs in it.
package_preinst() {
    local folders listens
    folders=$(cd "$1" && find . -path ./DEBIAN -prune -o \( -type f -o -type l \) -printf '/%h\n' | sed 's#^/[.]/#/#' | LC_ALL=C sort -u)
    listens=$(sed -n 's/^ListenStream=//p' server/notify-*.socket)
    while IFS= read -r line; do
        case $line in
            '# @GUARD@') cat server/lib/guard.sh ;;
            @FOLDERS@) printf '%s\n' "$folders" ;;
            *) printf '%s\n' "${line//@LISTENS@/$listens}" ;;
        esac
    done < server/debian/preinst
}

# package_archive ROOT STAMP FILE: like dpkg-deb --build, without shared folders: dpkg removes each empty folder of a
# package's list, and /opt or /data may be older than the package.
package_archive() {
    local root=$1 stamp=$2 file work
    file=$(readlink -f "$3")
    work=$(mktemp -d)
    local archive=(tar --sort=name --format=gnu --no-recursion --null --verbatim-files-from --files-from=- --owner=root:0 --group=root:0 --numeric-owner "--mtime=@$stamp" --create --xz --file)
    printf '2.0\n' > "$work/debian-binary"
    (cd "$root/DEBIAN" && find . -print0 | LC_ALL=C sort -z | "${archive[@]}" "$work/control.tar.xz")
    (cd "$root" && find . -path ./DEBIAN -prune -o ! \( -type d \( -path ./opt -o -path ./data -o -path ./usr/local -o -path ./usr/local/bin \) \) -print0 \
        | LC_ALL=C sort -z | "${archive[@]}" "$work/data.tar.xz")
    rm -f "$file"
    (cd "$work" && ar rcD "$file" debian-binary control.tar.xz data.tar.xz)
    rm -rf "$work"
}
