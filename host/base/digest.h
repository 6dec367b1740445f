/*
 * digest.h - one short text for everything that was put into it.
 *
 * BLAKE2b-256. Every value is put in with its length, so "ab","c" and "a","bc" differ. Not for passwords.
 */
#ifndef CG_BASE_DIGEST_H
#define CG_BASE_DIGEST_H

#include <chitragupt/decimal.h>
#include <sodium.h>
#include <stddef.h>

/** Bytes of a digest, and of its text in lower-case hex with the NUL. */
#define CG_DIGEST_BYTES 32
#define CG_DIGEST_TEXT_SIZE (2 * CG_DIGEST_BYTES + 1)

struct cg_digest {
    crypto_generichash_state state;
};

/** Starts; `what` keeps digests of different things apart, e.g. "rows/1". */
void cg_digest_start(struct cg_digest *digest, const char *what);

/** Puts a value in. A NULL text is a value of its own, different from "". */
void cg_digest_text(struct cg_digest *digest, const char *text);
void cg_digest_bytes(struct cg_digest *digest, const void *bytes, size_t length);
void cg_digest_int(struct cg_digest *digest, int64_t value);
void cg_digest_decimal(struct cg_digest *digest, const struct cg_decimal *value);

/** Ends it as bytes or as text. */
void cg_digest_end(struct cg_digest *digest, unsigned char bytes[CG_DIGEST_BYTES]);
void cg_digest_end_text(struct cg_digest *digest, char text[CG_DIGEST_TEXT_SIZE]);

#endif
