#include "rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether this user may write `path`, cut to a length, with a suffix; what is not there is no hindrance. */
static int is_writable(const char *path, size_t length, const char *suffix) {
    char *name = NULL;
    if (asprintf(&name, "%.*s%s", (int)length, path, suffix) < 0)
        return 1; /* out of memory: what follows says so */
    int writable = faccessat(AT_FDCWD, name, W_OK, AT_EACCESS) == 0 || (errno != EACCES && errno != EROFS);
    free(name);
    return writable;
}

static int is_folder_writable(const char *path) {
    const char *slash = strrchr(path, '/');
    return !slash || slash == path || is_writable(path, (size_t)(slash - path), "");
}

static int is_there(const char *path, const char *suffix) {
    char *name = NULL;
    if (asprintf(&name, "%s%s", path, suffix) < 0)
        return 1;
    int there = access(name, F_OK) == 0;
    free(name);
    return there;
}

/* The folder is needed to make the files of the log, but not when both are there. */
static int has_both_logs(const char *path) {
    return is_there(path, "-wal") && is_there(path, "-shm");
}

cg_status cg_sqlite_check_rights(struct cg_sql_connection *connection) {
    static const char *const logs[] = {"-wal", "-shm"};
    const char *path = sqlite3_db_filename(connection->db, "main");
    if (sqlite3_db_readonly(connection->db, "main") == 1 || (path && !is_folder_writable(path) && !has_both_logs(path)))
        return cg_sqlite_say(connection, CG_PERMANENT,
                             "%s is read-only for this user; give it and its folder write permission",
                             connection->file);
    /* They may stem from a time when nothing was permitted. */
    for (size_t i = 0; path && i < sizeof logs / sizeof logs[0]; i++)
        if (!is_writable(path, strlen(path), logs[i]))
            return cg_sqlite_say(connection, CG_PERMANENT, "%s%s is read-only for this user; give it write permission",
                                 connection->file, logs[i]);
    return CG_OK;
}

/* An empty log says as little as none. */
static int has_log(const char *path) {
    struct stat found;
    char *name = NULL;
    if (asprintf(&name, "%s-wal", path) < 0)
        return 1;
    int has = stat(name, &found) == 0 ? found.st_size > 0 : errno != ENOENT;
    free(name);
    return has;
}

static char *make_uri(const char *path, const struct cg_sqlite_place *place) {
    char *uri = NULL;
    if (place->is_uri) {
        if (asprintf(&uri, "%s%simmutable=1", place->name, strchr(place->name, '?') ? "&" : "?") < 0)
            uri = NULL;
        return uri;
    }
    size_t room = strlen(path) * 3 + 1;
    char *escaped = malloc(room);
    if (!escaped || cg_uri_escape(path, escaped, room) != CG_OK || asprintf(&uri, "file:%s?immutable=1", escaped) < 0)
        uri = NULL;
    free(escaped);
    return uri;
}

int cg_sqlite_lies_still(struct cg_sql_connection *connection, int code, const struct cg_sqlite_place *place,
                         char **ret_name) {
    const char *path = sqlite3_db_filename(connection->db, "main");
    int primary = code & 0xff;
    if ((primary != SQLITE_READONLY && primary != SQLITE_CANTOPEN) || !path || is_folder_writable(path) ||
        has_log(path) || stat(path, &connection->still) != 0)
        return 0;
    *ret_name = make_uri(path, place);
    return *ret_name != NULL;
}

static int has_changed(const struct cg_sql_connection *connection, const char *path) {
    const struct stat *then = &connection->still;
    struct stat now;
    return stat(path, &now) != 0 || now.st_dev != then->st_dev || now.st_ino != then->st_ino ||
           now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != then->st_mtim.tv_nsec || has_log(path);
}

cg_status cg_sqlite_check_place(struct cg_sql_connection *connection) {
    const char *path = sqlite3_db_filename(connection->db, "main");
    int moved = 0;
    if (connection->is_still && path && has_changed(connection, path))
        return cg_sqlite_say(connection, CG_PERMANENT, "%s was changed while it was in use", connection->file);
    int code = sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (code == SQLITE_OK && moved)
        return cg_sqlite_say(connection, CG_PERMANENT, "%s was removed or replaced by another file while it was in use",
                             connection->file);
    return CG_OK; /* a file system that cannot tell is taken at its word */
}
