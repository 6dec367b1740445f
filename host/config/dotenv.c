#include "config/dotenv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/intern.h"
#include "config/substitute.h"

/* ---- variables ---- */

struct variable {
    const char *name; /* NULL: a free slot */
    const char *value;
};

struct cg_environment {
    struct cg_arena *arena;
    struct variable *slots; /* an open hash table, at most half full */
    size_t capacity;        /* a power of two, or 0 */
    size_t count;
    size_t bytes; /* of all names and values so far */
    int32_t process;
};

struct cg_environment *cg_environment_new(int32_t process) {
    struct cg_environment *environment = calloc(1, sizeof *environment);
    if (!environment)
        return NULL;
    environment->process = process;
    environment->arena = cg_arena_new();
    if (!environment->arena) {
        free(environment);
        return NULL;
    }
    return environment;
}

void cg_environment_free(struct cg_environment *environment) {
    if (!environment)
        return;
    cg_arena_free(environment->arena);
    free(environment->slots);
    free(environment);
}

/* The slot of a name: its own, or the free one where it belongs. NULL in an empty table. */
static struct variable *slot_of(const struct cg_environment *environment, const char *name) {
    if (!environment->capacity)
        return NULL;
    size_t mask = environment->capacity - 1;
    size_t at = (size_t)cg_hash_bytes(name, strlen(name)) & mask;
    while (environment->slots[at].name && strcmp(environment->slots[at].name, name) != 0)
        at = (at + 1) & mask;
    return &environment->slots[at];
}

static cg_status grow(struct cg_environment *environment) {
    struct cg_environment larger = *environment;
    larger.capacity = environment->capacity ? environment->capacity * 2 : 64;
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return CG_NO_MEMORY;
    for (size_t i = 0; i < environment->capacity; i++)
        if (environment->slots[i].name)
            *slot_of(&larger, environment->slots[i].name) = environment->slots[i];
    free(environment->slots);
    *environment = larger;
    return CG_OK;
}

cg_status cg_environment_set(struct cg_environment *environment, const char *name, const char *value) {
    if (environment->count * 2 >= environment->capacity && grow(environment) != CG_OK)
        return CG_NO_MEMORY;
    struct variable *slot = slot_of(environment, name);
    const size_t bytes = strlen(name) + strlen(value);
    if ((!slot->name && environment->count >= CG_DOTENV_MAX_VARIABLES) ||
        bytes > CG_DOTENV_MAX_TOTAL - environment->bytes)
        return CG_RANGE;
    environment->bytes += bytes;
    const char *copy = cg_arena_string(environment->arena, value);
    const char *own_name = slot->name ? slot->name : cg_arena_string(environment->arena, name);
    if (!copy || !own_name)
        return CG_NO_MEMORY;
    if (!slot->name)
        environment->count++;
    *slot = (struct variable){.name = own_name, .value = copy};
    return CG_OK;
}

const char *cg_environment_get(const struct cg_environment *environment, const char *name) {
    const char *value = environment->process && !strchr(name, '=') ? getenv(name) : NULL;
    if (value)
        return value;
    const struct variable *slot = slot_of(environment, name);
    return slot && slot->name ? slot->value : NULL;
}

/* ---- the syntax ---- */

struct reader {
    const char *at;
    const char *end;
    const char *file;
    uint32_t line;
    struct cg_environment *environment;
    struct cg_problems *problems;
    struct cg_buf buf; /* the value being read */
};

static int32_t is_blank(char character) {
    return character == ' ' || character == '\t' || character == '\v' || character == '\f';
}

static int32_t is_newline(char character) {
    return character == '\n' || character == '\r';
}

static char peek(const struct reader *reader) {
    return reader->at < reader->end ? *reader->at : '\0';
}

/* Moves on, counting lines; "\r\n" is one line end. */
static void advance(struct reader *reader) {
    if (*reader->at == '\n' || (*reader->at == '\r' && !(reader->at + 1 < reader->end && reader->at[1] == '\n')))
        reader->line++;
    reader->at++;
}

static void skip_blanks(struct reader *reader) {
    while (reader->at < reader->end && is_blank(*reader->at))
        reader->at++;
}

static void skip_line(struct reader *reader) {
    while (reader->at < reader->end && !is_newline(*reader->at))
        reader->at++;
}

/* The key, quoted or not, copied; NULL when there is none or no memory (*ret_status then says which). */
static const char *read_key(struct reader *reader, cg_status *ret_status) {
    const char *start = reader->at;
    const char *end = NULL;
    if (peek(reader) == '\'') {
        start++;
        end = memchr(start, '\'', (size_t)(reader->end - start));
        if (!end)
            return NULL;
        for (const char *at = start; at < end; at++)
            if (is_newline(*at))
                return NULL;
        reader->at = end + 1;
    } else {
        while (reader->at < reader->end && !is_blank(*reader->at) && !is_newline(*reader->at) && *reader->at != '=' &&
               *reader->at != '#')
            reader->at++;
        end = reader->at;
    }
    if (end == start)
        return NULL;
    const char *key = cg_arena_copy(reader->environment->arena, start, (size_t)(end - start));
    if (!key)
        *ret_status = CG_NO_MEMORY;
    return key;
}

/* `export`, if it is followed by a blank. */
static void skip_export(struct reader *reader) {
    static const char word[] = "export";
    const size_t length = sizeof word - 1;
    if ((size_t)(reader->end - reader->at) > length && memcmp(reader->at, word, length) == 0 &&
        is_blank(reader->at[length])) {
        reader->at += length;
        skip_blanks(reader);
    }
}

/* The character that `\` and this one stand for between double quotes, 0 for none. */
static char escaped(char character) {
    static const char from[] = "\\'\"abfnrtv";
    static const char to[] = "\\'\"\a\b\f\n\r\t\v";
    const char *found = character ? strchr(from, character) : NULL;
    return found ? to[found - from] : '\0';
}

/* A value between quotes, over several lines if need be. CG_INVALID when the quote is never closed. */
static cg_status read_quoted(struct reader *reader, char quote) {
    reader->at++;
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end) {
            char next = reader->at[1];
            char meant = quote == '"' ? escaped(next) : (char)(next == '\\' || next == '\'' ? next : '\0');
            if (meant) {
                cg_buf_add_char(&reader->buf, meant);
                reader->at += 2;
                continue;
            }
        }
        cg_buf_add_char(&reader->buf, *reader->at);
        advance(reader);
    }
    if (reader->at >= reader->end)
        return CG_INVALID;
    reader->at++;
    return reader->buf.status;
}

/* A value without quotes: to the end of the line, without a comment that follows a blank. */
static cg_status read_bare(struct reader *reader) {
    const char *start = reader->at;
    skip_line(reader);
    const char *end = reader->at;
    for (const char *at = start; at + 1 < reader->at; at++)
        if (is_blank(*at) && at[1] == '#') {
            end = at;
            break;
        }
    while (end > start && is_blank(end[-1]))
        end--;
    return cg_buf_add(&reader->buf, start, (size_t)(end - start));
}

/* Appends `text` with its ${NAME} and ${NAME:-default} replaced; an unknown variable is empty. */
static cg_status resolve(const char *text, const struct cg_environment *environment, struct cg_buf *buf) {
    const char *at = text;
    for (const char *open = strstr(at, "${"); open; open = strstr(open, "${")) {
        const char *name = open + 2;
        const char *close = strchr(name, '}');
        if (!close)
            break;
        const char *name_end = name + strcspn(name, "}:");
        const int32_t has_default = name_end < close;
        if (has_default && name_end[1] != '-') {
            open += 2;
            continue;
        }
        char *key = strndup(name, (size_t)(name_end - name));
        if (!key)
            return CG_NO_MEMORY;
        const char *value = cg_environment_get(environment, key);
        free(key);
        cg_buf_add(buf, at, (size_t)(open - at));
        if (value)
            cg_buf_add_text(buf, value);
        else if (has_default)
            cg_buf_add(buf, name_end + 2, (size_t)(close - name_end - 2));
        at = open = close + 1;
        if (buf->status != CG_OK)
            return buf->status;
    }
    return cg_buf_add_text(buf, at);
}

static cg_status define(struct reader *reader, const char *key) {
    struct cg_buf value;
    cg_buf_init(&value, CG_DOTENV_MAX_BYTES);
    cg_status status = resolve(cg_buf_text(&reader->buf), reader->environment, &value);
    if (status == CG_OK)
        status = cg_environment_set(reader->environment, key, cg_buf_text(&value));
    cg_buf_done(&value);
    return status;
}

/* What follows the key: the value, then nothing but a comment. CG_INVALID for a line that makes no sense. */
static cg_status read_binding(struct reader *reader) {
    cg_status status = CG_OK;
    skip_export(reader);
    const char *key = read_key(reader, &status);
    if (!key)
        return status == CG_OK ? CG_INVALID : status;
    skip_blanks(reader);
    const int32_t has_value = peek(reader) == '=';
    cg_buf_clear(&reader->buf);
    if (has_value) {
        reader->at++;
        skip_blanks(reader);
        char first = peek(reader);
        status = first == '\'' || first == '"' ? read_quoted(reader, first) : read_bare(reader);
        skip_blanks(reader);
    }
    if (status == CG_OK && peek(reader) == '#')
        skip_line(reader);
    if (status == CG_OK && reader->at < reader->end && !is_newline(*reader->at))
        status = CG_INVALID;
    return status == CG_OK && has_value ? define(reader, key) : status;
}

static cg_status read_all(struct reader *reader) {
    while (reader->at < reader->end) {
        if (is_blank(*reader->at) || is_newline(*reader->at)) {
            advance(reader);
            continue;
        }
        if (*reader->at == '#') {
            skip_line(reader);
            continue;
        }
        const char *start = reader->at;
        const uint32_t line = reader->line;
        cg_status status = read_binding(reader);
        if (status == CG_NO_MEMORY)
            return status;
        if (status == CG_RANGE) {
            cg_problems_add(reader->problems, 0, reader->file, line, "",
                            "there are too many variables, or a value is too long");
            return CG_INVALID;
        }
        if (status == CG_OK)
            continue;
        cg_problems_add(reader->problems, 1, reader->file, line, "",
                        "this line is not of the form NAME=value and is ignored");
        reader->at = start;
        reader->line = line;
        skip_line(reader);
    }
    return CG_OK;
}

cg_status cg_dotenv_parse(const char *text, size_t length, const char *file, struct cg_environment *environment,
                          struct cg_problems *problems) {
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (length > CG_DOTENV_MAX_BYTES) {
        cg_problems_add(problems, 0, file, 0, "", "the file is larger than %zu bytes", CG_DOTENV_MAX_BYTES);
        return CG_INVALID;
    }
    if (!cg_utf8_valid(text, length) || memchr(text, '\0', length)) {
        cg_problems_add(problems, 0, file, 0, "", "the file is not UTF-8 text");
        return CG_INVALID;
    }
    struct reader reader = {
        .at = text, .end = text + length, .file = file, .line = 1, .environment = environment, .problems = problems};
    cg_buf_init(&reader.buf, CG_DOTENV_MAX_VALUE);
    cg_status status = read_all(&reader);
    cg_buf_done(&reader.buf);
    return status;
}

/* ---- files ---- */

static const char *reason_of(int error) {
    switch (error) {
    case ENOENT:
        return "there is no such file";
    case ENOTDIR:
        return "a part of the path is not a directory";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EISDIR:
        return "it is a directory";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    default:
        return "it cannot be read";
    }
}

static cg_status read_descriptor(int fd, struct cg_buf *buf, const char **ret_reason) {
    char chunk[16384];
    for (;;) {
        ssize_t count = read(fd, chunk, sizeof chunk);
        if (count == 0)
            return CG_OK;
        if (count < 0) {
            if (errno == EINTR)
                continue;
            *ret_reason = reason_of(errno);
            return CG_INVALID;
        }
        cg_status status = cg_buf_add(buf, chunk, (size_t)count);
        if (status == CG_NO_MEMORY)
            return status;
        if (status != CG_OK) {
            *ret_reason = "it is too large";
            return CG_INVALID;
        }
    }
}

cg_status cg_file_read(const char *path, size_t limit, struct cg_buf *buf, const char **ret_reason) {
    cg_buf_init(buf, limit);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        *ret_reason = reason_of(errno);
        return CG_INVALID;
    }
    cg_status status = read_descriptor(fd, buf, ret_reason);
    (void)close(fd); /* nothing was written, so there is nothing to lose */
    return status;
}

cg_status cg_file_read_regular(const char *path, size_t limit, struct cg_buf *buf, uint32_t *ret_mode,
                               const char **ret_reason) {
    struct stat info;
    cg_buf_init(buf, limit);
    /* A pipe that nobody writes to would not even open. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        *ret_reason = reason_of(errno);
        return CG_INVALID;
    }
    cg_status status = CG_INVALID;
    if (fstat(fd, &info) != 0)
        *ret_reason = reason_of(errno);
    else if (S_ISDIR(info.st_mode))
        *ret_reason = reason_of(EISDIR);
    else if (!S_ISREG(info.st_mode))
        *ret_reason = "it is no regular file";
    else
        status = read_descriptor(fd, buf, ret_reason);
    (void)close(fd);
    if (status == CG_OK)
        *ret_mode = info.st_mode & 07777;
    return status;
}

/* The path of ".env" in the directory of `file`. */
static char *beside(const char *file, struct cg_arena *arena) {
    const char *slash = strrchr(file, '/');
    if (!slash)
        return cg_arena_string(arena, ".env");
    return cg_arena_printf(arena, "%.*s/.env", (int)(slash - file), file);
}

cg_status cg_dotenv_load(const char *path, const char *config_file, struct cg_environment *environment,
                         struct cg_problems *problems, const char **ret_path) {
    const char *own_path = path ? cg_arena_string(environment->arena, path) : beside(config_file, environment->arena);
    if (!own_path)
        return CG_NO_MEMORY;
    struct stat info;
    if (!path && (stat(own_path, &info) != 0 || !S_ISREG(info.st_mode))) {
        if (ret_path)
            *ret_path = "";
        return CG_OK;
    }
    struct cg_buf buf;
    const char *reason = "";
    cg_status status = cg_file_read(own_path, CG_DOTENV_MAX_BYTES, &buf, &reason);
    if (status == CG_OK)
        status = cg_dotenv_parse(cg_buf_text(&buf), buf.length, own_path, environment, problems);
    else if (status == CG_INVALID)
        cg_problems_add(problems, 0, own_path, 0, "", "The environment file '%s' cannot be loaded: %s.", own_path,
                        reason);
    cg_buf_done(&buf);
    if (status == CG_OK && ret_path)
        *ret_path = own_path;
    return status;
}
