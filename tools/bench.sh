# ./dev bench [command|rounds|delivery|gateway|web|pages]: all budgets, or a part of them. Sourced by ./dev.
. tools/measure.sh
need_sdk
case "${1:-budgets}" in
    budgets | command | rounds | delivery | gateway | web | pages) ;;
    *) stop "./dev bench knows the parts command, rounds, delivery, gateway, web and pages, not $1." ;;
esac
say "measuring: takes about three minutes after publishing. On a busy machine, trust ratios more than milliseconds."
measure "${1:-budgets}"
