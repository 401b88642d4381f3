# ./dev soak [SECONDS]: each fault for a minute, or so many seconds. Sourced by ./dev.
. tools/measure.sh
need_sdk
measure soak "$@"
