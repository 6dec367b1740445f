# How everything in this tree is compiled: language level, warnings, hardening, sanitizers; and the helpers by which a
# folder declares a library, a test or a fuzz target. None of it reaches a plugin that is built outside the tree.

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CG_SANITIZE MATCHES "^(OFF|address|thread)$")
    message(FATAL_ERROR "CG_SANITIZE is '${CG_SANITIZE}'; it must be OFF, address or thread.")
endif()
if(CG_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "CG_FUZZ needs Clang (libFuzzer); use the preset 'fuzz', or set CMAKE_C_COMPILER=clang.")
endif()
if(CG_FUZZ AND CG_SANITIZE)
    message(FATAL_ERROR "CG_FUZZ brings its own sanitizers; leave CG_SANITIZE at OFF.")
endif()

set(CG_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow
    -Wstrict-prototypes
    -Wmissing-prototypes
    -Wconversion
    -Wsign-conversion
    -Wpointer-arith
    -Wcast-qual
    -Wwrite-strings
    -Wundef
    -Wformat=2
    -Wvla
    -Werror
)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND CG_WARNINGS -Wlogical-op -Wduplicated-cond -Wtrampolines)
endif()

# The flags that the compiler and the linker must both see.
set(CG_INSTRUMENTATION "")
if(CG_SANITIZE STREQUAL "address")
    # Optimised a little, which saves the tests some of the time that the instrumentation costs.
    list(APPEND CG_INSTRUMENTATION -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(CG_SANITIZE STREQUAL "thread")
    list(APPEND CG_INSTRUMENTATION -O1 -fsanitize=thread -fno-omit-frame-pointer)
elseif(CG_FUZZ)
    list(APPEND CG_INSTRUMENTATION -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
         -fno-omit-frame-pointer
    )
endif()
if(CG_COVERAGE)
    list(APPEND CG_INSTRUMENTATION --coverage)
endif()
if(CG_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # GCC's flow analysis is misled by the instrumentation itself; the plain builds keep these warnings.
    list(APPEND CG_WARNINGS -Wno-maybe-uninitialized -Wno-format-truncation)
endif()

# cg_target_defaults(target): C17 without extensions, hidden symbols, warnings as errors, hardening, sanitizers.
function(cg_target_defaults target)
    set_target_properties(
        ${target}
        PROPERTIES C_STANDARD 17
                   C_STANDARD_REQUIRED ON
                   C_EXTENSIONS OFF
                   C_VISIBILITY_PRESET hidden
                   POSITION_INDEPENDENT_CODE ON
    )
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(
        ${target} PRIVATE "$<$<COMPILE_LANGUAGE:C>:${CG_WARNINGS}>" -fstack-protector-strong ${CG_INSTRUMENTATION}
    )
    target_link_options(${target} PRIVATE ${CG_INSTRUMENTATION})

    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
        target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
    endif()
    if(NOT CG_SANITIZE AND NOT CG_FUZZ)
        target_compile_options(
            ${target} PRIVATE "$<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>"
        )
    endif()
endfunction()

# cg_add_subdirectory_if_present(folder): a folder joins the build when it has a CMakeLists.txt.
macro(cg_add_subdirectory_if_present folder)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
        add_subdirectory(${folder})
    endif()
endmacro()

# cg_add_host_library(name SOURCES file... [DEPENDS target...]): one room of the host as a static library. Headers are
# included by room and name ("base/arena.h"); what a room depends on reaches those who link the room.
function(cg_add_host_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
    cg_refuse_unknown_arguments(cg_add_host_library ${name} "${arg_UNPARSED_ARGUMENTS}")
    add_library(${name} STATIC ${arg_SOURCES})
    cg_target_defaults(${name})
    target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/host")
    target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
endfunction()

# cg_add_unit_test(name SOURCES file... [LIBS target...] [LABELS label...]): a Criterion program, registered with CTest
# under its own name with the label "unit" unless LABELS says otherwise. Criterion cannot run under ThreadSanitizer, so
# that build has the programs but does not run them.
function(cg_add_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;LABELS")
    cg_refuse_unknown_arguments(cg_add_unit_test ${name} "${arg_UNPARSED_ARGUMENTS}")
    cg_add_test_program(${name} "${arg_SOURCES}" "PkgConfig::criterion;${arg_LIBS}" "${arg_LABELS}")
    if(CG_SANITIZE STREQUAL "thread")
        set_tests_properties(${name} PROPERTIES DISABLED ON)
    endif()
endfunction()

# cg_add_plain_test(name SOURCES file... [LIBS target...] [LABELS label...]): the same for a program with its own main,
# which fails by its exit status. For tests with threads: they also run under ThreadSanitizer.
function(cg_add_plain_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;LABELS")
    cg_refuse_unknown_arguments(cg_add_plain_test ${name} "${arg_UNPARSED_ARGUMENTS}")
    cg_add_test_program(${name} "${arg_SOURCES}" "${arg_LIBS}" "${arg_LABELS}")
endfunction()

# cg_set_test_defaults(test...): the properties of every test. A leak, or a sanitizer report in a process that a test
# started, does not change the test's exit status; the expression turns it into a failure.
function(cg_set_test_defaults)
    set_tests_properties(
        ${ARGN} PROPERTIES TIMEOUT 120 FAIL_REGULAR_EXPRESSION "LeakSanitizer|AddressSanitizer|runtime error:"
    )
endfunction()

# cg_add_fuzz_target(<name>_fuzz SOURCES file... [LIBS target...]): a libFuzzer program in <build>/fuzz. Its seeds are the
# files in tests/fuzz/corpus/<name>, if that folder exists.
function(cg_add_fuzz_target name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    cg_refuse_unknown_arguments(cg_add_fuzz_target ${name} "${arg_UNPARSED_ARGUMENTS}")
    add_executable(${name} ${arg_SOURCES})
    cg_target_defaults(${name})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    target_link_libraries(${name} PRIVATE ${arg_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# The common part of the two kinds of test program; not called from elsewhere.
function(cg_add_test_program name sources libs labels)
    add_executable(${name} ${sources})
    cg_target_defaults(${name})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests/bin")
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/host")
    target_compile_definitions(
        ${name} PRIVATE CG_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CG_TEST_BINARY_DIR="${CMAKE_BINARY_DIR}"
    )
    target_link_libraries(${name} PRIVATE ${libs})
    if(NOT labels)
        set(labels unit)
    endif()
    add_test(NAME ${name} COMMAND ${name})
    cg_set_test_defaults(${name})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}")
endfunction()

function(cg_refuse_unknown_arguments function name unknown)
    if(unknown)
        message(FATAL_ERROR "${function}(${name}): unknown arguments: ${unknown}.")
    endif()
endfunction()
