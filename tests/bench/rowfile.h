/*
 * rowfile.h - the rows of a database in one flat file, as `rows` writes it and `floor` reads it on the same machine.
 *
 * A file is the magic, then records: a tag byte and what it says. Lengths are uint32_t, whole numbers int64_t, in the
 * machine's byte order.
 *
 *   S  length, SQL of a table or an index
 *   T  columns (uint32_t), length, INSERT statement with a "?" for each column; the rows below belong to it
 *   R  a value for each column: its SQLite type (SQLITE_INTEGER...) as a byte, then nothing (null), 8 bytes (integer,
 *      float), or length and bytes (text, blob)
 *   E  end
 */
#ifndef CG_BENCH_ROWFILE_H
#define CG_BENCH_ROWFILE_H

#define ROWFILE_MAGIC "CGROWS1\n"
#define ROWFILE_SCHEMA 'S'
#define ROWFILE_TABLE 'T'
#define ROWFILE_ROW 'R'
#define ROWFILE_END 'E'

#endif
