/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The store when memory runs out, our own and SQLite's, which is on the same
 * failing heap here: an error that says so, no half batch, nothing leaks.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "failing_mem.h"
#include "faulty_vfs.h"
#include "p2p/err.h"
#include "rig.h"
#include "unit.h"

/* In front of each of SQLite's blocks. */
union head {
    size_t size;
    max_align_t align;
};

static void *xmalloc(int n)
{
    union head *h = p2p__alloc(sizeof *h + (size_t)n);

    if (h == NULL)
        return NULL;
    h->size = (size_t)n;
    return h + 1;
}

static void xfree(void *p)
{
    if (p != NULL)
        p2p__free((union head *)p - 1);
}

static void *xrealloc(void *p, int n)
{
    union head *h = p2p__realloc((union head *)p - 1, sizeof *h + (size_t)n);

    if (h == NULL)
        return NULL;
    h->size = (size_t)n;
    return h + 1;
}

static int xsize(void *p)
{
    return p == NULL ? 0 : (int)((union head *)p - 1)->size;
}

static int xround(int n)
{
    return (n + 7) & ~7;
}

static int xinit(void *arg)
{
    (void)arg;
    return SQLITE_OK;
}

static void xshutdown(void *arg)
{
    (void)arg;
}

static void failing_sqlite(void)
{
    static const sqlite3_mem_methods methods = {
        xmalloc, xfree, xrealloc, xsize, xround, xinit, xshutdown, NULL};

    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0), SQLITE_OK);
    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
}

/* A store that is there, and what is written to it. */
struct case_ {
    struct rig g;
    struct um_buf bytes;
    struct um_name hash;
    struct um_stored item;
};

/* Whether the batch is there; asks again what the store can answer. */
static void all_or_nothing(struct case_ *c, uint64_t was, bool there)
{
    uint64_t count;
    uint64_t size;

    if (rig_count_get(&c->g.s, &count) == 0)
        assert_int_equal(count, was + there);
    if (um_documents_size(&c->g.s, &c->hash, &size) == P2P_ENOTFOUND)
        assert_false(there);
}

/* One batch of all kinds of writes; the first error. */
static int write_all(struct um_store *s, struct case_ *c, uint64_t count)
{
    struct um_kept_row row = {.seq = count, .envelope = UM_STR("row")};
    struct um_invite inv = {.uses = 3, .id = {1}};
    struct um_answer answer = {.key = UM_STR("k"), .at_ms = T0};
    struct um_pending pending = {.at_ms = T0, .name = UM_STR("web")};
    struct um_copy copy = {.at_ms = T0, .why = UM_COPY_DRIFT};
    int err = um_store_begin(s);

    if (err != 0)
        return err;
    err = um_documents_drop(s, &c->hash);
    if (err == 0 || err == P2P_ENOTFOUND)
        err = um_documents_add(s, &c->hash, um_buf_view(&c->bytes));
    if (err == 0)
        err = um_self_shown_put(s, &c->hash, um_buf_view(&c->bytes));
    if (err == 0)
        err = um_rows_put(s, &row);
    if (err == 0)
        err = um_invites_add(s, &inv, T0);
    if (err == 0 || err == P2P_EEXIST)
        err = um_pending_put(s, &pending);
    if (err == 0)
        err = um_answers_put(s, &answer);
    if (err == 0)
        err = um_copies_add(s, &copy, UM_STR("{}"));
    if (err == 0)
        err = rig_count_put(s, count);
    if (err != 0) {
        um_store_rollback(s);
        return err;
    }
    return um_store_commit(s);
}

static int body(void *arg)
{
    struct case_ *c = arg;
    struct um_store *s = &c->g.s;
    struct um_buf out = UM_BUF_INIT;
    struct um_stored item = {0};
    struct um_name effective;
    uint64_t was;
    int err = um_store_open(s, c->g.path, UM_STORE_EXISTING);

    if (err == 0)
        err = rig_count_get(s, &was);
    if (err == 0) {
        err = write_all(s, c, was + 1);
        all_or_nothing(c, was, err == 0);
    }
    if (err == 0)
        err = um_documents_get(s, &c->hash, &out);
    if (err == 0)
        assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&c->bytes)));
    um_buf_clear(&out);
    if (err == 0)
        err = um_self_shown_get(s, &effective, &out);
    if (err == 0)
        assert_true(um_str_eq(um_buf_view(&out), um_buf_view(&c->bytes)));
    if (err == 0 && um_items_next(s, 0, &item) != 1)
        err = P2P_ENOMEM;
    if (err == P2P_ENOMEM)
        assert_true(s->trouble == UM_STORE_MEMORY ||
                    s->trouble == UM_STORE_FINE);
    um_store_close(s);
    um_buf_fini(&out);
    return err;
}

static void test_without_memory(void **state)
{
    struct case_ c = {.bytes = UM_BUF_INIT};

    (void)state;
    failing_mem_set(0, 0);
    rig_init(&c.g);
    rig_add(&c.g.s, 1, 5);
    um_store_close(&c.g.s);
    c.hash = rig_doc(1, 9000, &c.bytes);
    print_message("%zu allocations\n", failing_mem_each(body, &c));
    rig_again(&c.g);
    rig_has(&c.g.s, 5);
    um_buf_fini(&c.bytes);
    rig_fini(&c.g);
}

/* A new one. */
static int make_body(void *arg)
{
    struct rig *g = arg;
    int err;

    rig_folder(g);
    err = um_store_open(&g->s, g->path, UM_STORE_CREATE);
    rig_fini(g);
    return err;
}

static void test_making_without_memory(void **state)
{
    struct rig g;

    (void)state;
    print_message("%zu allocations\n", failing_mem_each(make_body, &g));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_making_without_memory),
    };

    /* Thousands of openings: in memory, where there is such a folder. */
    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 0);
    failing_sqlite();
    faulty_vfs_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
