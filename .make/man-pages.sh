#!/bin/sh
# Writes a manual page for vidclass and for each of its commands from their own --help.
# Usage: .make/man-pages.sh PROGRAM FOLDER
set -eu
. "$(dirname "$0")/help.sh"

program=$1
folder=$2

page() { # page NAME COMMAND...: the help of a command as a manual page on standard output
  name=$1
  shift
  "$program" "$@" --help | awk -v name="$name" '
    function flush_overview() {
      if (overview != "") {
        print ".SH NAME"
        print name " \\- " overview
        overview = ""
      }
    }
    BEGIN { print ".TH \"" toupper(name) "\" \"1\" \"\" \"vidclass\"" }
    { gsub(/\\/, "\\e"); gsub(/-/, "\\-"); gsub(/^[.\x27]/, "\\\\\\&&") }
    /^OVERVIEW: / { sub(/^OVERVIEW: /, ""); overview = $0; reading = 1; next }
    reading && /^$/ { flush_overview(); reading = 0; next }
    reading { overview = overview " " $0; next }
    /^[A-Z][A-Za-z ]*:( |$)/ {
      if (open) print ".fi"
      split($0, part, ":")
      title = toupper(part[1])
      print ".SH " (title == "USAGE" ? "SYNOPSIS" : title)
      print ".nf"
      open = 1
      rest = $0
      sub(/^[^:]*: */, "", rest)
      if (rest != "") print rest
      next
    }
    !open && !/^$/ { print ".SH DESCRIPTION"; print ".nf"; open = 1 }
    open { print }
    END { flush_overview(); if (open) print ".fi" }'
}

mkdir -p "$folder"
page vidclass >"$folder/vidclass.1"
commands=$("$program" --help | awk '
  /^SUBCOMMANDS:/ { listing = 1; next }
  listing && /^  [a-z]/ { print $1 }
  listing && /^$/ { listing = 0 }')
for command in $commands; do
  page "vidclass-$command" "$command" >"$folder/vidclass-$command.1"
done
