# chitragupt_add_plugin(name [SOURCES] file... [LIBS target...])
#
# Makes the module <name>.so. It is a loadable module without soname and without the "lib" prefix; its symbols are hidden
# but for those the SDK's macros export; every symbol it needs must be found when it is linked (-z defs), is bound when
# it is loaded (-z now), and its code stays mapped until the process ends (-z nodelete). The SDK's helper library is
# linked in, and its symbols are not exported again.
#
# Installation is the caller's business:
#   install(TARGETS <name> LIBRARY DESTINATION ${ChitraguptPlugin_PLUGINDIR})

function(chitragupt_add_plugin name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    list(APPEND arg_SOURCES ${arg_UNPARSED_ARGUMENTS})
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "chitragupt_add_plugin(${name}): no source file was given.")
    endif()

    add_library(${name} MODULE ${arg_SOURCES})
    set_target_properties(
        ${name}
        PROPERTIES PREFIX ""
                   C_STANDARD 17
                   C_STANDARD_REQUIRED ON
                   C_EXTENSIONS OFF
                   C_VISIBILITY_PRESET hidden
                   CXX_VISIBILITY_PRESET hidden
                   VISIBILITY_INLINES_HIDDEN ON
    )
    target_link_libraries(${name} PRIVATE Chitragupt::sdk ${arg_LIBS})
    target_link_options(
        ${name}
        PRIVATE
        LINKER:-z,now
        LINKER:-z,nodelete
        LINKER:-z,relro
        LINKER:--exclude-libs,ALL
    )

    # Clang leaves the sanitizer's runtime undefined in a shared object: the program that loads it has it.
    set(sanitized FALSE)
    if(CG_SANITIZE OR CG_FUZZ OR "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
        set(sanitized TRUE)
    endif()
    if(NOT (sanitized AND CMAKE_C_COMPILER_ID MATCHES "Clang"))
        target_link_options(${name} PRIVATE LINKER:-z,defs)
    endif()

    # Only inside the tree of chitragupt: the flags of the tree, and for a bundled module its place beside the program.
    if(COMMAND cg_target_defaults)
        cg_target_defaults(${name})
    endif()
    if(CG_BUNDLED_PLUGINS)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/${CG_PLUGIN_SUBDIR}")
        install(TARGETS ${name} LIBRARY DESTINATION ${CG_PLUGIN_SUBDIR} COMPONENT runtime)
    endif()
endfunction()
