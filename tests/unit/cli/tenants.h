/*
 * tenants.h - configurations of the ecosystem for tests, which needs no provider.
 */
#ifndef CG_TEST_UNIT_CLI_TENANTS_H
#define CG_TEST_UNIT_CLI_TENANTS_H

/** Where the modules for tests are. */
#define TENANTS_MODULES CG_TEST_BINARY_DIR "/tests/plugins/good"

/** Head of a configuration; sections at its top go before it. */
#define TENANTS_HEAD "plugins_path: " TENANTS_MODULES "\ntenants:\n"

/**
 * A tenant with the bill of five days, 2026-06-25 to 2026-06-29: two lines a day of one resource, TEST_A for 3 and
 * TEST_B for 4. `more_` are further lines of plugin_settings, indented by six.
 */
#define TENANTS_TENANT(name_, settings_, more_)             \
    "  " name_ ":\n"                                        \
    "    ecosystem: test_ecosystem\n"                       \
    "    tenant_id: " name_ "\n"                            \
    "    lookback_days: 6\n"                                \
    "    cutoff_days: 2\n" settings_ "    storage:\n"       \
    "      connection_string: \"sqlite:///" name_ ".db\"\n" \
    "    plugin_settings:\n"                                \
    "      misbehave: \"\"\n" more_

#endif
