# i2v: writes files into a C source, so that the program needs none of them once it is
# installed: cmake -DOUTPUT=schemas.c -DFILES=a.json;b.json -P embed.cmake
# SPDX-License-Identifier: LGPL-2.1-or-later
set(arrays "")
set(table "")
set(number 0)
foreach(file ${FILES})
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  get_filename_component(name ${file} NAME)
  string(APPEND arrays "static const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", file_${number}, sizeof(file_${number}) - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"model.h\"\n\n${arrays}\n"
  "const EmbeddedFile embedded_schemas[] = {\n${table}};\n\n"
  "const size_t nb_embedded_schemas = ${number};\n")
