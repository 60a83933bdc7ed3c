/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * usage: store-writer write|look STORE [SYNCHRONOUS]
 *
 * `write` writes batches for ever, beginning behind those that are there, and
 * says the number of each that was acknowledged, a line each. `look` says how
 * many there are, or what is wrong. SYNCHRONOUS makes a store that keeps its
 * promises less well: the judge of who says that it keeps them.
 */
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "batches.h"

static int die(const char *why)
{
    (void)fprintf(stderr, "%s\n", why);
    return 1;
}

static int write_on(struct um_store *s)
{
    uint64_t n;

    if (rig_count_get(s, &n) != 0)
        return die(s->text);
    for (n++; batches_write(s, n) == 0; n++) {
        if (printf("%llu\n", (unsigned long long)n) < 0 || fflush(stdout) != 0)
            return 1;
    }
    return die(s->text);
}

static int look(struct um_store *s)
{
    uint64_t n;
    const char *wrong = batches_look(s, &n);

    if (wrong != NULL)
        return die(wrong);
    (void)printf("%llu\n", (unsigned long long)n);
    return 0;
}

int main(int argc, char **argv)
{
    struct um_store s;
    char pragma[64];
    int rv;

    if (argc < 3)
        return die("usage: store-writer write|look STORE [SYNCHRONOUS]");
    if (um_store_open(&s, argv[2], UM_STORE_CREATE) != 0)
        return die(s.text);
    if (argc > 3) {
        (void)snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %.8s",
                       argv[3]);
        if (sqlite3_exec(s.db, pragma, NULL, NULL, NULL) != SQLITE_OK)
            return die(sqlite3_errmsg(s.db));
    }
    rv = strcmp(argv[1], "write") == 0 ? write_on(&s) : look(&s);
    um_store_close(&s);
    return rv;
}
