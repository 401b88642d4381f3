# ./dev bench [delivery|gateway]: all budgets, or a part of them. Sourced by ./dev.
. tools/measure.sh
need_sdk
say "measuring: takes some 40 s after the programs are published. On a machine that is busy otherwise, ratios hold better than milliseconds."
measure "${1:-budgets}"
