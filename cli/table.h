/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Rows of text in aligned columns; what is in them steers no terminal. On one
 * they fit its width: the widest columns are shortened, those that say so
 * first. Elsewhere nothing is.
 */
#ifndef UM_CLI_TABLE_H
#define UM_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "mesh/base/buf.h"

struct um_cli;

/** Columns that a table has room for. */
#define UM_TABLE_COLUMNS 10

/** A table; um_table_init() it. */
struct um_table {
    struct um_buf cells; /* each ends with a zero byte */
    size_t n;            /* cells so far */
    size_t columns;
    unsigned flexible; /* columns that are shortened first, a bit each */
    unsigned state;    /* the column of states, which have a colour */
    FILE *out;         /* NULL: standard output */
    bool sorted;       /* by the first column */
    size_t width[UM_TABLE_COLUMNS];
};

/** Begins with the titles, separated by bars: "NAME|STATE|MESSAGE~". The column
 * STATE has colours; one with ~ is shortened first where there is no room. */
void um_table_init(struct um_table *t, const char *titles);

/** The rows are to stand in the order of their first cells. */
void um_table_sort(struct um_table *t);

/** The next cell; "" is shown as a dash. Copies. */
void um_table_cell(struct um_table *t, const char *text);

/** Prints and frees it. */
void um_table_print(struct um_table *t);

/** The same, but one without a row is not printed: that there is nothing is
 * said, on standard error, or with --watch where the table would be. */
void um_table_show(struct um_table *t, const struct um_cli *c,
                   const char *nothing);

/** Frees it. */
void um_table_drop(struct um_table *t);

#endif
