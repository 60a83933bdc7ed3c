/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See table.h. Columns are as wide as their widest cell, in columns of a
 * terminal. */
#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/style.h"
#include "mesh/base/utf8.h"

/* Columns that one is not made smaller than: those that are to be shortened,
 * and, if that is not enough, any. */
#define FLEXIBLE_LEAST 12U
#define LEAST          8U

/* What stands for what was cut off. */
#define CUT "\xe2\x80\xa6"

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
    wide = um_style_width(t->cells.p + at);
    t->width[column] = wide > t->width[column] ? wide : t->width[column];
    t->n++;
}

void um_table_init(struct um_table *t, const char *titles)
{
    char title[32];

    *t = (struct um_table){.columns = 1, .state = UM_TABLE_COLUMNS};
    for (const char *c = titles; *c != '\0'; c++) {
        t->columns += *c == '|';
    }
    assert(t->columns <= UM_TABLE_COLUMNS);
    for (size_t i = 0; i < t->columns; i++) {
        size_t n = strcspn(titles, "|");

        bool flexible = n > 0 && titles[n - 1] == '~';

        (void)snprintf(title, sizeof title, "%.*s", (int)(n - flexible),
                       titles);
        t->flexible |= (unsigned)flexible << i;
        t->state = strcmp(title, "STATE") == 0 ? (unsigned)i : t->state;
        um_table_cell(t, title);
        titles += n + (titles[n] == '|');
    }
}

void um_table_sort(struct um_table *t)
{
    t->sorted = true;
}

static FILE *out_of(const struct um_table *t)
{
    return t->out != NULL ? t->out : stdout;
}

/* The widest column above its least width; columns: there is none. */
static size_t widest(const struct um_table *t, unsigned of, size_t least)
{
    size_t found = t->columns;

    for (size_t i = 0; i < t->columns; i++) {
        if ((of >> i & 1) != 0 && t->width[i] > least &&
            (found == t->columns || t->width[i] > t->width[found])) {
            found = i;
        }
    }
    return found;
}

/* Makes columns smaller until a row has room, or nothing can be. */
static void fit(struct um_table *t)
{
    size_t room = um_style_columns(out_of(t)), all = 2 * (t->columns - 1);
    size_t i = 0;

    for (size_t k = 0; k < t->columns; k++) {
        all += t->width[k];
    }
    for (; room > 0 && all > room && i < t->columns; all--) {
        i = widest(t, t->flexible, FLEXIBLE_LEAST);
        i = i < t->columns ? i : widest(t, ~0U, LEAST);
        t->width[i < t->columns ? i : 0] -= i < t->columns;
    }
}

/* Prints a cell, or what of it has room, and what parts it from the next. */
static void print_cell(const struct um_table *t, const char *cell,
                       size_t column, enum um_style style)
{
    FILE *out = out_of(t);
    size_t room = t->width[column], wide = um_style_width(cell);
    size_t n = strlen(cell);
    bool cut = wide > room;

    if (cut) {
        n = um_style_front(cell, room - 1, &wide);
        wide++;
    }
    (void)fprintf(out, "%s%.*s%s%s", um_style_begin(style), (int)n, cell,
                  cut ? CUT : "", um_style_end(style));
    if (column + 1 < t->columns) {
        (void)fprintf(out, "%*s", (int)(room - wide + 2), "");
    }
}

/* Prints a row; where the next one begins. */
static const char *print_row(const struct um_table *t, const char *cell)
{
    bool colours = um_style_colours(out_of(t)), title = cell == t->cells.p;
    enum um_style style;

    for (size_t column = 0; column < t->columns; column++) {
        style = !colours             ? UM_STYLE_PLAIN
                : title              ? UM_STYLE_TITLE
                : column == t->state ? um_style_of(cell)
                                     : UM_STYLE_PLAIN;
        print_cell(t, cell, column, style);
        cell += strlen(cell) + 1;
    }
    (void)fputc('\n', out_of(t));
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
        fit(t);
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

void um_table_show(struct um_table *t, const struct um_cli *c,
                   const char *nothing)
{
    if (t->n > t->columns || um_buf_failed(&t->cells)) {
        um_table_print(t);
        return;
    }
    um_cli_nothing(c, nothing);
    um_table_drop(t);
}

void um_table_drop(struct um_table *t)
{
    um_buf_fini(&t->cells);
}
