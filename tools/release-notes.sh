#!/usr/bin/env bash
# tools/release-notes.sh TAG [CHANGELOG]: prints the section of the changelog for a tag such as v1.2.3. If there is none, it says so and ends with status 1.
set -euo pipefail
tag=${1:?Usage: tools/release-notes.sh TAG [CHANGELOG]}
changelog=${2:-$(dirname "$(readlink -f "$0")")/../docs/CHANGELOG.md}
notes=$(awk -v version="${tag#v}" '
    /^## / { inside = $2 == version || $2 == "[" version "]"; next }
    inside
' "$changelog")
# Without the empty lines around it.
notes=$(sed '/./,$!d' <<< "$notes")
if [ -z "$notes" ]; then
    printf '%s has no section "## %s - DATE", or it is empty. Rename Unreleased to it, commit, and move the tag there.\n' "$changelog" "${tag#v}" >&2
    exit 1
fi
# On the page of a release, links that are relative to docs/ lead nowhere.
if [ -n "${GITHUB_REPOSITORY-}" ]; then
    notes=$(sed -E "s#\]\(([a-z0-9-][^):]*)\)#](${GITHUB_SERVER_URL-https://github.com}/$GITHUB_REPOSITORY/blob/$tag/docs/\1)#g" <<< "$notes")
fi
printf '%s\n' "$notes"
