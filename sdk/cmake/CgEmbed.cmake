# cg_embed(variable file out-variable): a C source in the build tree that holds a file's bytes as
#   const char cg_embedded_<variable>[];  const size_t cg_embedded_<variable>_length;
# and is made again when the file changes. Its path goes into out-variable.
set(CG_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/CgEmbedFile.cmake")

function(cg_embed variable file out)
    cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE input)
    set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded_${variable}.c")
    add_custom_command(
        OUTPUT "${output}"
        COMMAND "${CMAKE_COMMAND}" -D "VARIABLE=${variable}" -D "INPUT=${input}" -D "OUTPUT=${output}" -P
                "${CG_EMBED_SCRIPT}"
        DEPENDS "${input}" "${CG_EMBED_SCRIPT}"
        VERBATIM
    )
    set(${out} "${output}" PARENT_SCOPE)
endfunction()
