#include "config/show.h"

#include <criterion/criterion.h>
#include <string.h>

#include "loaded.h"

static const char expected[] = "{\n"
                               "  \"logging\": {\n"
                               "    \"level\": \"DEBUG\",\n"
                               "    \"format\": \"%(message)s \xC3\xA9\",\n"
                               "    \"per_module_levels\": {\n"
                               "      \"core\": \"ERROR\"\n"
                               "    },\n"
                               "    \"output\": \"text\"\n"
                               "  },\n"
                               "  \"features\": {\n"
                               "    \"enable_periodic_refresh\": true,\n"
                               "    \"refresh_interval\": 60,\n"
                               "    \"max_parallel_tenants\": 4,\n"
                               "    \"worker_memory_mib\": 2048\n"
                               "  },\n"
                               "  \"api\": {\n"
                               "    \"host\": \"0.0.0.0\",\n"
                               "    \"port\": 9090,\n"
                               "    \"enable_cors\": false,\n"
                               "    \"cors_origins\": [\n"
                               "      \"http://x\"\n"
                               "    ],\n"
                               "    \"request_timeout_seconds\": 30,\n"
                               "    \"max_connections\": 4096,\n"
                               "    \"max_body_bytes\": 16777216,\n"
                               "    \"threads\": 0,\n"
                               "    \"auth\": {\n"
                               "      \"type\": \"none\",\n"
                               "      \"users\": [],\n"
                               "      \"tokens\": [],\n"
                               "      \"file\": null\n"
                               "    },\n"
                               "    \"tls\": {\n"
                               "      \"certificate\": null,\n"
                               "      \"key\": null\n"
                               "    }\n"
                               "  },\n"
                               "  \"preview\": {\n"
                               "    \"max_workers\": 3,\n"
                               "    \"artifact_root\": \"**********\"\n"
                               "  },\n"
                               "  \"tenants\": {\n"
                               "    \"b\": {\n"
                               "      \"ecosystem\": \"e\",\n"
                               "      \"tenant_id\": \"t\",\n"
                               "      \"lookback_days\": 200,\n"
                               "      \"cutoff_days\": 5,\n"
                               "      \"retention_days\": 250,\n"
                               "      \"allocation_retry_limit\": 3,\n"
                               "      \"topic_attribution_retry_limit\": 3,\n"
                               "      \"zero_gather_deletion_threshold\": -1,\n"
                               "      \"gather_failure_threshold\": 5,\n"
                               "      \"tenant_execution_timeout_seconds\": 3600,\n"
                               "      \"metrics_prefetch_workers\": 4,\n"
                               "      \"storage\": {\n"
                               "        \"backend\": \"sqlmodel\",\n"
                               "        \"connection_string\": \"**********\"\n"
                               "      },\n"
                               "      \"focus_preview\": {\n"
                               "        \"list\": [\n"
                               "          1,\n"
                               "          true,\n"
                               "          null,\n"
                               "          \"**********\"\n"
                               "        ]\n"
                               "      }\n"
                               "    },\n"
                               "    \"a\": {\n"
                               "      \"ecosystem\": \"e\",\n"
                               "      \"tenant_id\": \"t\",\n"
                               "      \"lookback_days\": 200,\n"
                               "      \"cutoff_days\": 5,\n"
                               "      \"retention_days\": 250,\n"
                               "      \"allocation_retry_limit\": 3,\n"
                               "      \"topic_attribution_retry_limit\": 3,\n"
                               "      \"zero_gather_deletion_threshold\": -1,\n"
                               "      \"gather_failure_threshold\": 5,\n"
                               "      \"tenant_execution_timeout_seconds\": 3600,\n"
                               "      \"metrics_prefetch_workers\": 4,\n"
                               "      \"storage\": {\n"
                               "        \"backend\": \"sqlite\",\n"
                               "        \"connection_string\": \"**********\"\n"
                               "      },\n"
                               "      \"focus_preview\": null\n"
                               "    }\n"
                               "  },\n"
                               "  \"plugins_path\": \"/opt/p\"\n"
                               "}\n";

Test(show, the_whole_file) {
    struct loaded loaded =
        load("plugins_path: /opt/p\n"
             "preview: {max_workers: 3, artifact_root: /var/x}\n"
             "tenants:\n"
             "  b: {ecosystem: e, tenant_id: t, focus_preview: {list: [1, yes, ~, x]}}\n"
             "  a:\n"
             "    ecosystem: e\n"
             "    tenant_id: t\n"
             "    storage: {backend: sqlite, connection_string: 'sqlite:///other.db'}\n"
             "    plugin_settings: {secret: s, metrics: {url: 'http://p'}}\n"
             "logging: {level: debug, format: \"%(message)s \xC3\xA9\", per_module_levels: {core: error}}\n"
             "api: {port: '9090', cors_origins: ['http://x']}\n"
             "features: {refresh_interval: 1:00}\n",
             NULL);
    cr_assert_eq(loaded.status, CG_OK, "%s", cg_buf_text(&loaded.errors));
    struct cg_buf buf;
    cg_buf_init(&buf, 100000);
    cr_assert_eq(cg_settings_show(loaded.settings, &buf), CG_OK);
    cr_expect_str_eq(cg_buf_text(&buf), expected, "%s", cg_buf_text(&buf));
    cg_buf_done(&buf);
    unload(&loaded);
}

Test(show, nothing_configured) {
    struct loaded loaded = load("", NULL);
    struct cg_buf buf;
    cg_buf_init(&buf, 100000);
    cr_assert_eq(cg_settings_show(loaded.settings, &buf), CG_OK);
    cr_expect_not_null(
        strstr(cg_buf_text(&buf), "  \"preview\": {},\n  \"tenants\": {},\n  \"plugins_path\": null\n}\n"));
    cg_buf_done(&buf);
    cg_buf_init(&buf, 10);
    cr_expect_eq(cg_settings_show(loaded.settings, &buf), CG_RANGE);
    cg_buf_done(&buf);
    unload(&loaded);
}
