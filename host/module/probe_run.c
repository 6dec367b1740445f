/* The program's side of a probe. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "module/probe.h"

/* The longest answer that is read. */
#define ANSWER_MAX 65536u
/* How much of the end of standard error is kept. */
#define WORDS_SIZE 4096u
/* Standard error beyond this is not even read any more; the child then waits and is killed. */
#define WORDS_MAX (64u * 1024u * 1024u)
/* How long to sleep between looks at a child whose pipes are quiet. */
#define TICK_MS 20
#define TICK_CLOSED_MS 1

/* A child and what it has said. */
struct child {
    pid_t pid;
    int out; /* -1 when closed */
    int err; /* -1 when closed */
    struct cg_buf answer;
    int32_t too_long;
    char words[WORDS_SIZE]; /* the end of standard error, NUL-terminated */
    size_t words_length;
    size_t words_total;
    int32_t timed_out;
    int wait_status;
};

static int64_t monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Signals as a fresh program expects them but for wishes to stop, a process group of its own, no descriptor but the
 * three. */
static int prepare_attributes(posix_spawnattr_t *attributes) {
    sigset_t held;
    sigset_t all;
    sigemptyset(&held);
    sigfillset(&all);
    /* A wish to stop that is meant for the program ends the probe with it, not before it. */
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGHUP);
    int failure = posix_spawnattr_setsigmask(attributes, &held);
    if (!failure)
        failure = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failure)
        failure = posix_spawnattr_setpgroup(attributes, 0);
    if (!failure)
        failure = posix_spawnattr_setflags(
            attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    return failure;
}

static int prepare_files(posix_spawn_file_actions_t *actions, int out, int err) {
    int failure = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failure)
        failure = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
    if (!failure)
        failure = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return failure;
}

static void free_command_line(char **line) {
    for (char **word = line; word && *word; word++)
        free(*word);
    free(line);
}

/* "PROGRAM plugins probe FILE...": posix_spawn wants writable strings, which it does not write to. */
static char **command_line(const char *program, const char *const *files, size_t count) {
    const char *const words[] = {program, "plugins", "probe"};
    const size_t word_count = sizeof words / sizeof *words;
    char **line = calloc(word_count + count + 1, sizeof(char *));
    for (size_t i = 0; line && i < word_count + count; i++) {
        line[i] = strdup(i < word_count ? words[i] : files[i - word_count]);
        if (!line[i]) {
            free_command_line(line);
            return NULL;
        }
    }
    return line;
}

static int spawn(const char *program, const char *const *files, size_t count, int out, int err, pid_t *ret) {
    char **arguments = command_line(program, files, count);
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int failure = arguments ? posix_spawnattr_init(&attributes) : ENOMEM;
    if (failure)
        goto without_attributes;
    failure = posix_spawn_file_actions_init(&actions);
    if (failure)
        goto without_actions;
    failure = prepare_attributes(&attributes);
    if (!failure)
        failure = prepare_files(&actions, out, err);
    if (!failure)
        failure = posix_spawn(ret, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
without_actions:
    posix_spawnattr_destroy(&attributes);
without_attributes:
    free_command_line(arguments);
    return failure;
}

/* Starts the child; its pipes do not block. */
static cg_status start(const char *program, const char *const *files, size_t count, struct child *child,
                       struct cg_error *error) {
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    int failure = 0;
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(err[0], F_SETFL, O_NONBLOCK) != 0)
        failure = errno;
    if (!failure)
        failure = spawn(program, files, count, out[1], err[1], &child->pid);
    close_fd(&out[1]);
    close_fd(&err[1]);
    if (failure) {
        close_fd(&out[0]);
        close_fd(&err[0]);
        return cg_error_set(error, CG_PERMANENT, "it could not be probed, because '%s' cannot be started: %s", program,
                            strerror(failure));
    }
    child->out = out[0];
    child->err = err[0];
    return CG_OK;
}

/* Keeps the end of what came. */
static void keep_words(struct child *child, const char *data, size_t length) {
    size_t room = sizeof child->words - 1;
    child->words_total += length;
    if (length > room) {
        data += length - room;
        length = room;
    }
    if (child->words_length + length > room) {
        size_t drop = child->words_length + length - room;
        memmove(child->words, child->words + drop, child->words_length - drop);
        child->words_length -= drop;
    }
    memcpy(child->words + child->words_length, data, length);
    child->words_length += length;
    child->words[child->words_length] = '\0';
}

/* Reads what is there now; closes the end when the other one is closed or there is too much. */
static void drain(struct child *child, int *fd) {
    char data[4096];
    while (*fd >= 0) {
        ssize_t length = read(*fd, data, sizeof data);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && errno == EAGAIN)
            return;
        if (length <= 0) {
            close_fd(fd);
        } else if (fd == &child->err) {
            keep_words(child, data, (size_t)length);
            if (child->words_total > WORDS_MAX)
                close_fd(fd);
        } else if (cg_buf_add(&child->answer, data, (size_t)length) != CG_OK) {
            child->too_long = 1;
            close_fd(fd);
        }
    }
}

/* True when the child has ended. It is left unreaped, so that its number stays its own. */
static int32_t has_ended(const struct child *child) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT | WNOHANG);
    } while (result != 0 && errno == EINTR);
    return result != 0 || info.si_pid == child->pid;
}

/* Kills what is left of the child's process group and takes the child's exit status. */
static void finish(struct child *child) {
    pid_t pid;
    kill(-child->pid, SIGKILL);
    do {
        pid = waitpid(child->pid, &child->wait_status, 0);
    } while (pid < 0 && errno == EINTR);
}

/*
 * Waits for the end of the child itself, not of its pipes: it may have left a process behind that holds them, or have
 * closed them and go on.
 */
static void attend(struct child *child, int64_t deadline) {
    while (!has_ended(child)) {
        int64_t left = deadline - monotonic_us();
        if (left <= 0 || child->too_long) {
            child->timed_out = !child->too_long;
            break;
        }
        struct pollfd files[2] = {{.fd = child->out, .events = POLLIN}, {.fd = child->err, .events = POLLIN}};
        int tick = child->out < 0 && child->err < 0 ? TICK_CLOSED_MS : TICK_MS;
        if (left < tick * 1000)
            tick = (int)(left / 1000) + 1;
        (void)poll(files, 2, tick);
        drain(child, &child->out);
        drain(child, &child->err);
    }
    finish(child);
    drain(child, &child->out);
    drain(child, &child->err);
    close_fd(&child->out);
    close_fd(&child->err);
}

/* What the child was about when it was last heard of. */
static const char *activity(const struct child *child) {
    const char *answer = cg_buf_text(&child->answer);
    if (strstr(answer, "\"ok\":"))
        return "when its process ended";
    if (strstr(answer, "\"reading\":"))
        return "while its registration was read";
    if (strstr(answer, "\"registering\":"))
        return "in register()";
    if (strstr(answer, "\"opening\":"))
        return "while it was opened";
    return "before it was opened";
}

/* The last line of standard error that is not empty, without control characters. */
static const char *last_words(struct child *child) {
    char *words = child->words;
    size_t length = child->words_length;
    while (length > 0 && (unsigned char)words[length - 1] <= 0x20u)
        length--;
    words[length] = '\0';
    char *line = strrchr(words, '\n');
    line = line ? line + 1 : words;
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20u || (unsigned char)*at >= 0x7fu)
            *at = '?';
    return line;
}

static cg_status refuse_dead(struct child *child, int64_t timeout_us, struct cg_error *error) {
    const char *when = activity(child);
    const char *words = last_words(child);
    const char *quote = words[0] ? "; its last words: " : "";
    if (child->too_long)
        return cg_error_set(error, CG_PERMANENT, "its probe answered more than %u bytes and was ended", ANSWER_MAX);
    if (child->timed_out)
        return cg_error_set(
            error, CG_PERMANENT,
            "hung %s: killed after %lld ms; loading must do nothing but answer the registration%s%.300s", when,
            (long long)(timeout_us / 1000), quote, words);
    if (WIFSIGNALED(child->wait_status)) {
        int number = WTERMSIG(child->wait_status);
        const char *name = sigdescr_np(number);
        return cg_error_set(error, CG_PERMANENT,
                            "crashed %s: signal %d (%s); run 'chitragupt plugins probe FILE' under a debugger%s%.300s",
                            when, number, name ? name : "unknown", quote, words);
    }
    return cg_error_set(error, CG_PERMANENT,
                        "ended the process %s with exit status %d; a module must never call exit, and must be built "
                        "with the same sanitizers as the program%s%.300s",
                        when, WEXITSTATUS(child->wait_status), quote, words);
}

static int32_t ended_well(const struct child *child) {
    return !child->timed_out && !child->too_long && WIFEXITED(child->wait_status) &&
           WEXITSTATUS(child->wait_status) == 0;
}

static cg_status judge(struct child *child, int64_t timeout_us, struct cg_error *error) {
    json_t *answer = json_loadb(cg_buf_text(&child->answer), child->answer.length, 0, NULL);
    json_t *ok = json_object_get(answer, "ok");
    const char *reason = json_string_value(json_object_get(answer, "reason"));
    cg_status status = CG_OK;
    if (json_is_false(ok) && reason)
        status = cg_error_set(error, CG_PERMANENT, "%s", reason);
    else if (!json_is_true(ok) || !ended_well(child))
        status = refuse_dead(child, timeout_us, error);
    json_decref(answer);
    return status;
}

cg_status cg_module_probe_run(const char *program, const char *file, int64_t timeout_us, struct cg_error *error) {
    struct child child = {.out = -1, .err = -1};
    cg_buf_init(&child.answer, ANSWER_MAX);
    cg_status status = start(program, &file, 1, &child, error);
    if (status == CG_OK) {
        attend(&child, monotonic_us() + timeout_us);
        status = judge(&child, timeout_us, error);
    }
    cg_buf_done(&child.answer);
    return status;
}

/* One line of the answer for each file, in their order; without all of them the child left early. */
static void read_lines(const struct child *child, size_t count, int32_t *ret_sound) {
    const char *line = cg_buf_text(&child->answer);
    for (size_t i = 0; i < count; i++) {
        const char *end = strchr(line, '\n');
        if (!end) {
            memset(ret_sound, 0, count * sizeof *ret_sound);
            return;
        }
        json_t *answer = json_loadb(line, (size_t)(end - line), 0, NULL);
        ret_sound[i] = json_is_true(json_object_get(answer, "ok"));
        json_decref(answer);
        line = end + 1;
    }
}

void cg_module_probe_together(const char *program, const char *const *files, size_t count, int64_t timeout_us,
                              int32_t *ret_sound) {
    struct child child = {.out = -1, .err = -1};
    struct cg_error ignored = {0};
    memset(ret_sound, 0, count * sizeof *ret_sound);
    cg_buf_init(&child.answer, ANSWER_MAX);
    if (start(program, files, count, &child, &ignored) == CG_OK) {
        attend(&child, monotonic_us() + timeout_us);
        if (ended_well(&child))
            read_lines(&child, count, ret_sound);
    }
    cg_buf_done(&child.answer);
}
