/* What may stand as address of a listener. */
#include <criterion/criterion.h>
#include <string.h>

#include "address.h"

#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 64 */

static const struct {
    const char *address;
    const char *problem; /* a part of it, or NULL */
} cases[] = {
    {"0.0.0.0", NULL},
    {"127.0.0.1", NULL},
    {"::", NULL},
    {"::1", NULL},
    {"fe80::1", NULL},
    {"::ffff:10.0.0.1", NULL},
    {"localhost", NULL},
    {"metrics-1.example.com", NULL},
    {"1a.example", NULL},
    {"127.0.0.1:8000", "write that as `port`"},
    {"localhost:8000", "write that as `port`"},
    {"::1::2", "no IPv6 address"},
    {"[::1]", "without brackets"},
    {"[::1]:8000", "without brackets"},
    {"http://localhost", "it is a URL"},
    {"http://[::1]:80/x", "it is a URL"},
    {"256.0.0.1", "no IPv4 address"},
    {"10.0.0", "no IPv4 address"},
    {"8000", "no IPv4 address"},
    {"a b", "a name consists of"},
    {" localhost", "a name consists of"},
    {"localhost\n", "a name consists of"},
    {"*", "a name consists of"},
    {"m\xc3\xbcnchen", "a name consists of"},
    {"-x", "a name consists of"},
    {".x", "a name consists of"},
    {LABEL LABEL LABEL LABEL, "253 characters"},
};

Test(prometheus_address, table) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *problem = prometheus_address_problem(cases[i].address);
        if (cases[i].problem)
            cr_assert(problem && strstr(problem, cases[i].problem), "%s: %s", cases[i].address,
                      problem ? problem : "no problem");
        else
            cr_assert_null(problem, "%s: %s", cases[i].address, problem);
    }
}
