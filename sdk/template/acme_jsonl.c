/*
 * acme_jsonl - an emitter that writes one JSON object per chargeback row, or topic row, to <output_dir>/<date>.jsonl.
 *
 * A date is written to a file of its own under another name, and renamed when it is whole. A date whose rows were all
 * withdrawn loses its file. Parameter: output_dir, which exists.
 */
#define _POSIX_C_SOURCE 200809L

#include <chitragupt/plugin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

struct jsonl {
    const struct cg_host *host;
    const char *directory;
    FILE *file;
    size_t row_count;
    char path[PATH_SIZE];
    char partial[PATH_SIZE + 8];
};

/* Writes `,"key":"text"`, or null. The first key of an object gets its bracket instead of the comma. */
static void put(FILE *file, const char *before, const char *key, const char *text) {
    fprintf(file, "%s\"%s\":", before, key);
    if (text == NULL) {
        fputs("null", file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20) {
            fprintf(file, "\\u%04x", c);
        } else {
            fprintf(file, c == '"' || c == '\\' ? "\\%c" : "%c", c);
        }
    }
    fputc('"', file);
}

static cg_status create(const struct cg_host *host, const struct cg_emitter_spec *spec, void **ret_instance) {
    struct jsonl *jsonl = calloc(1, sizeof *jsonl);
    if (jsonl == NULL) {
        return host->set_error(host, CG_NO_MEMORY, "Out of memory for the emitter %s.", spec->name);
    }
    jsonl->host = host;
    jsonl->directory = host->config->text(spec->params, "output_dir", ".");
    *ret_instance = jsonl;
    return CG_OK;
}

static cg_status begin(void *instance, const struct cg_emission *emission) {
    struct jsonl *jsonl = instance;
    const struct cg_host *host = jsonl->host;
    int length = snprintf(jsonl->path, PATH_SIZE, "%s/%s.jsonl", jsonl->directory, emission->date);
    if (length < 0 || length >= PATH_SIZE) {
        return host->set_error(host, CG_INVALID, "The path of output_dir is too long: %s", jsonl->directory);
    }
    snprintf(jsonl->partial, sizeof jsonl->partial, "%s.part", jsonl->path);
    jsonl->file = fopen(jsonl->partial, "w");
    if (jsonl->file == NULL) {
        return host->set_error(host, CG_TEMPORARY, "Cannot write %s; output_dir must exist and be writable.",
                               jsonl->partial);
    }
    jsonl->row_count = 0;
    return CG_OK;
}

/* What the host gets after a batch. */
static cg_status check_written(const struct jsonl *jsonl) {
    return ferror(jsonl->file)
               ? jsonl->host->set_error(jsonl->host, CG_TEMPORARY, "Cannot write to %s.", jsonl->partial)
               : CG_OK;
}

static cg_status rows(void *instance, const struct cg_emitted_row *const *emitted, size_t count) {
    struct jsonl *jsonl = instance;
    jsonl->row_count += count;
    for (size_t i = 0; i < count; i++) {
        const struct cg_emitted_row *row = emitted[i];
        put(jsonl->file, "{", "tenant_id", row->tenant_id);
        put(jsonl->file, ",", "resource_id", row->resource_id);
        put(jsonl->file, ",", "product_type", row->product_type);
        put(jsonl->file, ",", "identity_id", row->identity_id);
        put(jsonl->file, ",", "cost_type", row->cost_type);
        put(jsonl->file, ",", "amount", row->amount);
        put(jsonl->file, ",", "allocation_method", row->allocation_method);
        put(jsonl->file, ",", "allocation_detail", row->allocation_detail);
        fprintf(jsonl->file, ",\"timestamp\":%lld}\n", (long long)(row->timestamp / 1000000));
    }
    return check_written(jsonl);
}

/* Rows of the topic overlay, for entries of topic_attribution.emitters. */
static cg_status topic_rows(void *instance, const struct cg_emitted_topic_row *const *emitted, size_t count) {
    struct jsonl *jsonl = instance;
    jsonl->row_count += count;
    for (size_t i = 0; i < count; i++) {
        const struct cg_emitted_topic_row *row = emitted[i];
        put(jsonl->file, "{", "tenant_id", row->tenant_id);
        put(jsonl->file, ",", "cluster_resource_id", row->cluster_resource_id);
        put(jsonl->file, ",", "topic_name", row->topic_name);
        put(jsonl->file, ",", "product_type", row->product_type);
        put(jsonl->file, ",", "amount", row->amount);
        put(jsonl->file, ",", "attribution_method", row->attribution_method);
        fprintf(jsonl->file, ",\"timestamp\":%lld}\n", (long long)(row->timestamp / 1000000));
    }
    return check_written(jsonl);
}

/* Closes the file; whether all of it is on the disk. */
static int close_file(struct jsonl *jsonl) {
    int written = fflush(jsonl->file) == 0 && fsync(fileno(jsonl->file)) == 0;
    written = fclose(jsonl->file) == 0 && written;
    jsonl->file = NULL;
    return written;
}

static void abort_date(void *instance) {
    struct jsonl *jsonl = instance;
    if (jsonl->file != NULL) {
        close_file(jsonl);
    }
    unlink(jsonl->partial);
}

/* The date has no rows (any more): neither may it have a file. */
static cg_status remove_date(struct jsonl *jsonl) {
    abort_date(jsonl);
    if (unlink(jsonl->path) != 0 && errno != ENOENT) {
        return jsonl->host->set_error(jsonl->host, CG_TEMPORARY, "Cannot remove %s.", jsonl->path);
    }
    return CG_OK;
}

static cg_status finish(void *instance) {
    struct jsonl *jsonl = instance;
    if (jsonl->row_count == 0) {
        return remove_date(jsonl);
    }
    if (!close_file(jsonl) || rename(jsonl->partial, jsonl->path) != 0) {
        return jsonl->host->set_error(jsonl->host, CG_TEMPORARY, "Cannot complete %s.", jsonl->path);
    }
    return CG_OK;
}

static void destroy(void *instance) {
    struct jsonl *jsonl = instance;
    if (jsonl != NULL && jsonl->file != NULL) {
        abort_date(jsonl);
    }
    free(jsonl);
}

static const struct cg_option output_dir = {.struct_size = sizeof output_dir,
                                            .type = CG_OPTION_STRING,
                                            .flags = CG_OPTION_REQUIRED | CG_OPTION_NON_EMPTY,
                                            .key = "output_dir",
                                            .help = "An existing directory for one file per date."};
static const struct cg_option *const option_table[] = {&output_dir};

static const struct cg_emitter factory = {.struct_size = sizeof factory,
                                          .create = create,
                                          .destroy = destroy,
                                          .begin = begin,
                                          .rows = rows,
                                          .finish = finish,
                                          .abort = abort_date,
                                          .topic_rows = topic_rows};

CG_REGISTER(CG_KIND_EMITTER, "acme_jsonl", "1.0.0", "One JSON line per row, one file per date", &factory, option_table,
            1)
