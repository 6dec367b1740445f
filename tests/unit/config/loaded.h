/*
 * loaded.h - a configuration loaded from a text, with what was said about it.
 */
#ifndef CG_TEST_CONFIG_LOADED_H
#define CG_TEST_CONFIG_LOADED_H

#include "base/buf.h"
#include "config/settings.h"

struct loaded {
    cg_status status;
    struct cg_settings *settings; /* NULL unless status is CG_OK */
    struct cg_problems *problems;
    struct cg_environment *environment;
    struct cg_buf errors; /* the lines the user would see */
    struct cg_buf warnings;
};

/* Loads `text` as "c.yaml". `variables` are "NAME=value" texts, ended by NULL; NULL for none. */
struct loaded load(const char *text, const char *const *variables);
struct loaded load_bytes(const char *text, size_t length, const char *const *variables);

/* The same for a process that only reads databases. */
struct loaded load_as_reader(const char *text, const char *const *variables);

/* Formats the problems again, after more were added. */
void refresh(struct loaded *loaded);

void unload(struct loaded *loaded);

/* A document for tests of single nodes; its problems go nowhere unless it is given a list. */
struct cg_document *new_document(void);
void free_document(struct cg_document *document);

#endif
