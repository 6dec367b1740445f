#include "support/moment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

const char *cg_test_date_after(const char *date, long days, char buffer[CG_TEST_DATE_SIZE]) {
    struct tm parts = {0};
    cr_assert_not_null(strptime(date, "%Y-%m-%d", &parts), "'%s' is no date", date);
    parts.tm_mday += (int)days;
    (void)timegm(&parts);
    cr_assert_eq(strftime(buffer, CG_TEST_DATE_SIZE, "%Y-%m-%d", &parts), 10);
    return buffer;
}

long long cg_test_moment(const char *text) {
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &parts);
    cr_assert(rest && (*rest == 'T' || *rest == ' '), "'%s' is no time", text);
    cr_assert_not_null(strptime(rest + 1, "%H:%M:%S", &parts), "'%s' is no time", text);
    return (long long)timegm(&parts);
}

long long cg_test_clock_ms(void) {
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
