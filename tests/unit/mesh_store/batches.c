/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "batches.h"

#include <stdio.h>
#include <string.h>

#include "p2p/err.h"

#define ITEMS 3

/* How many of the last batches are compared with what was written. */
#define COMPARED 12

/* Mostly small, and a large one now and then: journals grow and are taken in.
 */
static size_t doc_len(uint64_t n)
{
    return n % 16 == 0 ? 700000 : 100 + n * 7919 % 20000;
}

int batches_write(struct um_store *s, uint64_t n)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_name hash = rig_doc(n, doc_len(n), &b);
    int err = um_store_begin(s);

    if (err == 0)
        err = um_documents_add(s, &hash, um_buf_view(&b));
    for (uint64_t i = 1; i <= ITEMS && err == 0; i++) {
        struct um_stored item = rig_item((n - 1) * ITEMS + i, &b);

        err = um_items_add(s, &item);
    }
    if (err == 0)
        err = rig_count_put(s, n);
    um_buf_fini(&b);
    return err != 0 ? err : um_store_commit(s);
}

static char wrong[2048];

static void say(void *user, const char *line)
{
    (void)user;
    if (wrong[0] == '\0')
        (void)snprintf(wrong, sizeof wrong, "%s", line);
}

/* The items of the last batches are those that were written. */
static bool items_are(struct um_store *s, uint64_t n)
{
    struct um_stored item = {.place =
                                 n > COMPARED ? (n - COMPARED) * ITEMS : 0};
    struct um_buf b = UM_BUF_INIT;
    bool same = true;

    while (same && um_items_next(s, item.place, &item) == 1) {
        struct um_stored want = rig_item(item.place, &b);

        same = um_str_eq(item.envelope, want.envelope);
    }
    um_buf_fini(&b);
    return same && item.place == n * ITEMS;
}

static uint64_t documents_n(struct um_store *s)
{
    struct um_name at = {{0}};
    uint64_t n = 0;

    while (um_documents_next(s, &at, &at, NULL) == 1)
        n++;
    return n;
}

const char *batches_look(struct um_store *s, uint64_t *n)
{
    static const struct um_store_ear ear = {NULL, say};
    uint64_t count;
    uint64_t items = 0;

    wrong[0] = '\0';
    *n = 0;
    if (um_store_check(s, &ear) != 0 || rig_count_get(s, &count) != 0 ||
        um_items_count(s, &items) != 0)
        return wrong[0] != '\0' ? wrong : s->text;
    *n = count;
    if (items == count * ITEMS && items_are(s, count) &&
        documents_n(s) == count)
        return NULL;
    (void)snprintf(wrong, sizeof wrong,
                   "half a batch: %llu by number, %llu items, %llu documents",
                   (unsigned long long)count, (unsigned long long)items,
                   (unsigned long long)documents_n(s));
    return wrong;
}
