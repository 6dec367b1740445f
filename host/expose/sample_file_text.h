/*
 * sample_file_text.h - the words of a file of samples, for its writer and its reader.
 */
#ifndef CG_EXPOSE_SAMPLE_FILE_TEXT_H
#define CG_EXPOSE_SAMPLE_FILE_TEXT_H

/** The first line: which format it is, and its version. */
#define CG_SAMPLE_FIRST_LINE "chitragupt samples 1\n"

/** The line in front of the samples. */
#define CG_SAMPLE_LAST_OF_HEAD "samples\n"

/** Beginnings of lines. */
#define CG_SAMPLE_WORD_TIME "time "
#define CG_SAMPLE_WORD_FAMILY "family "
#define CG_SAMPLE_WORD_HELP "help "
#define CG_SAMPLE_WORD_SECTION "section "
#define CG_SAMPLE_WORD_END "end "

#endif
