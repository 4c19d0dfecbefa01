#!/bin/sh
# i2v: the rules of the house that a script can see
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Says of plugin/ and shim/ FILE:LINE: CHECK: what is wrong. The checks are
#   upward   a folder of plugin/ includes one that stands above it
#   circle   files include each other in a circle; a .c and the .h of its name count as one
#   unnamed  an include in plugin/ does not name its folder
#   inside   a header whose first line says "(inside FOLDER)" is included from elsewhere
#   long     a file has more than 600 lines; manual pages may
#   engine   a source above plugin/engine/ names aimlapi or a variable of its own
set -eu

# From the lowest up; i2v is what lies in plugin/ itself.
FOLDERS="base heif still engine request store made job journey i2v host command exec ctl"
# What is said, and not enforced yet.
KNOWN=""

cd "$(dirname "$(readlink -f "$0")")/.."
# shellcheck disable=SC2016 # of awk
find plugin shim -type f ! -name '*.[17]' | LC_ALL=C sort |
  xargs awk -v folders="$FOLDERS" -v known="$KNOWN" '
  BEGIN {
    count = split(folders, names, " ")
    for (i = 1; i <= count; i++)
      rank[names[i]] = i
    rank["shim"] = rank["launcher"] = count + 1
    count = split(known, names, " ")
    for (i = 1; i <= count; i++)
      is_known[names[i]]
    for (i = 1; i < ARGC; i++)
      is_file[ARGV[i]]
  }

  function wrong(where, check, text) {
    printf "%s: %s%s: %s\n", where, check, check in is_known ? " (known)" : "", text
    failed = failed || !(check in is_known)
  }

  function folder_of(file, part) {
    return split(file, part, "/") == 2 && part[1] == "plugin" ? "i2v" : part[split(file, part, "/") - 1]
  }

  function room_of(file) {
    sub(/^plugin\//, "", file)
    sub(/\.[ch]$/, "", file)
    return file
  }

  # What FILE includes as NAME: a file of ours, or nothing.
  function target(file, name, path) {
    path = (file ~ /^shim\// ? "shim/" : "plugin/") name
    return path in is_file ? path : ""
  }

  function note_include(name, to, room, to_room) {
    to = target(FILENAME, name)
    if (to == "" && FILENAME ~ /^plugin\//)
      wrong(FILENAME ":" FNR, "unnamed", "\"" name "\" is no file below plugin/")
    if (to == "")
      return
    if (rank[folder_of(to)] > rank[folder])
      wrong(FILENAME ":" FNR, "upward", folder " includes " name)
    included[++includes] = to
    from[includes] = FILENAME
    line[includes] = FNR
    room = room_of(FILENAME)
    to_room = room_of(to)
    if (room != to_room && !((room, to_room) in place)) {
      place[room, to_room] = FILENAME ":" FNR
      next_room[room, ++degree[room]] = to_room
    }
  }

  # Depth first; what leads back to a room on the way closes a circle.
  function visit(room, depth, i, j, to, text) {
    way[depth] = room
    at[room] = depth
    for (i = 1; i <= degree[room]; i++) {
      to = next_room[room, i]
      if (!(to in at)) {
        visit(to, depth + 1)
      } else if (at[to]) {
        text = to
        for (j = at[to] + 1; j <= depth; j++)
          text = text " -> " way[j]
        wrong(place[room, to], "circle", text " -> " to)
      }
    }
    at[room] = 0
  }

  FNR == 1 {
    folder = folder_of(FILENAME)
    if (!(folder in rank))
      wrong(FILENAME ":1", "upward", "the folder " folder " has no place in the order")
    if (match($0, /\(inside [a-z0-9]+\)/))
      inside[FILENAME] = substr($0, RSTART + 8, RLENGTH - 9)
    rooms[++files] = room_of(FILENAME)
  }
  FNR == 601 { wrong(FILENAME ":601", "long", "more than 600 lines") }
  FILENAME ~ /\.[ch]$/ && rank[folder] > rank["engine"] && tolower($0) ~ /aiml/ {
    text = $0
    sub(/^[ \t]+/, "", text)
    wrong(FILENAME ":" FNR, "engine", text)
  }
  /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    note_include(quoted[2])
  }

  END {
    for (i = 1; i <= includes; i++)
      if (included[i] in inside && folder_of(from[i]) != inside[included[i]])
        wrong(from[i] ":" line[i], "inside", included[i] " is for the inside of " inside[included[i]])
    for (i = 1; i <= files; i++)
      if (!(rooms[i] in at))
        visit(rooms[i], 1)
    exit failed
  }' || exit 1
