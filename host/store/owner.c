#include "store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads the start of a small file as text; returns 0 when there is none. */
static int read_text(const char *path, char *buffer, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    size_t used = 0;
    while (used < size - 1) {
        ssize_t got = read(fd, buffer + used, size - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(fd);
    buffer[used] = '\0';
    return used > 0;
}

/* State letter and start time of a process, fields 3 and 22 of /proc/PID/stat; the name in field 2 may hold anything,
 * but no ")" follows it. Source: proc(5). Returns 0 when there is no such process. */
static int read_process(int64_t pid, char *ret_state, char *start, size_t size) {
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_text(path, text, sizeof text))
        return 0;
    const char *field = strrchr(text, ')');
    if (!field || field[1] != ' ')
        return 0;
    field += 2;
    *ret_state = *field;
    for (int number = 3; number < 22; number++) {
        field = strchr(field, ' ');
        if (!field)
            return 0;
        field++;
    }
    size_t length = strcspn(field, " \n");
    if (length >= size)
        return 0;
    memcpy(start, field, length);
    start[length] = '\0';
    return 1;
}

static void read_place(struct cg_owner *owner) {
    char boot[64] = "";
    char space[48] = "";
    if (gethostname(owner->machine, sizeof owner->machine) != 0)
        owner->machine[0] = '\0';
    owner->machine[sizeof owner->machine - 1] = '\0';
    if (read_text("/proc/sys/kernel/random/boot_id", boot, sizeof boot))
        boot[strcspn(boot, "\n")] = '\0';
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? length : 0] = '\0';
    snprintf(owner->boot, sizeof owner->boot, "%s %s", boot, space);
}

void cg_owner_self(struct cg_owner *ret) {
    char state = 0;
    *ret = (struct cg_owner){.pid = getpid()};
    read_place(ret);
    if (!read_process(ret->pid, &state, ret->process_start, sizeof ret->process_start))
        ret->process_start[0] = '\0';
}

int32_t cg_owner_look(const struct cg_owner *owner) {
    struct cg_owner here = {0};
    read_place(&here);
    if (strcmp(owner->machine, here.machine) != 0)
        return CG_OWNER_ELSEWHERE;
    /* After a restart of the machine or of the container nothing of the earlier life is left. */
    if (strcmp(owner->boot, here.boot) != 0 || owner->pid <= 0 || owner->pid > INT32_MAX)
        return CG_OWNER_DEAD;
    char state = 0;
    char start[32] = "";
    if (!read_process(owner->pid, &state, start, sizeof start)) {
        int answers = kill((pid_t)owner->pid, 0) == 0 || errno == EPERM;
        return answers && !*owner->process_start ? CG_OWNER_ALIVE : CG_OWNER_DEAD;
    }
    if (state == 'Z' || state == 'X' || strcmp(start, owner->process_start) != 0)
        return CG_OWNER_DEAD;
    return CG_OWNER_ALIVE;
}
