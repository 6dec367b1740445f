#include "csv.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define TIME_SIZE 64

static const char header[] = "ecosystem,tenant_id,timestamp,resource_id,product_category,product_type,identity_id,"
                             "cost_type,amount,allocation_method,allocation_detail\r\n";

static const char topic_header[] = "ecosystem,tenant_id,timestamp,env_id,cluster_resource_id,topic_name,"
                                   "product_category,product_type,attribution_method,amount\r\n";

cg_status csv_write_header(struct csv_file *file) {
    return csv_file_write(file, header, sizeof header - 1);
}

cg_status csv_write_topic_header(struct csv_file *file) {
    return csv_file_write(file, topic_header, sizeof topic_header - 1);
}

/* A field between quotes, its own quotes doubled. */
static cg_status write_quoted(struct csv_file *file, const char *text) {
    cg_status status = csv_file_write(file, "\"", 1);
    while (status == CG_OK && *text) {
        size_t length = strcspn(text, "\"");
        status = csv_file_write(file, text, length);
        text += length;
        if (status == CG_OK && *text == '"') {
            status = csv_file_write(file, "\"\"", 2);
            text++;
        }
    }
    return status == CG_OK ? csv_file_write(file, "\"", 1) : status;
}

static cg_status write_field(struct csv_file *file, const char *text) {
    if (!text)
        return CG_OK;
    size_t length = strcspn(text, ",\"\r\n");
    return text[length] ? write_quoted(file, text) : csv_file_write(file, text, length);
}

/* YYYY-MM-DDTHH:MM:SS+00:00; fractions of a second are not shown. */
static void format_time(int64_t time, char *buffer) {
    time_t seconds = (time_t)(time / SECOND_US - (time % SECOND_US < 0));
    struct tm parts;
    if (!gmtime_r(&seconds, &parts)) {
        buffer[0] = '\0';
        return;
    }
    (void)snprintf(buffer, TIME_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d+00:00", (long long)parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static cg_status write_line(struct csv_file *file, const char *const *fields, size_t count) {
    cg_status status = CG_OK;
    for (size_t i = 0; i < count && status == CG_OK; i++) {
        if (i > 0)
            status = csv_file_write(file, ",", 1);
        if (status == CG_OK)
            status = write_field(file, fields[i]);
    }
    return status == CG_OK ? csv_file_write(file, "\r\n", 2) : status;
}

cg_status csv_write_row(struct csv_file *file, const struct cg_emitted_row *row) {
    char timestamp[TIME_SIZE];
    format_time(row->timestamp, timestamp);
    const char *const fields[] = {
        row->ecosystem,         row->tenant_id,   timestamp,      row->resource_id, row->product_category,
        row->product_type,      row->identity_id, row->cost_type, row->amount,      row->allocation_method,
        row->allocation_detail,
    };
    return write_line(file, fields, sizeof fields / sizeof *fields);
}

cg_status csv_write_topic_row(struct csv_file *file, const struct cg_emitted_topic_row *row) {
    char timestamp[TIME_SIZE];
    format_time(row->timestamp, timestamp);
    const char *const fields[] = {
        row->ecosystem,        row->tenant_id,           timestamp,
        row->env_id,           row->cluster_resource_id, row->topic_name,
        row->product_category, row->product_type,        row->attribution_method,
        row->amount,
    };
    return write_line(file, fields, sizeof fields / sizeof *fields);
}
