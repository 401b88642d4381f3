# ./dev bench [delivery|gateway|web]: all budgets, or a part of them. Sourced by ./dev.
. tools/measure.sh
need_sdk
case "${1:-budgets}" in
    budgets | delivery | gateway | web) ;;
    *) stop "./dev bench knows the parts delivery, gateway and web, not $1." ;;
esac
say "measuring: takes some two minutes after the programs are published. On a machine that is busy otherwise, ratios hold better than milliseconds."
measure "${1:-budgets}"
