# The Debian package: ./dev publish ends with it. Sourced by ./dev.
#
# It holds the same tree that server/deploy.sh installs, but for the units, which lie where packages have them. The scripts of the package share
# server/lib/prepare.sh with deploy.sh.

# The package's version: the product's.
package_version() { sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props; }

# package: builds it from artifacts/publish. The same input makes the same package, bit for bit.
package() {
    local version root file stamp
    stamp=$(git log -1 --format=%ct 2> /dev/null || date +%s)
    version=$(package_version)
    file=artifacts/publish/notify_${version}_amd64.deb
    root=$(mktemp -d)
    chmod 0755 "$root"
    say "packing $file"
    (
        umask 022
        . server/lib/stage.sh
        notify_stage . artifacts/publish "$root" /lib/systemd/system
        install -d "$root/DEBIAN" "$root/usr/lib/notify" "$root/usr/share/doc/notify" "$root/usr/share/lintian/overrides"
        install -m 0644 server/lib/prepare.sh "$root/usr/lib/notify/prepare.sh"
        install -m 0644 server/debian/copyright "$root/usr/share/doc/notify/copyright"
        install -m 0644 docs/CHANGELOG.md "$root/usr/share/doc/notify/CHANGELOG.md"
        printf 'notify (%s) stable; urgency=medium\n\n  * What changed: CHANGELOG.md beside this file.\n\n -- Notify maintainers <notify@example.org>  %s\n' \
            "$version" "$(date -u -R -d "@$stamp")" | gzip -9nc > "$root/usr/share/doc/notify/changelog.gz"
        install -m 0644 server/debian/lintian-overrides "$root/usr/share/lintian/overrides/notify"
        install -m 0755 server/debian/preinst server/debian/postinst server/debian/prerm server/debian/postrm "$root/DEBIAN/"
        echo /etc/sudoers.d/sudoers-deploy > "$root/DEBIAN/conffiles"
        sed "s/@VERSION@/$version/; s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f1)/" server/debian/control > "$root/DEBIAN/control"
        (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
        chmod 0644 "$root/DEBIAN/md5sums" "$root/DEBIAN/control" "$root/DEBIAN/conffiles"
    )
    SOURCE_DATE_EPOCH=$stamp dpkg-deb --root-owner-group -Zxz -z6 --build "$root" "$file" > /dev/null
    rm -rf "$root"
    ls -sh "$file" >&2
}
