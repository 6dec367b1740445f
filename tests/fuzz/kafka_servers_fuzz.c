/* Feeds any text to the reader of lists of Kafka servers. What it accepts must be read back the same. */
#include "kafka_servers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth) {
    if (!truth)
        abort();
}

static void check_accepted(const struct cg_kafka_servers *servers) {
    static struct cg_kafka_servers again;
    size_t commas = 0;
    require(servers->count > 0 && servers->problem[0] == '\0' && strlen(servers->list) < CG_KAFKA_SERVERS_SIZE);
    require(strpbrk(servers->list, " \t\r\n@/") == NULL);
    for (const char *at = servers->list; *at != '\0'; at++) {
        commas += *at == ',';
    }
    require(commas + 1 == servers->count);
    require(cg_kafka_servers_parse(servers->list, &again) == CG_OK);
    require(again.count == servers->count && strcmp(again.list, servers->list) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cg_kafka_servers servers;
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    cg_status status = cg_kafka_servers_parse(text, &servers);
    require(status == CG_OK || status == CG_INVALID);
    if (status == CG_OK) {
        check_accepted(&servers);
    } else {
        require(servers.count == 0 && servers.list[0] == '\0' && servers.problem[0] != '\0');
    }
    free(text);
    return 0;
}
