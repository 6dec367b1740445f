# Run by CgEmbed.cmake: writes OUTPUT, a C source with the bytes of INPUT.
file(READ "${INPUT}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(
    WRITE "${OUTPUT}"
    "#include <stddef.h>\n"
    "extern const char cg_embedded_${VARIABLE}[];\n"
    "extern const size_t cg_embedded_${VARIABLE}_length;\n"
    "const char cg_embedded_${VARIABLE}[] = {\n${bytes}'\\0'};\n"
    "const size_t cg_embedded_${VARIABLE}_length = ${length};\n"
)
