# ./dev bench [delivery|gateway]: all budgets, or a part of them. Sourced by ./dev.
. tools/measure.sh
need_sdk
case "${1:-budgets}" in
    budgets | delivery | gateway) ;;
    *) stop "./dev bench knows the parts delivery and gateway, not $1." ;;
esac
say "measuring: takes some 60 s after the programs are published. On a machine that is busy otherwise, ratios hold better than milliseconds."
measure "${1:-budgets}"
