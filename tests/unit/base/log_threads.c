/* Lines of several threads while the log is made to write in another way again and again. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define WRITERS 4
#define LINES 10000

struct stage {
    struct cg_log *log;
    atomic_int left;
};

static void *write_lines(void *user) {
    struct stage *stage = user;
    for (int i = 0; i < LINES; i++) {
        cg_log_write(stage->log, "core.engine", CG_LOG_INFO, "line %d", i);
        (void)cg_log_enabled(stage->log, "core.engine", CG_LOG_DEBUG);
    }
    atomic_fetch_sub(&stage->left, 1);
    return NULL;
}

/* A line is whole, and in one of the two manners. */
static int is_good(const char *line) {
    static const char text[] = "A core.engine line ";
    static const char other[] = "B line ";
    return strncmp(line, text, strlen(text)) == 0 || strncmp(line, other, strlen(other)) == 0 ||
           (strncmp(line, "{\"time\":\"", 9) == 0 && line[strlen(line) - 1] == '}');
}

static int check(FILE *file) {
    char line[CG_LOG_LINE_SIZE + 1];
    int count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!is_good(line)) {
            fprintf(stderr, "torn: %s\n", line);
            return 1;
        }
        count++;
    }
    if (count != WRITERS * LINES)
        fprintf(stderr, "%d lines, expected %d\n", count, WRITERS * LINES);
    return count != WRITERS * LINES;
}

int main(void) {
    static const struct cg_log_level levels[] = {{"core", CG_LOG_INFO}};
    const struct cg_log_setup setups[] = {
        {.level = CG_LOG_INFO, .format = "A %(name)s %(message)s"},
        {.level = CG_LOG_ERROR, .format = "B %(message)s", .levels = levels, .level_count = 1},
        {.json = 1, .level = CG_LOG_DEBUG, .format = "%(message)s"},
    };
    struct stage stage = {.left = WRITERS};
    pthread_t threads[WRITERS];
    FILE *file = tmpfile();
    if (!file || fcntl(fileno(file), F_SETFL, O_APPEND) != 0 ||
        cg_log_open(fileno(file), &setups[0], &stage.log) != CG_OK)
        return 1;
    for (size_t i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, write_lines, &stage) != 0)
            return 1;
    for (unsigned round = 0; atomic_load(&stage.left) > 0; round++) {
        if (cg_log_reconfigure(stage.log, &setups[round % 3]) != CG_OK)
            return 1;
        cg_log_set_tenant(stage.log, round % 2 ? "acme" : "another tenant");
        cg_log_set_run(stage.log, round);
        cg_log_set_stage(stage.log, round % 2 ? "gathering" : NULL);
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    int failed = check(file);
    cg_log_free(stage.log);
    fclose(file);
    return failed;
}
