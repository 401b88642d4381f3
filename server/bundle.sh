#!/usr/bin/env bash
# server/bundle.sh FILE: programs, units and pages in one archive for notify-install. With TELEGRAM_BOT_TOKEN in the environment, that too.
set -euo pipefail
file=$(readlink -f "${1:?Usage: server/bundle.sh FILE}")
cd "$(dirname "$(readlink -f "$0")")/.."
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/programs"
for name in artifacts/publish/notify-*/ artifacts/publish/man/; do
    # What ./dev bench compares the programs with lies beside them.
    case "$name" in */notify-bare-*) continue ;; esac
    cp -r "$name" "$folder/programs/"
done
find "$folder/programs" \( -name '*.pdb' -o -name '*.dbg' -o -name '*.json' \) -delete
cp -r server examples "$folder/"
mkdir "$folder/docs"
cp docs/notifications.md docs/desktop.md docs/send-api.md docs/glossary.md docs/CHANGELOG.md "$folder/docs/"
if [ -n "${TELEGRAM_BOT_TOKEN-}" ]; then
    mkdir "$folder/secrets"
    printf '%s' "$TELEGRAM_BOT_TOKEN" > "$folder/secrets/telegram-bot-token"
fi
tar -C "$folder" -czf "$file" .
ls -sh "$file" >&2
