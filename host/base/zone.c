#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "base/zone_file.h"

#define FOLDER "/usr/share/zoneinfo"
#define NAME_LIMIT 64u
#define SECOND_US INT64_C(1000000)

/* ---- finding ---- */

/* Files of the database's folder that have the form of zones, and folders that hold all of them once more. */
static int32_t is_reserved(const char *name) {
    static const char *const names[] = {"posixrules", "localtime", "posix", "right"};
    size_t first = strcspn(name, "/");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == first && memcmp(names[i], name, first) == 0)
            return 1;
    return 0;
}

/* Parts of letters, digits, '+', '-' and '_', joined by single slashes: such a name cannot leave the folder. */
static int32_t is_name(const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/";
    size_t length = strlen(name);
    if (length == 0 || length > NAME_LIMIT || strspn(name, allowed) != length)
        return 0;
    return name[0] != '/' && name[length - 1] != '/' && !strstr(name, "//") && !is_reserved(name);
}

static const char *folder(void) {
    const char *given = getenv("TZDIR");
    return given && given[0] == '/' ? given : FOLDER;
}

/* Reads until the end of the file or of the room, whichever is first. */
static cg_status read_whole(int file, unsigned char *bytes, size_t room, size_t *ret_length) {
    size_t length = 0;
    while (length < room) {
        ssize_t count = read(file, bytes + length, room - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return CG_INVALID;
        if (count == 0)
            break;
        length += (size_t)count;
    }
    *ret_length = length;
    return CG_OK;
}

static cg_status read_file(int file, struct cg_arena *arena, const struct cg_zone **ret) {
    struct stat facts;
    if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode))
        return CG_NOT_FOUND;
    if (facts.st_size <= 0 || facts.st_size > (off_t)CG_ZONE_FILE_LIMIT)
        return CG_INVALID;
    size_t length = (size_t)facts.st_size;
    unsigned char *bytes = malloc(length);
    if (!bytes)
        return CG_NO_MEMORY;
    cg_status status = read_whole(file, bytes, length, &length);
    if (status == CG_OK)
        status = cg_zone_file_read(bytes, length, arena, ret);
    free(bytes);
    return status;
}

cg_status cg_zone_find(const char *name, struct cg_arena *arena, const struct cg_zone **ret) {
    if (!is_name(name))
        return CG_NOT_FOUND;
    char *path = cg_arena_printf(arena, "%s/%s", folder(), name);
    if (!path)
        return CG_NO_MEMORY;
    int file = -1;
    do
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    while (file < 0 && errno == EINTR);
    if (file < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ? CG_NOT_FOUND : CG_INVALID;
    cg_status status = read_file(file, arena, ret);
    close(file);
    return status;
}

/* ---- asking ---- */

/* The number of changes at or before `time` that are written down. */
static size_t count_until(const struct cg_zone *zone, int64_t time) {
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The last change at or before `time`; 0 when there is none. */
static int32_t last_change(const struct cg_zone *zone, int64_t time, struct cg_zone_change *ret) {
    size_t count = count_until(zone, time);
    if (count == zone->count && cg_zone_rule_last(&zone->rule, time, ret) &&
        (count == 0 || ret->time > zone->times[count - 1]))
        return 1;
    if (count == 0)
        return 0;
    *ret = (struct cg_zone_change){zone->times[count - 1], count > 1 ? zone->offsets[count - 2] : zone->first,
                                   zone->offsets[count - 1]};
    return 1;
}

static int64_t floor_seconds(int64_t time) {
    return time / SECOND_US - (time % SECOND_US < 0);
}

int64_t cg_zone_offset(const struct cg_zone *zone, int64_t time) {
    struct cg_zone_change change;
    return last_change(zone, floor_seconds(time), &change) ? change.after : zone->first;
}

int64_t cg_zone_midnight(const struct cg_zone *zone, int64_t day) {
    int64_t local = floor_seconds(day);
    int64_t latest = local + CG_ZONE_OFFSET_LIMIT;
    int64_t offset = zone->first;
    struct cg_zone_change change;
    while (last_change(zone, latest, &change)) {
        /* On the clock, a change takes effect when its greater offset gets there: before a jump forward that is the
         * end of what does not exist, before a jump back the end of what comes for the first time. */
        int64_t effect = change.time + (change.before > change.after ? change.before : change.after);
        if (effect <= local) {
            offset = change.after;
            break;
        }
        offset = change.before;
        latest = change.time - 1;
    }
    return (local - offset) * SECOND_US;
}

int64_t cg_zone_day(const struct cg_zone *zone, int64_t time) {
    return cg_time_day(time + cg_zone_offset(zone, time) * SECOND_US);
}
