/*
 * api.h - the section `api` as a struct, with the files it names.
 */
#ifndef CG_CONFIG_API_H
#define CG_CONFIG_API_H

#include "config/settings.h"

/** Longest file of a certificate, a key or of accounts in bytes. */
#define CG_API_FILE_MAX_BYTES ((size_t)1024 * 1024)

/**
 * Reads `api` of a tree that the file's table was applied to, and the files of api.auth and api.tls unless
 * CG_SETTINGS_NO_FILES is set; their paths are relative to the configuration file's directory. Problems go to the
 * document's list. Error: CG_NO_MEMORY.
 */
cg_status cg_api_section_read(struct cg_settings *settings);

/** The path `node` names, seen from the configuration file's directory, in the document's arena; NULL: no memory. */
const char *cg_api_section_path(const struct cg_config *node);

#endif
