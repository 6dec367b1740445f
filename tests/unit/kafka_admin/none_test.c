#include "kafka_admin.h"

#include <chitragupt/test_host.h>
#include <criterion/criterion.h>
#include <string.h>

Test(kafka_admin, says_that_it_was_built_without_librdkafka) {
    struct cg_test_host test;
    struct cg_kafka_cluster cluster;
    const struct cg_kafka_admin_options options = {.bootstrap_servers = "kafka:9092"};
    cg_test_host_init(&test);
    cr_expect_eq(cg_kafka_admin_available(), 0);
    cr_expect_eq(cg_kafka_admin_read(&test.host, &options, &cluster), CG_INVALID);
    cr_expect_not_null(strstr(test.error, "built without librdkafka"), "%s", test.error);
    cg_test_host_done(&test);
}
