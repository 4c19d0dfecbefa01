# i2v: files as texts of C: cmake -DOUT=FILE.c -DNAMES=a;b -DFILES=FILE;FILE -P embed.cmake
# SPDX-License-Identifier: LGPL-2.1-or-later
set(text "/* Made by embed.cmake. */\n")
foreach(file name IN ZIP_LISTS FILES NAMES)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(REGEX REPLACE "(('.x..',){12})" "\\1\n    " bytes "${bytes}")
  string(APPEND text "extern const char ${name}[];\nconst char ${name}[] = {\n    ${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
