/* The child's side of a probe. */
#include "module/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "module/file.h"
#include "module/load.h"

/* The keys that the steps write; probe_run.c looks for them. */
static const char *const step_keys[CG_LOAD_STEPS] = {"opening", "registering", "reading"};

/* Where the answer goes, and whether all of it got there. */
struct answer {
    int fd;
    int32_t broken;
};

static void answer_write(struct answer *answer, const char *text, size_t length) {
    while (length > 0 && !answer->broken) {
        ssize_t written = write(answer->fd, text, length);
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            answer->broken = 1;
        }
    }
}

/* One piece of the line, written at once: the next step may be the last. */
static void answer_text(struct answer *answer, const char *text) {
    answer_write(answer, text, strlen(text));
}

static void answer_step(void *user, uint32_t step) {
    struct answer *answer = user;
    answer_text(answer, "\"");
    answer_text(answer, step_keys[step]);
    answer_text(answer, "\":true,");
}

/* The reason as a JSON string; an error's text is clean. */
static char *json_text(const char *text) {
    json_t *string = json_string(text);
    char *json = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    json_decref(string);
    return json;
}

static void answer_end(struct answer *answer, cg_status status, const struct cg_error *error) {
    if (status == CG_OK) {
        answer_text(answer, "\"ok\":true}\n");
        return;
    }
    char *reason = json_text(error->text);
    answer_text(answer, "\"ok\":false,\"reason\":");
    answer_text(answer, reason ? reason : "\"out of memory\"");
    answer_text(answer, "}\n");
    free(reason);
}

/* The answer keeps the real standard output to itself; what the module prints joins standard error. */
static cg_status take_stdout(struct answer *answer) {
    if (fflush(stdout) != 0)
        return CG_PERMANENT;
    answer->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (answer->fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return CG_PERMANENT;
    return CG_OK;
}

/* A probe that dies leaves no core file, and does not outlive the program that asked. */
static void restrict_process(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

static cg_status probe_file(const char *file, struct answer *answer, struct cg_error *error) {
    char path[PATH_MAX];
    if (!realpath(file, path))
        return cg_error_set(error, CG_PERMANENT, "it cannot be read: %s", strerror(errno));
    struct cg_module_file identity;
    cg_status status = cg_module_file_check(file, &identity, error);
    if (status != CG_OK)
        return status;
    struct cg_arena *arena = cg_arena_new();
    if (!arena)
        return cg_error_no_memory(error);
    const char *slash = strrchr(file, '/');
    struct cg_module module = {.path = path, .file_name = slash ? slash + 1 : file};
    const struct cg_load_watch watch = {.step = answer_step, .user = answer};
    status = cg_module_load(path, &watch, arena, &module, error);
    cg_arena_free(arena);
    return status;
}

int cg_module_probe_main(const char *const *files, size_t count) {
    restrict_process();
    struct answer answer = {.fd = -1};
    if (take_stdout(&answer) != CG_OK) {
        fprintf(stderr, "the answer of the probe has nowhere to go: %s\n", strerror(errno));
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < count; i++) {
        struct cg_error error = {0};
        answer_text(&answer, "{");
        answer_end(&answer, probe_file(files[i], &answer, &error), &error);
    }
    close(answer.fd);
    return answer.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}
