/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hints in a world of buses: what is said at a time is one message, and never
 * too long; what comes is judged, and passed on if its author may speak. */
#include "mesh/node/hints.h"

#include <stdio.h>

#include "../mesh_sync/rig.h"
#include "bus_rig.h"
#include "failing_mem.h"
#include "p2p/hash.h"

enum { TEXT = 4096 };

static struct pool pool;

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 3, .edits = 8, .facts = 2});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

/* A node that notes what it is told. */
struct ear {
    struct um_bus *bus;
    struct um_hints *hints;
    struct um_log log;
    bool may;
    bool waits;
    const char *refuses; /* an item with this text in it, or NULL */
    size_t items, ids, documents;
    struct um_name from;
    char told[TEXT]; /* the first of it, in order */
    char lines[TEXT];
};

static void note(struct ear *e, const char *what)
{
    size_t len = strlen(e->told);

    (void)snprintf(e->told + len, sizeof e->told - len, "%s ", what);
}

static bool may(void *user, const struct um_name *peer)
{
    struct ear *e = user;

    e->from = *peer;
    return e->may;
}

static enum um_sync_verdict item(void *user, const struct um_name *from,
                                 enum um_sync_set set, struct um_str envelope)
{
    static const char *const names[] = {"", "roster", "revision", "fact"};
    struct ear *e = user;

    assert_true(um_name_eq(from, &e->from));
    e->items++;
    note(e, names[set]);
    return e->refuses != NULL && um_str_eq(envelope, um_str(e->refuses))
               ? UM_SYNC_REFUSED
               : UM_SYNC_TAKEN;
}

static enum um_sync_verdict row(void *user, const struct um_name *from,
                                struct um_str envelope)
{
    (void)from;
    (void)envelope;
    note(user, "row");
    return UM_SYNC_HAD;
}

static void ids(void *user, const struct um_name *from, enum um_sync_set set,
                struct um_namelist names)
{
    struct ear *e = user;

    (void)from;
    (void)set;
    e->ids += names.n;
    note(e, "ids");
}

static bool waits(void *user, const struct um_name *hash)
{
    const struct ear *e = user;

    (void)hash;
    return e->waits;
}

static void document(void *user, const struct um_name *hash,
                     struct um_str bytes)
{
    struct ear *e = user;
    struct um_name real;

    p2p_sha256(bytes.p, bytes.len, real.b);
    assert_true(um_name_eq(&real, hash));
    e->documents++;
    note(e, "document");
}

static const struct um_hints_cb callbacks = {may, item,  row,
                                             ids, waits, document};

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct ear *e = user;
    size_t len = strlen(e->lines);

    (void)level;
    (void)snprintf(e->lines + len, sizeof e->lines - len, "%s\n", line);
}

/* Two of them. */
struct pair {
    struct world w;
    struct ear ears[2];
};

static int pair_init(struct pair *p)
{
    memset(p, 0, sizeof *p);
    world_init(&p->w);
    for (unsigned i = 0; i < 2; i++) {
        struct ear *e = &p->ears[i];
        struct um_hints_cfg cfg = {.mesh = pool.mesh,
                                   .alarms = &p->w.port,
                                   .log = &e->log,
                                   .cb = &callbacks,
                                   .user = e};

        e->bus = cfg.bus = world_add(&p->w, &pool.names[i]);
        e->may = true;
        e->log = (struct um_log){.level = UM_LOG_INFO, .user = e, .sink = sink};
        e->hints = um_hints_new(&cfg);
    }
    world_connect(&p->w, p->ears[0].bus, p->ears[1].bus);
    return p->ears[0].hints != NULL && p->ears[1].hints != NULL ? 0
                                                                : P2P_ENOMEM;
}

static void pair_fini(struct pair *p)
{
    um_hints_free(p->ears[0].hints);
    um_hints_free(p->ears[1].hints);
    world_fini(&p->w);
}

static void say(struct pair *p, enum um_kind kind, struct um_str envelope,
                struct um_str doc)
{
    struct um_name id;

    p2p_sha256(envelope.p, envelope.len, id.b);
    um_hints_item(p->ears[0].hints, kind, &id, envelope, doc);
}

static const struct um_str none = {NULL, 0};

static void test_one_message_for_all(void **state)
{
    struct pair p;
    struct um_hints_stats stats;

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    p.ears[1].waits = true;
    say(&p, UM_ROW, UM_STR("r"), none);
    say(&p, UM_FACT, UM_STR("f"), none);
    say(&p, UM_REVISION, UM_STR("a"), UM_STR("{}"));
    say(&p, UM_REVISION, UM_STR("b"), none);
    say(&p, UM_STATEMENT, UM_STR("s"), none);
    assert_int_equal(p.ears[0].bus->published, 0);
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[0].bus->published, 1);
    assert_string_equal(p.ears[1].told,
                        "roster revision revision fact row document ");
    assert_true(um_name_eq(&p.ears[1].from, &pool.names[0]));
    assert_int_equal(p.ears[1].bus->verdict, UM_BUS_ACCEPT);
    um_hints_stats(p.ears[0].hints, &stats);
    assert_int_equal(stats.published, 1);
    um_hints_stats(p.ears[1].hints, &stats);
    assert_int_equal(stats.came, 1);
    /* And nothing more, until something is said again. */
    world_pass(&p.w, 1000);
    assert_int_equal(p.ears[0].bus->published, 1);
    /* Where nobody is connected nobody is told, then or later. */
    world_disconnect(&p.w, p.ears[0].bus, p.ears[1].bus);
    say(&p, UM_FACT, UM_STR("x"), none);
    world_pass(&p.w, 1);
    world_connect(&p.w, p.ears[0].bus, p.ears[1].bus);
    world_pass(&p.w, 1000);
    assert_int_equal(p.ears[0].bus->published, 1);
    say(&p, UM_FACT, UM_STR("g"), none);
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[1].items, 5);
    pair_fini(&p);
}

static void test_what_has_no_room_is_named(void **state)
{
    struct pair p;
    struct um_buf big = UM_BUF_INIT;

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    um_buf_fill(&big, 'x', 16000);
    for (unsigned i = 0; i < 70; i++)
        say(&p, UM_REVISION, um_buf_view(&big), none);
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[0].bus->published, 1);
    assert_int_equal(p.ears[1].items, 65);
    assert_int_equal(p.ears[1].ids, 5);
    assert_true(p.ears[0].bus->longest <= UM__CAP_HINT_BYTES);
    um_buf_fini(&big);
    pair_fini(&p);
}

static void test_several_messages_if_need_be(void **state)
{
    struct pair p;

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    for (unsigned i = 0; i < 100000; i++)
        say(&p, UM_ROW, UM_STR("0123456789012345678901234"), none);
    for (unsigned i = 0; i < 100000; i++)
        say(&p, UM_FACT, UM_STR("0123456789012345678901234"), none);
    world_pass(&p.w, 1);
    assert_in_range(p.ears[0].bus->published, 5, 7);
    assert_int_equal(p.ears[1].items + p.ears[1].ids, 100000);
    assert_true(p.ears[0].bus->longest <= UM__CAP_HINT_BYTES);
    assert_int_equal(p.ears[1].bus->verdict, UM_BUS_ACCEPT);
    pair_fini(&p);
}

static void test_strangers_are_not_passed_on(void **state)
{
    struct pair p;
    struct um_hints_stats stats;
    struct p2p_peer_id rsa = {.len = 34, .bytes = {0x12, 0x20}};

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    p.ears[1].may = false;
    say(&p, UM_FACT, UM_STR("f"), none);
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[1].bus->verdict, UM_BUS_IGNORE);
    assert_string_equal(p.ears[1].told, "");
    p.ears[1].may = true;
    assert_int_equal(p.ears[1].bus->on_message(p.ears[1].bus->message_user,
                                               &rsa, "\x08\x01", 2),
                     UM_BUS_IGNORE);
    um_hints_stats(p.ears[1].hints, &stats);
    assert_int_equal(stats.strangers, 2);
    assert_int_equal(stats.came, 0);
    pair_fini(&p);
}

static enum um_bus_verdict hear(struct pair *p, struct um_str bytes)
{
    const struct um_bus *bus = p->ears[1].bus;

    return bus->on_message(bus->message_user, &p->ears[0].bus->id, bytes.p,
                           bytes.len);
}

static void test_what_is_no_hint(void **state)
{
    struct pair p;
    struct um_hints_stats stats;
    char id[P2P_PEER_ID_TEXT_MAX], line[200];

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    assert_int_equal(hear(&p, UM_STR("\xff")), UM_BUS_REJECT);
    (void)snprintf(line, sizeof line, "a hint of %s is none\n",
                   p2p_peer_id_text(&p.ears[0].bus->id, id));
    assert_string_equal(p.ears[1].lines, line);
    /* Of a later version: others may read it. */
    assert_int_equal(hear(&p, UM_STR("\x08\x02")), UM_BUS_ACCEPT);
    um_hints_stats(p.ears[1].hints, &stats);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.came, 0);
    /* Said once, not with each. */
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(hear(&p, UM_STR("\xff")), UM_BUS_REJECT);
    assert_string_equal(p.ears[1].lines, line);
    world_pass(&p.w, 2000);
    assert_int_equal(hear(&p, UM_STR("\xff")), UM_BUS_REJECT);
    assert_true(strlen(p.ears[1].lines) == 2 * strlen(line));
    pair_fini(&p);
}

static void test_an_item_that_nobody_accepts(void **state)
{
    struct pair p;

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    p.ears[1].refuses = "bad";
    say(&p, UM_REVISION, UM_STR("good"), none);
    say(&p, UM_REVISION, UM_STR("bad"), none);
    say(&p, UM_REVISION, UM_STR("behind"), none);
    say(&p, UM_FACT, UM_STR("f"), none);
    world_pass(&p.w, 1);
    assert_string_equal(p.ears[1].told, "revision revision ");
    assert_non_null(
        strstr(p.ears[1].lines, "has an item that nobody may accept\n"));
    assert_int_equal(p.ears[1].bus->verdict, UM_BUS_ACCEPT);
    pair_fini(&p);
}

/* A revision of the pool that has the first document. */
static struct um_str revision(void)
{
    for (size_t i = 0; i < pool.n; i++) {
        struct um_revision r;
        struct um_str envelope = um_buf_view(&pool.items[i].bytes);

        if (pool.items[i].set == UM_SYNC_REVISIONS &&
            um_revision_open(envelope, &r) == 0 &&
            um_name_eq(&r.doc, &pool.docs[0]))
            return envelope;
    }
    fail();
    return none;
}

/* Documents of its revisions, and those that are waited for; no others. */
static void test_documents_that_somebody_named(void **state)
{
    struct pair p;

    (void)state;
    assert_int_equal(pair_init(&p), 0);
    say(&p, UM_REVISION, revision(), rig_doc(0));
    say(&p, UM_REVISION, UM_STR("x"), UM_STR("of no revision"));
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[1].documents, 1);
    p.ears[1].waits = true;
    say(&p, UM_REVISION, UM_STR("x"), UM_STR("of no revision"));
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[1].documents, 2);
    /* One that is too long stays where it is. */
    say(&p, UM_REVISION, UM_STR("y"), rig_doc(1));
    world_pass(&p.w, 1);
    assert_int_equal(p.ears[1].documents, 2);
    assert_int_equal(p.ears[1].items, 4);
    pair_fini(&p);
}

static int body(void *arg)
{
    static const struct um_str doc = UM_STR_INIT("{}");
    struct pair p;
    int err = pair_init(&p);

    (void)arg;
    if (err == 0) {
        p.ears[1].waits = true;
        for (unsigned i = 0; i < 10; i++)
            say(&p, UM_REVISION, um_buf_view(&pool.items[1].bytes), doc);
        say(&p, UM_ROW, UM_STR("r"), none);
        world_pass(&p.w, 1);
        p.w.failing_alarms = true;
        say(&p, UM_FACT, UM_STR("f"), none);
        if (p.ears[1].items != 11 || p.ears[1].documents != 10)
            err = P2P_ENOMEM;
    }
    pair_fini(&p);
    return err;
}

static void test_without_memory_a_hint_is_lost(void **state)
{
    (void)state;
    assert_true(failing_mem_each(body, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_message_for_all),
        cmocka_unit_test(test_what_has_no_room_is_named),
        cmocka_unit_test(test_several_messages_if_need_be),
        cmocka_unit_test(test_strangers_are_not_passed_on),
        cmocka_unit_test(test_what_is_no_hint),
        cmocka_unit_test(test_an_item_that_nobody_accepts),
        cmocka_unit_test(test_documents_that_somebody_named),
        cmocka_unit_test(test_without_memory_a_hint_is_lost),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
