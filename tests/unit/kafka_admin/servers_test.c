#include "kafka_servers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct good {
    const char *name;
    const char *text;
    size_t count;
    const char *list;
};

static const struct good good_lists[] = {
    {"one with a port", "kafka:9093", 1, "kafka:9093"},
    {"one without a port", "kafka", 1, "kafka:9092"},
    {"several", "a:1,b,c:65535", 3, "a:1,b:9092,c:65535"},
    {"blanks around", " a:1 ,\tb:2\r\n", 2, "a:1,b:2"},
    {"empty entries", ",a:1,, ,b:2,", 2, "a:1,b:2"},
    {"an IPv4 address", "127.0.0.1:19092", 1, "127.0.0.1:19092"},
    {"an IPv6 address with a port", "[2001:db8::7]:9093", 1, "[2001:db8::7]:9093"},
    {"an IPv6 address in brackets", "[::1]", 1, "[::1]:9092"},
    {"a bare IPv6 address", "::1", 1, "[::1]:9092"},
    {"an IPv6 address with a zone", "[fe80::1%eth0]:1", 1, "[fe80::1%eth0]:1"},
    {"an underscore, as in container names", "kafka_1.local", 1, "kafka_1.local:9092"},
    {"leading zeros of a port", "a:0092", 1, "a:92"},
};

struct bad {
    const char *name;
    const char *text;
    const char *problem; /* a part of it */
};

static const struct bad bad_lists[] = {
    {"nothing at all", NULL, "names no server"},
    {"an empty text", "", "names no server"},
    {"only commas", " , ,", "names no server"},
    {"port 0", "a:0", "\"a:0\", whose port"},
    {"a port too high", "a:65536", "\"a:65536\", whose port"},
    {"a port far too high", "a:99999999999999999999", "whose port"},
    {"a negative port", "a:-1", "whose port"},
    {"no port behind the colon", "a:", "whose port"},
    {"a word as port", "a:b", "whose port"},
    {"no host", ":9092", "expected host or host:port"},
    {"a URL", "kafka://a:9092", "expected host or host:port"},
    {"a scheme alone", "https://a", "whose port"},
    {"blanks around the colon", "a : 1", "whose port"},
    {"a blank within", "a b:1", "expected host or host:port"},
    {"a user in front", "u@a:1", "expected host or host:port"},
    {"a login in front", "SASL_SSL://me:swordfish@a:1", "has the server \"a:1\"; expected host or host:port"},
    {"a login and a bad port", "me:sword@fish@a:0", "has the server \"a:0\"; expected host or host:port"},
    {"a login and nothing", "me:swordfish@", "has the server \"\", whose port"},
    {"an open bracket", "[::1", "expected host or host:port"},
    {"brackets with no address", "[]:1", "expected host or host:port"},
    {"a name in brackets", "[kafka]:1", "expected host or host:port"},
    {"something behind the bracket", "[::1]x:1", "expected host or host:port"},
    {"too many groups", "1:2:3:4:5:6:7:8:9", "expected host or host:port"},
    {"a character of no host name",
     "b\xc3\xbc"
     "cher:1",
     "expected host or host:port"},
    {"the second entry", "a:1,b:x", "\"b:x\", whose port"},
};

Test(kafka_servers, lists_that_are_fine) {
    for (size_t i = 0; i < sizeof good_lists / sizeof good_lists[0]; i++) {
        const struct good *row = &good_lists[i];
        struct cg_kafka_servers servers;
        cg_status status = cg_kafka_servers_parse(row->text, &servers);
        cr_expect_eq(status, CG_OK, "%s: %s", row->name, servers.problem);
        cr_expect_eq(servers.count, row->count, "%s", row->name);
        cr_expect_str_eq(servers.list, row->list, "%s", row->name);
        cr_expect_str_eq(servers.problem, "", "%s", row->name);
    }
}

Test(kafka_servers, lists_that_are_refused) {
    for (size_t i = 0; i < sizeof bad_lists / sizeof bad_lists[0]; i++) {
        const struct bad *row = &bad_lists[i];
        struct cg_kafka_servers servers;
        cr_expect_eq(cg_kafka_servers_parse(row->text, &servers), CG_INVALID, "%s", row->name);
        cr_expect_not_null(strstr(servers.problem, row->problem), "%s: %s", row->name, servers.problem);
        cr_expect_eq(servers.count, 0u, "%s", row->name);
        cr_expect_str_eq(servers.list, "", "%s", row->name);
    }
}

Test(kafka_servers, sizes) {
    struct cg_kafka_servers servers;
    char *text = calloc(1, 100000);
    cr_assert_not_null(text);
    memset(text, 'a', 255);
    cr_expect_eq(cg_kafka_servers_parse(text, &servers), CG_OK, "the longest host name");
    text[255] = 'a';
    cr_expect_eq(cg_kafka_servers_parse(text, &servers), CG_INVALID, "a longer one");
    memset(text, ',', 99999);
    cr_expect_eq(cg_kafka_servers_parse(text, &servers), CG_INVALID, "many empty entries");
    for (size_t i = 0; i < 99998; i++) {
        text[i] = i % 2 == 0 ? 'a' : ',';
    }
    cr_expect_eq(cg_kafka_servers_parse(text, &servers), CG_INVALID, "very many servers");
    cr_expect_not_null(strstr(servers.problem, "too long"), "%s", servers.problem);
    free(text);
}
