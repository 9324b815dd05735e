#!/bin/sh
# Paths on standard input, a line each; their records on standard output, a line each.
# Usage: label-lines.sh MODEL [options of vidclass label]
#
# For programs that hand out lists: Spark's pipe, tasks of Ray. A movie that failed is a record, and no
# reason to do the list again; no paths are no reason to fail.
set -u
model=$1
shift
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
cat >"$list"
[ -s "$list" ] || exit 0
"${VIDCLASS:-vidclass}" label --files-from "$list" -m "$model" -f jsonl --quiet --threads 1 "$@"
code=$?
[ "$code" -eq 3 ] && code=0
exit "$code"
