/*
 * accounts.h - who may use the REST API: `api.auth` and the file it names.
 */
#ifndef CG_CONFIG_ACCOUNTS_H
#define CG_CONFIG_ACCOUNTS_H

#include "config/settings.h"

/** Longest name, and longest password or token, in bytes. */
#define CG_ACCOUNT_NAME_MAX 255u
#define CG_ACCOUNT_SECRET_MAX 1024u

/** What stands in front of the hash of a token: SHA-256 in hex. */
#define CG_TOKEN_HASH_PREFIX "sha256:"

/** Most memory (KiB) and passes that checking a password may take, as its hash asks for. */
#define CG_PASSWORD_MAX_KIB 1048576u
#define CG_PASSWORD_MAX_PASSES 64u

/** Reads `api.auth`. Problems go to the document's list. Error: CG_NO_MEMORY. */
cg_status cg_accounts_read(struct cg_settings *settings);

/** NULL when `hash` is one that `chitragupt hash password` (token) prints; else what is wrong, without the text. */
const char *cg_password_hash_problem(const char *hash);
const char *cg_token_hash_problem(const char *hash);

#endif
