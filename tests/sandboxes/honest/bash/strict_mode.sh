#!/bin/bash
# in: alice 30
# in: bob 25
# in: alice 12
# out: alice=42
# out: bob=25
set -euo pipefail
IFS=$'\n\t'

declare -A totals=()

main() {
  local name amount
  while IFS=' ' read -r name amount; do
    totals[$name]=$(( ${totals[$name]:-0} + amount ))
  done
  for name in "${!totals[@]}"; do
    printf '%s=%d\n' "$name" "${totals[$name]}"
  done | sort
}

main "$@"
