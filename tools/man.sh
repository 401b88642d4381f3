# man_pages FOLDER: the man pages of docs/man for programs' folders, packed as Debian packs them. Sourced by ./dev.
man_pages() {
    local page name stamp
    stamp=$(git log -1 --format=%ct 2> /dev/null || date +%s)
    rm -rf "$1"
    mkdir -p "$1"
    for page in docs/man/*.scd; do
        name=${page##*/}
        # The page names its date: the same source makes the same page.
        SOURCE_DATE_EPOCH=$stamp scdoc < "$page" | gzip -9nc > "$1/${name%.scd}.gz"
    done
}
