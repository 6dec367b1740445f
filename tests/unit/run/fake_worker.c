/*
 * A worker that does as the file named like its tenant says, in the folder it is started in: "ok" (also without a
 * file), "error", "gather" (a gather that fails), "abort", "busy" (another process works on it), "done" (it has done
 * it), "bad" (it has done it badly), "lost" (the database), or "hold": it waits until the file says something else,
 * and so does "deaf", which does not end either when it is asked to stop. What it was asked is a line in the file
 * "log", and so is the wish to stop that a deaf one did not follow.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 3

static void tell(const char *line) {
    if (write(EVENTS, line, strlen(line)) < 0)
        _exit(9);
}

/* The text behind "key":" in the job. */
static void text_of(const char *job, const char *key, char *ret, size_t size) {
    char pattern[64];
    (void)snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
    const char *found = strstr(job, pattern);
    const char *start = found ? found + strlen(pattern) : "";
    (void)snprintf(ret, size, "%.*s", (int)strcspn(start, "\""), start);
}

static void what_to_do(const char *tenant, char *ret, size_t size) {
    int fd = open(tenant, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, ret, size - 1);
    if (fd >= 0)
        (void)close(fd);
    ret[length > 0 ? length : 0] = '\0';
}

/* Behind the tenant's name: which runs of others stand for this one. */
static void write_news(const char *job, char *ret, size_t size) {
    const char *run = strstr(job, "\"since_run\":");
    const char *fresh = strstr(job, "\"fresh_us\":");
    const char *wanted = getenv("FAKE_NEWS");
    ret[0] = '\0';
    if (run && fresh && wanted && strcmp(wanted, "1") == 0)
        (void)snprintf(ret, size, " %ld/%ld", strtol(run + 12, NULL, 10), strtol(fresh + 11, NULL, 10));
}

static void write_log(const char *job, const char *tenant) {
    char line[256];
    char news[64];
    write_news(job, news, sizeof news);
    int fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int length = snprintf(line, sizeof line, "%s%s%s\n", tenant, strstr(job, "\"skip_gather\":1") ? " skip" : "", news);
    if (fd < 0 || write(fd, line, (size_t)length) != length)
        _exit(8);
    (void)close(fd);
}

static const char *elsewhere(const char *what) {
    if (strcmp(what, "busy") == 0)
        return "{\"event\":\"result\",\"status\":4,\"elsewhere\":1,\"run_id\":41,\"text\":\"process 9 has it\"}\n";
    if (strcmp(what, "done") == 0)
        return "{\"event\":\"result\",\"elsewhere\":2,\"run_id\":42,\"date\":1000000,\"text\":\"run 42 did it\"}\n";
    if (strcmp(what, "bad") == 0)
        return "{\"event\":\"result\",\"status\":5,\"elsewhere\":2,\"run_id\":43,\"text\":\"run 43 failed\"}\n";
    return NULL;
}

static void tell_gathered(void) {
    char line[128];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(line, sizeof line, "{\"event\":\"gathered\",\"date\":%lld}\n",
                   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    tell(line);
}

static volatile sig_atomic_t asked_to_stop;

static void on_terminate(int number) {
    (void)number;
    asked_to_stop = 1;
}

/* Until the file says something else. */
static void hold(const char *tenant, char *what, size_t size) {
    while (strcmp(what, "hold") == 0 || strcmp(what, "deaf") == 0) {
        (void)usleep(5000);
        what_to_do(tenant, what, size);
        if (asked_to_stop)
            write_log("", "deaf");
        asked_to_stop = 0;
    }
}

int main(void) {
    static char job[65536];
    char tenant[64];
    char what[64];
    size_t length = 0;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (length < sizeof job - 1 && read(STDIN_FILENO, job + length, 1) == 1 && job[length] != '\n')
        length++;
    text_of(job, "kind", what, sizeof what);
    if (strcmp(what, "record") == 0) {
        tell("{\"event\":\"result\"}\n");
        return 0;
    }
    text_of(job, "tenant", tenant, sizeof tenant);
    write_log(job, tenant);
    what_to_do(tenant, what, sizeof what);
    if (elsewhere(what)) {
        tell(elsewhere(what));
        return 0;
    }
    if (strcmp(what, "deaf") == 0)
        (void)signal(SIGTERM, on_terminate);
    tell("{\"event\":\"run\",\"run_id\":7}\n{\"event\":\"stage\",\"text\":\"gathering\",\"date\":-86400000000}\n");
    what_to_do(tenant, what, sizeof what);
    hold(tenant, what, sizeof what);
    if (strcmp(what, "abort") == 0)
        abort();
    if (strcmp(what, "lost") == 0) {
        tell("{\"event\":\"result\",\"status\":4,\"database_lost\":1,\"text\":\"no database\",\"errors\":1}\n");
        return 0;
    }
    if (strcmp(what, "gather") == 0) {
        tell("{\"event\":\"result\",\"status\":5,\"gather_failed\":1,\"text\":\"no gather\",\"errors\":1}\n");
        return 0;
    }
    if (!strstr(job, "\"skip_gather\":1"))
        tell_gathered();
    tell("{\"event\":\"stage\",\"text\":\"calculating\",\"date\":86400000000}\n");
    if (strcmp(what, "error") == 0)
        tell("{\"event\":\"error\",\"text\":\"it went wrong\"}\n");
    tell(strcmp(what, "error") == 0
             ? "{\"event\":\"result\",\"calculated\":1,\"rows_written\":2,\"errors\":1,\"peak_memory\":4096}\n"
             : "{\"event\":\"result\",\"calculated\":1,\"rows_written\":2,\"peak_memory\":4096}\n");
    return 0;
}
