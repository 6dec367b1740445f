#include "cli/print.h"

#include "base/text.h"

/* Prints the first `count` characters. */
static void print_characters(FILE *out, const char *text, size_t count) {
    while (*text && count--) {
        size_t whole = cg_text_prefix(text, 1);
        if (cg_text_character(text))
            fwrite(text, 1, whole, out);
        else
            fputc('?', out);
        text += whole;
    }
}

static void print_blanks(FILE *out, size_t count) {
    while (count--)
        fputc(' ', out);
}

void cg_print_clean(FILE *out, const char *text) {
    print_characters(out, text, SIZE_MAX);
}

void cg_print_text(FILE *out, const char *text) {
    for (; *text; text += cg_text_prefix(text, 1)) {
        if (*text == '\n')
            fputc('\n', out);
        else
            print_characters(out, text, 1);
    }
}

void cg_print_cell(FILE *out, const char *text, size_t width) {
    size_t count = cg_text_count(text);
    if (count <= width) {
        print_characters(out, text, count);
        print_blanks(out, width - count);
        return;
    }
    print_characters(out, text, width - 1);
    fputs("\xe2\x80\xa6", out);
}

void cg_print_whole_cell(FILE *out, const char *text, size_t before, size_t width) {
    if (cg_text_count(text) <= width) {
        cg_print_cell(out, text, width);
        return;
    }
    cg_print_clean(out, text);
    fputc('\n', out);
    print_blanks(out, before + width);
}
