/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See table.h. Columns are as wide as their widest cell, in characters. */
#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
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

void um_table_print(struct um_table *t)
{
    const char *cell = t->cells.p;

    if (um_buf_failed(&t->cells)) {
        (void)fputs("unitmesh: out of memory\n", stderr);
        um_buf_fini(&t->cells);
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t column = i % t->columns;

        (void)fputs(cell, stdout);
        if (column + 1 < t->columns) {
            (void)printf("%*s", (int)(t->width[column] - characters(cell) + 2),
                         "");
        } else {
            (void)putchar('\n');
        }
        cell += strlen(cell) + 1;
    }
    um_buf_fini(&t->cells);
}

void um_table_drop(struct um_table *t)
{
    um_buf_fini(&t->cells);
}
