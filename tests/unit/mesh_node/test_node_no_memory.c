/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A whole node, each of whose allocations fails in turn: it does without, or
 * says once that it cannot go on; who asked is told; nothing is left over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mesh_store/rig.h"
#include "crew.h"
#include "failing_mem.h"
#include "p2p/err.h"
#include "unit.h"

#define D0 "{\"base\":{\"routes\":[]}}"
#define D1 "{\"base\":{\"routes\":[{\"action\":{}}]}}"

struct scene {
    struct crew *c;
    struct mate *m;
    struct um_buf file; /* its store, before */
    struct um_buf grant, later, row;
};

/* Signs what comes from elsewhere, and keeps the store as it is. */
static void prepare(struct scene *s)
{
    struct um_row row = {.seq = 1, .wall_ms = CREW_T0};

    s->c = crew_new();
    s->m = crew_begin(s->c, D0);
    (void)crew_sign(s->c, KEY_OWNER,
                    (struct um_statement){.what = UM_GRANT,
                                          .key = s->c->names[1],
                                          .roles = UM_NODE | UM_WRITER},
                    &s->grant);
    (void)crew_sign(s->c, 1,
                    (struct um_statement){.what = UM_SET,
                                          .key = s->c->names[1],
                                          .seq = 1,
                                          .name = UM_STR("a"),
                                          .value = UM_STR("b")},
                    &s->later);
    row.mesh = s->c->mesh;
    assert_int_equal(um_row_seal(&row, s->c->keys[1], &s->row), 0);
    um_store_close(&s->m->store);
    rig_read(s->m->path, &s->file);
    assert_int_equal(um_store_remove(s->m->path), 0);
}

/* What people want, and what others send. */
static void live(struct scene *s, struct told *t, struct heard *h)
{
    struct um_node *n = s->m->node;
    struct um_command c = {.verb = UM_DO_PUBLISH,
                           .doc_bytes = sizeof D1 - 1,
                           .message = UM_STR("a change")};

    if (um_node_state(n, um_buf_view(&s->grant), heard, h) != 0)
        h->n = 1;
    (void)um_node_links_cb.item(n, &s->c->names[1], UM_SYNC_ROSTER,
                                um_buf_view(&s->later));
    (void)um_node_links_cb.row(n, &s->c->names[1], um_buf_view(&s->row));
    if (um_papers_put(um_node_papers(n), UM_STR(D1), &c.doc) != 0 ||
        um_node_command(n, &c, told, t) != 0)
        t->n = 1;
    crew_pass(s->c, UM_NODE_ROWS_MS + 1000);
}

/* Without memory, which um_store_remove() takes. */
static void remove_store(const struct mate *m)
{
    static const char *const suffix[] = {"", "-wal", "-shm"};
    char path[128];

    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        (void)snprintf(path, sizeof path, "%s%s", m->path, suffix[i]);
        (void)unlink(path);
    }
}

static int body(void *arg)
{
    struct scene *s = arg;
    struct mate *m = s->m;
    struct told t = {0};
    struct heard h = {0};
    int rv;

    rig_write(m->path, s->file.p, s->file.len);
    m->broken = 0;
    rv = um_store_open(&m->store, m->path, UM_STORE_EXISTING);
    if (rv == 0) {
        rv = mate_try(m);
        if (rv == 0) {
            live(s, &t, &h);
            mate_stop(m);
            assert_int_equal(t.n, 1);
            assert_int_equal(h.n, 1);
        }
        assert_in_range(m->broken, 0, 1);
    }
    um_store_close(&m->store);
    remove_store(m);
    if (rv != 0 && rv != P2P_ENOMEM)
        print_message("%s", m->lines);
    m->lines[0] = '\0';
    return rv;
}

static void test_no_memory(void **state)
{
    struct scene s = {.file = UM_BUF_INIT,
                      .grant = UM_BUF_INIT,
                      .later = UM_BUF_INIT,
                      .row = UM_BUF_INIT};

    (void)state;
    prepare(&s);
    assert_in_range(failing_mem_each(body, &s), 100, 5000);
    /* crew_free() wants a store. */
    rig_write(s.m->path, s.file.p, s.file.len);
    assert_int_equal(um_store_open(&s.m->store, s.m->path, UM_STORE_EXISTING),
                     0);
    crew_free(s.c);
    um_buf_fini(&s.file);
    um_buf_fini(&s.grant);
    um_buf_fini(&s.later);
    um_buf_fini(&s.row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
