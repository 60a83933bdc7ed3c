/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See table.h. Columns are as wide as their widest cell, in characters. */
#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/base/utf8.h"

/* Characters of a harmless text. */
static size_t characters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

void um_table_cell(struct um_table *t, const char *text)
{
    size_t at = t->cells.len, wide;
    size_t column = t->n % t->columns;

    um_buf_text(&t->cells, text[0] != '\0' ? text : "-");
    um_buf_byte(&t->cells, '\0');
    if (um_buf_failed(&t->cells)) {
        return;
    }
    um_utf8_harmless(t->cells.p + at);
    wide = characters(t->cells.p + at);
    t->width[column] = wide > t->width[column] ? wide : t->width[column];
    t->n++;
}

void um_table_init(struct um_table *t, const char *titles)
{
    char title[32];

    *t = (struct um_table){.columns = 1};
    for (const char *c = titles; *c != '\0'; c++) {
        t->columns += *c == '|';
    }
    assert(t->columns <= UM_TABLE_COLUMNS);
    for (size_t i = 0; i < t->columns; i++) {
        size_t n = strcspn(titles, "|");

        (void)snprintf(title, sizeof title, "%.*s", (int)n, titles);
        um_table_cell(t, title);
        titles += n + (titles[n] == '|');
    }
}

void um_table_sort(struct um_table *t)
{
    t->sorted = true;
}

/* Prints a row; where the next one begins. */
static const char *print_row(const struct um_table *t, const char *cell)
{
    FILE *out = t->out != NULL ? t->out : stdout;

    for (size_t column = 0; column < t->columns; column++) {
        (void)fputs(cell, out);
        if (column + 1 < t->columns) {
            (void)fprintf(out, "%*s",
                          (int)(t->width[column] - characters(cell) + 2), "");
        }
        cell += strlen(cell) + 1;
    }
    (void)fputc('\n', out);
    return cell;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Prints rows in the order of their first cells; false: no memory. */
static bool print_sorted(const struct um_table *t, const char *cell)
{
    size_t n = t->n / t->columns - 1;
    const char **rows = calloc(n + 1, sizeof *rows);

    for (size_t i = 0; rows != NULL && i < n; i++) {
        rows[i] = cell;
        for (size_t k = 0; k < t->columns; k++) {
            cell += strlen(cell) + 1;
        }
    }
    if (rows != NULL) {
        qsort(rows, n, sizeof *rows, compare);
    }
    for (size_t i = 0; rows != NULL && i < n; i++) {
        (void)print_row(t, rows[i]);
    }
    free(rows);
    return rows != NULL;
}

void um_table_print(struct um_table *t)
{
    const char *cell = t->cells.p;
    bool ok = !um_buf_failed(&t->cells);

    if (ok) {
        cell = print_row(t, cell);
    }
    if (ok && t->sorted) {
        ok = print_sorted(t, cell);
    } else {
        for (size_t i = t->columns; ok && i < t->n; i += t->columns) {
            cell = print_row(t, cell);
        }
    }
    if (!ok) {
        (void)fputs("unitmesh: out of memory\n", stderr);
    }
    um_buf_fini(&t->cells);
}

void um_table_drop(struct um_table *t)
{
    um_buf_fini(&t->cells);
}
