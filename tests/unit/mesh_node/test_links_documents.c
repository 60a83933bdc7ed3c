/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents over links: from whoever has them, whatever becomes of who sends
 * them, and no more at a time than there is room for. */
#include "link_rig.h"
#include "p2p/hash.h"

static struct pool pool;

static void fetch(struct host *h, unsigned doc)
{
    um_links_fetch(h->links, &pool.docs[doc], rig_doc(doc).len);
}

static bool has_docs(void *arg)
{
    struct host *h = arg;

    return h->docs[3];
}

static void test_a_document_of_whoever_has_it(void **state)
{
    (void)state;
    for (unsigned where = 1; where < 4; where++) {
        struct scene s;

        scene_init(&s, &pool, 4);
        s.hosts[where].docs[3] = true;
        scene_connect(&s);
        fetch(&s.hosts[0], 3);
        assert_true(world_run(&s.w, 900, has_docs, &s.hosts[0]));
        assert_int_equal(s.hosts[0].got[3], 1);
        assert_int_equal(host_stats(&s.hosts[0]).documents, 1);
        assert_int_equal(s.hosts[where].served, rig_doc(3).len);
        world_pass(&s.w, 2000);
        assert_true(scene_still(&s));
        scene_fini(&s);
    }
}

static void test_several_documents(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        s.hosts[1].docs[i] = true;
    scene_connect(&s);
    world_pass(&s.w, 2000);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        fetch(&s.hosts[0], i);
    fetch(&s.hosts[0], 1); /* twice is once */
    world_pass(&s.w, 500);
    for (unsigned i = 0; i < RIG_DOCS; i++)
        assert_int_equal(s.hosts[0].got[i], 1);
    assert_true(scene_still(&s));
    scene_fini(&s);
}

/* Who sends it is gone after a third of it: another goes on there. */
static void test_a_document_goes_on_with_another(void **state)
{
    struct scene s;
    unsigned other;

    (void)state;
    scene_init(&s, &pool, 3);
    s.hosts[1].docs[3] = s.hosts[2].docs[3] = true;
    world_connect(&s.w, s.hosts[0].bus, s.hosts[1].bus);
    world_connect(&s.w, s.hosts[0].bus, s.hosts[2].bus);
    world_pass(&s.w, 2000);
    s.w.cut_after = s.hosts[0].bus->heard + 400000;
    fetch(&s.hosts[0], 3);
    assert_true(world_run(&s.w, 900, has_docs, &s.hosts[0]));
    assert_int_equal(s.w.cut_after, UINT64_MAX);
    assert_true(s.hosts[1].served > 0 && s.hosts[2].served > 0);
    /* What came before the cut is not sent again. */
    other = s.hosts[0].bus->up[1] ? 1 : 2;
    assert_true(s.hosts[other].served < rig_doc(3).len);
    scene_fini(&s);
}

static void test_who_connects_is_asked(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 3);
    s.hosts[2].docs[3] = true;
    world_connect(&s.w, s.hosts[0].bus, s.hosts[1].bus);
    fetch(&s.hosts[0], 3);
    world_pass(&s.w, 20000);
    assert_int_equal(s.hosts[0].got[3], 0);
    world_connect(&s.w, s.hosts[0].bus, s.hosts[2].bus);
    assert_true(world_run(&s.w, 200, has_docs, &s.hosts[0]));
    scene_fini(&s);
}

/* It had it not; by the next rounds it has. */
static void test_who_had_it_not_is_asked_again(void **state)
{
    struct scene s;
    uint64_t opened;

    (void)state;
    scene_init(&s, &pool, 2);
    scene_connect(&s);
    fetch(&s.hosts[0], 3);
    world_pass(&s.w, 8000);
    opened = s.hosts[0].bus->opened;
    assert_true(opened < 8); /* a stream or two a round, not a storm */
    s.hosts[1].docs[3] = true;
    assert_true(world_run(&s.w, UM_LINKS_ROUND_MS, has_docs, &s.hosts[0]));
    scene_fini(&s);
}

static void test_what_nobody_waits_for_is_not_told(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    s.hosts[1].docs[3] = true;
    s.w.piece = 1000;
    scene_connect(&s);
    world_pass(&s.w, 2000);
    s.w.cut_after = UINT64_MAX;
    fetch(&s.hosts[0], 3);
    um_links_unfetch(s.hosts[0].links, &pool.docs[3]);
    world_pass(&s.w, 10000);
    assert_int_equal(s.hosts[1].served, 0);
    fetch(&s.hosts[0], 3);
    (void)world_run(&s.w, 0, NULL, NULL);
    fetch(&s.hosts[0], 1);
    um_links_unfetch(s.hosts[0].links, &pool.docs[1]);
    world_pass(&s.w, 100);
    assert_int_equal(s.hosts[0].got[3], 1);
    assert_int_equal(s.hosts[0].got[1], 0);
    scene_fini(&s);
}

static bool half_served(void *arg)
{
    const struct host *h = arg;

    return h->served > 0;
}

static void test_unwanted_in_the_middle(void **state)
{
    struct scene s;

    (void)state;
    for (unsigned again = 0; again < 2; again++) {
        scene_init(&s, &pool, 2);
        s.hosts[1].docs[3] = true;
        s.w.piece = 1000;
        scene_connect(&s);
        world_pass(&s.w, 2000);
        fetch(&s.hosts[0], 3);
        assert_true(world_run(&s.w, 100, half_served, &s.hosts[1]));
        um_links_unfetch(s.hosts[0].links, &pool.docs[3]);
        if (again)
            fetch(&s.hosts[0], 3);
        world_pass(&s.w, 2000);
        assert_int_equal(s.hosts[0].got[3], again);
        assert_int_equal(host_stats(&s.hosts[0]).documents, again);
        scene_fini(&s);
    }
}

/* UM__CAP_LINKS_WAITING: the oldest is forgotten. */
static void test_the_oldest_of_too_many_is_forgotten(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, &pool, 2);
    s.hosts[1].docs[3] = s.hosts[1].docs[1] = true;
    fetch(&s.hosts[0], 3);
    fetch(&s.hosts[0], 1);
    for (unsigned i = 0; i < 1023; i++) {
        struct um_name hash;

        p2p_sha256(&i, sizeof i, hash.b);
        um_links_fetch(s.hosts[0].links, &hash, 100);
    }
    scene_connect(&s);
    world_pass(&s.w, 10000);
    assert_int_equal(s.hosts[0].got[3], 0);
    assert_int_equal(s.hosts[0].got[1], 1);
    scene_fini(&s);
}

/* UM__CAP_LINKS_FETCHES: of more documents no part is asked for, though there
 * are members enough. */
static void test_documents_at_a_time_are_limited(void **state)
{
    enum { RAWS = 24 };
    struct scene s;
    struct raw raws[RAWS];
    size_t asked = 0;

    (void)state;
    scene_init(&s, &pool, 1);
    for (unsigned i = 0; i < RAWS; i++) {
        struct um_name name;

        p2p_sha256(&i, sizeof i, name.b);
        raw_init(&raws[i], &s.w, &name);
        world_connect(&s.w, s.hosts[0].bus, raws[i].bus);
        um_links_fetch(s.hosts[0].links, &name, 100000);
    }
    world_pass(&s.w, 500);
    for (unsigned i = 0; i < RAWS; i++)
        asked += raw_heard(&raws[i], UM_SYNC_DOC_WANT);
    assert_int_equal(asked, 16);
    for (unsigned i = 0; i < RAWS; i++)
        raw_fini(&raws[i]);
    scene_fini(&s);
}

static int make_pool(void **state)
{
    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 3, .edits = 4});
    return 0;
}

static int drop_pool(void **state)
{
    (void)state;
    pool_fini(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_of_whoever_has_it),
        cmocka_unit_test(test_several_documents),
        cmocka_unit_test(test_a_document_goes_on_with_another),
        cmocka_unit_test(test_who_connects_is_asked),
        cmocka_unit_test(test_who_had_it_not_is_asked_again),
        cmocka_unit_test(test_what_nobody_waits_for_is_not_told),
        cmocka_unit_test(test_unwanted_in_the_middle),
        cmocka_unit_test(test_the_oldest_of_too_many_is_forgotten),
        cmocka_unit_test(test_documents_at_a_time_are_limited),
    };

    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}
