/*
 * text.h - texts from outside: are they fit for a database, a file and a terminal, and if not, make them so.
 *
 * A clean text is well-formed UTF-8 (RFC 3629) without control characters: U+0000..U+001F, U+007F..U+009F. Those could
 * forge a line, move a cursor or change a terminal's state.
 */
#ifndef CG_BASE_TEXT_H
#define CG_BASE_TEXT_H

#include <chitragupt/abi.h>

/** Bytes (1 to 4) of the clean character at `text`; 0 for a control character, for no UTF-8, and at the end. */
size_t cg_text_character(const char *text);

/** Bytes (1 to 4) of the well-formed UTF-8 sequence (RFC 3629) at `text`, of which `left` bytes may be read; 0 when
 * there is none. Control characters, NUL included, are sequences of one byte. */
size_t cg_text_sequence(const char *text, size_t left);

/** Number of characters, control characters included; a byte that is no UTF-8 counts as one. */
size_t cg_text_count(const char *text);

/** Bytes of the first `characters` characters, counted as above. */
size_t cg_text_prefix(const char *text, size_t characters);

/** `length` without the first bytes of a character that was cut off at the end of text[0..length). */
size_t cg_text_whole(const char *text, size_t length);

/** True when the text is clean and has at most `limit` bytes. NULL is not. */
int32_t cg_text_is_clean(const char *text, size_t limit);

/** Puts `by` (ASCII) in place of every control character and of every byte that is no UTF-8. */
void cg_text_replace(char *text, char by);

/**
 * Makes the text in a buffer of `size` bytes (at least 1) clean: '?' for what is not. With `was_cut`, the buffer holds
 * the first `size` - 1 bytes of something longer: it then ends in "..." behind a whole character (with a `size` below 4
 * just behind a whole character).
 */
void cg_text_clean(char *text, size_t size, int was_cut);

#endif
