/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See given.h. Happy path: flags, variables, then the file that these name or
 * the usual one; what is given by somebody nearer takes the place of what
 * others gave. A file that does not count is not there, cannot be read, or
 * could have been written by somebody who may not choose what we run.
 */
#include "mesh/app/given.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/inifile.h"
#include "mesh/base/utf8.h"

static void tell(struct um_given *g, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct um_given *g, const char *format, ...)
{
    char line[UM_GIVEN_PLACE + 200];
    va_list args;

    g->wrong++;
    if (g->complain == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    um_utf8_harmless(line);
    g->complain(g->user, line);
}

void um_given_tell(struct um_given *g, const char *line)
{
    tell(g, "%s", line);
}

const char *um_given_place(const struct um_given *g, enum um_setting which,
                           size_t i, char out[UM_GIVEN_PLACE])
{
    const struct um_given_row *row = &g->rows[which];
    const char *name = um_setting_rows[which].name;
    char variable[UM_SETTING_VARIABLE];

    if (row->by == UM_GIVEN_FILE) {
        (void)snprintf(out, UM_GIVEN_PLACE, "%s:%u: %s = %s", g->file,
                       row->lines[i], name, row->values[i]);
    } else if (row->by == UM_GIVEN_VARIABLE) {
        (void)snprintf(out, UM_GIVEN_PLACE, "%s=%s",
                       um_setting_variable(which, variable), row->values[i]);
    } else {
        (void)snprintf(out, UM_GIVEN_PLACE, "--%s %s", name,
                       i < row->n ? row->values[i] : "");
    }
    return out;
}

void um_given_wrong(struct um_given *g, enum um_setting which, size_t i,
                    const char *why)
{
    char place[UM_GIVEN_PLACE];

    tell(g, "%s: %s", um_given_place(g, which, i, place), why);
}

static const char *copy(struct um_given *g, struct um_str text)
{
    char *own = um_arena_alloc(&g->memory, text.len + 1);

    if (own == NULL) {
        tell(g, "out of memory");
        return NULL;
    }
    memcpy(own, text.p, text.len);
    own[text.len] = '\0';
    return own;
}

/* One more value of a setting; who is nearer begins anew. */
static void take(struct um_given *g, enum um_setting which, enum um_given_by by,
                 const char *value, unsigned line)
{
    struct um_given_row *row = &g->rows[which];
    bool many = (um_setting_rows[which].marks & UM_SETTING_MANY) != 0;

    if (value == NULL || by < row->by) {
        return;
    }
    if (by > row->by || (!many && by == UM_GIVEN_FLAG)) {
        row->by = by;
        row->n = 0;
    }
    if (row->n >= (many ? UM_GIVEN_MAX : 1)) {
        row->values[row->n - 1] = value;
        row->lines[row->n - 1] = line;
        um_given_wrong(g, which, row->n - 1,
                       many ? "too many of them" : "it is given twice");
        return;
    }
    row->values[row->n] = value;
    row->lines[row->n++] = line;
}

/* ---- flags */

static int read_flags(struct um_given *g, int argc, char **argv)
{
    struct option options[UM_SETTINGS + 2] = {{0}};
    int c;

    for (size_t i = 0; i < UM_SETTINGS; i++) {
        options[i] = (struct option){.name = um_setting_rows[i].name,
                                     .has_arg = um_setting_rows[i].arg != NULL
                                                    ? required_argument
                                                    : optional_argument,
                                     .val = (int)i + 1};
    }
    options[UM_SETTINGS] = (struct option){.name = "help", .val = 'h'};
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 'h') {
            return 1;
        }
        if (c == '?') {
            g->wrong++; /* it was said */
            return 0;
        }
        take(g, (enum um_setting)(c - 1), UM_GIVEN_FLAG,
             optarg != NULL ? optarg : "yes", 0);
    }
    if (optind < argc) {
        tell(g, "%s: not a flag", argv[optind]);
    }
    return 0;
}

/* ---- variables */

static void read_variable(struct um_given *g, enum um_setting which)
{
    static const char blank[] = " \t\n";
    char name[UM_SETTING_VARIABLE];
    const char *v = getenv(um_setting_variable(which, name));

    if (v == NULL || v[0] == '\0') {
        return;
    }
    if ((um_setting_rows[which].marks & UM_SETTING_MANY) == 0) {
        take(g, which, UM_GIVEN_VARIABLE, v, 0);
        return;
    }
    for (v += strspn(v, blank); *v != '\0'; v += strspn(v, blank)) {
        size_t n = strcspn(v, blank);

        take(g, which, UM_GIVEN_VARIABLE, copy(g, um_str_n(v, n)), 0);
        v += n;
    }
}

/* ---- the file */

static void on_pair(void *user, unsigned line, const char *key,
                    const char *value)
{
    struct um_given *g = user;
    enum um_setting which = um_setting_find(key);

    if (which == UM_SETTINGS) {
        const char *near = um_setting_nearest(key);

        tell(g, "%s:%u: %s: there is no such setting%s%s%s", g->file, line, key,
             near[0] != '\0' ? "; is " : "", near,
             near[0] != '\0' ? " meant?" : "");
    } else if ((um_setting_rows[which].marks & UM_SETTING_OUTSIDE) != 0) {
        tell(g, "%s:%u: %s: it cannot stand in this file", g->file, line, key);
    } else if (value[0] == '\0') {
        tell(g, "%s:%u: %s: it has no value", g->file, line, key);
    } else {
        take(g, which, UM_GIVEN_FILE, copy(g, um_str(value)), line);
    }
}

static void on_wrong(void *user, unsigned line, const char *why)
{
    struct um_given *g = user;

    tell(g, "%s:%u: %s", g->file, line, why);
}

/* What stands in it may be the path of a program: who may write to it may
 * choose that. Root's is root's alone. */
static const char *distrusted(const struct stat *st)
{
    bool root = geteuid() == 0;

    if (!S_ISREG(st->st_mode)) {
        return "is no file";
    }
    if (root && st->st_uid != 0) {
        return "belongs to another user than root: chown root";
    }
    if ((st->st_mode & (root ? S_IWGRP | S_IWOTH : S_IWOTH)) != 0) {
        return "others may write to it: chmod go-w";
    }
    return NULL;
}

static void read_file(struct um_given *g, bool must)
{
    const struct um_inifile_cb cb = {on_pair, on_wrong, g};
    const char *why;
    struct stat st;
    FILE *in;

    if (!must && stat(g->file, &st) != 0) {
        g->file[0] = '\0'; /* who became another user has root's HOME still */
        return;
    }
    in = fopen(g->file, "re");
    why = in == NULL ? strerror(errno) : NULL;
    if (in != NULL && fstat(fileno(in), &st) == 0) {
        why = distrusted(&st);
    }
    if (why != NULL) {
        tell(g, "%s: %s", g->file, why);
    } else if (in != NULL) {
        um_inifile_read(in, &cb);
    }
    if (in != NULL) {
        (void)fclose(in);
    }
}

/* Where the file is if nobody says. false: nowhere. */
static bool usual(struct um_given *g, const char *name)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *dash = name != NULL ? "-" : "";
    int n;

    name = name != NULL ? name : "";
    if (geteuid() == 0) {
        n = snprintf(g->file, sizeof g->file, "/etc/unitmesh/unitmesh%s%s.conf",
                     dash, name);
    } else if (xdg != NULL && xdg[0] == '/') {
        n = snprintf(g->file, sizeof g->file, "%s/unitmesh/unitmesh%s%s.conf",
                     xdg, dash, name);
    } else {
        n = snprintf(g->file, sizeof g->file,
                     "%s/.config/unitmesh/unitmesh%s%s.conf",
                     home != NULL ? home : "", dash, name);
    }
    return n < (int)sizeof g->file && strchr(name, '/') == NULL;
}

static void find_file(struct um_given *g, const struct um_given_sources *from)
{
    const struct um_given_row *file = &g->rows[UM_SETTING_SETTINGS];
    const struct um_given_row *name = &g->rows[UM_SETTING_NAME];
    const char *path = from->file != NULL ? from->file
                       : file->n > 0      ? file->values[0]
                                          : NULL;

    if (path != NULL && strlen(path) >= sizeof g->file) {
        tell(g, "%.40s…: the path is too long", path);
    } else if (path != NULL) {
        memcpy(g->file, path, strlen(path) + 1);
        read_file(g, true);
    } else if (usual(g, name->n > 0 ? name->values[0] : NULL)) {
        read_file(g, false);
    } else {
        g->file[0] = '\0';
    }
}

int um_given_read(struct um_given *g, const struct um_given_sources *from)
{
    if (from->argc > 0 && read_flags(g, from->argc, from->argv) != 0) {
        return 1;
    }
    take(g, UM_SETTING_NAME, UM_GIVEN_FLAG, from->name, 0);
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        read_variable(g, (enum um_setting)i);
    }
    find_file(g, from);
    return 0;
}

void um_given_fini(struct um_given *g)
{
    um_arena_fini(&g->memory);
}
