#!/usr/bin/env bash
# What world_columns_test prints is what is expected, with addresses drawn anew and without.
#
#   columns.sh PROGRAM EXPECTED
set -euo pipefail

program=$1 expected=$2
"$program" | diff -u "$expected" -
setarch -R "$program" | diff -u "$expected" -
