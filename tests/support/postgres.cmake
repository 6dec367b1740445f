# cg_also_on_postgresql(test...): registers tests that run on SQLite a second time, as <name>_postgresql, on a real
# PostgreSQL: CG_TEST_DATABASE tells them, and the server is that of the fixture "postgres".
set(CG_TEST_POSTGRES_FOLDER "${CMAKE_BINARY_DIR}/tests/postgres" CACHE INTERNAL "")

# cg_needs_postgresql(test...): tests that use the server, whatever else they do.
function(cg_needs_postgresql)
    set_property(TEST ${ARGN} APPEND PROPERTY ENVIRONMENT "CG_TEST_POSTGRES=${CG_TEST_POSTGRES_FOLDER}")
    set_property(TEST ${ARGN} APPEND PROPERTY FIXTURES_REQUIRED postgres)
endfunction()

function(cg_also_on_postgresql)
    foreach(name IN LISTS ARGN)
        set(twin ${name}_postgresql)
        get_test_property(${name} LABELS labels)
        get_test_property(${name} TIMEOUT timeout)
        add_test(NAME ${twin} COMMAND ${name})
        cg_set_test_defaults(${twin})
        set_tests_properties(
            ${twin} PROPERTIES LABELS "${labels};postgresql" TIMEOUT ${timeout} ENVIRONMENT CG_TEST_DATABASE=postgresql
        )
        cg_needs_postgresql(${twin})
        if(CG_SANITIZE STREQUAL "thread")
            set_tests_properties(${twin} PROPERTIES DISABLED ON)
        endif()
    endforeach()
endfunction()
