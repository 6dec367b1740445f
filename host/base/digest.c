#include "base/digest.h"

#include <string.h>

void cg_digest_start(struct cg_digest *digest, const char *what) {
    crypto_generichash_init(&digest->state, NULL, 0, CG_DIGEST_BYTES);
    cg_digest_text(digest, what);
}

void cg_digest_bytes(struct cg_digest *digest, const void *bytes, size_t length) {
    uint64_t size = length;
    crypto_generichash_update(&digest->state, (const unsigned char *)&size, sizeof size);
    crypto_generichash_update(&digest->state, bytes, length);
}

void cg_digest_text(struct cg_digest *digest, const char *text) {
    if (text) {
        cg_digest_bytes(digest, text, strlen(text));
        return;
    }
    const uint64_t absent = UINT64_MAX; /* no text is as long */
    crypto_generichash_update(&digest->state, (const unsigned char *)&absent, sizeof absent);
}

void cg_digest_int(struct cg_digest *digest, int64_t value) {
    cg_digest_bytes(digest, &value, sizeof value);
}

void cg_digest_decimal(struct cg_digest *digest, const struct cg_decimal *value) {
    char text[CG_DECIMAL_TEXT_SIZE];
    cg_digest_bytes(digest, text, cg_decimal_format(value, text));
}

void cg_digest_end(struct cg_digest *digest, unsigned char bytes[CG_DIGEST_BYTES]) {
    crypto_generichash_final(&digest->state, bytes, CG_DIGEST_BYTES);
}

void cg_digest_end_text(struct cg_digest *digest, char text[CG_DIGEST_TEXT_SIZE]) {
    unsigned char bytes[CG_DIGEST_BYTES];
    cg_digest_end(digest, bytes);
    sodium_bin2hex(text, CG_DIGEST_TEXT_SIZE, bytes, sizeof bytes);
}
