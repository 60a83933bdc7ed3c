/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each allocation of two nodes fails in turn, alone or for a while: they come
 * to have the same all the same, later, and give all back. */
#include "failing_mem.h"
#include "link_rig.h"

static struct pool pool;

struct duo {
    struct world w;
    struct host hosts[2];
};

static bool are_equal(void *arg)
{
    struct duo *d = arg;

    return host_count(&d->hosts[0]) == pool.n &&
           host_count(&d->hosts[1]) == pool.n && d->hosts[0].docs[1];
}

static void fetch(struct duo *d)
{
    um_links_fetch(d->hosts[0].links, &pool.docs[1], rig_doc(1).len);
}

/* Whether a failure was met. */
static bool run(size_t nth, int sticky)
{
    struct duo d;
    size_t before = failing_mem_live();
    bool met;

    world_init(&d.w);
    for (unsigned i = 0; i < 2; i++)
        host_init(&d.hosts[i], &d.w, &pool, i);
    for (size_t i = 0; i < pool.n; i++)
        host_give(&d.hosts[i % 2], i);
    d.hosts[1].docs[1] = true;
    failing_mem_set(nth, sticky);
    world_connect(&d.w, d.hosts[0].bus, d.hosts[1].bus);
    fetch(&d);
    (void)world_run(&d.w, 5000, are_equal, &d);
    met = failing_mem_hit();
    failing_mem_set(0, 0);
    /* A peer that was not taken down for lack of memory comes again. */
    world_disconnect(&d.w, d.hosts[0].bus, d.hosts[1].bus);
    world_connect(&d.w, d.hosts[0].bus, d.hosts[1].bus);
    fetch(&d);
    if (!world_run(&d.w, 60000, are_equal, &d))
        fail_msg("allocation %zu%s: they do not become equal", nth,
                 sticky ? " and later" : "");
    for (unsigned i = 0; i < 2; i++)
        host_fini(&d.hosts[i]);
    world_fini(&d.w);
    assert_int_equal(failing_mem_live(), before);
    return met;
}

static void test_without_memory_it_takes_longer(void **state)
{
    size_t n = 1;

    (void)state;
    pool_init(&pool, &(struct pool_cfg){.seed = 4, .edits = 12, .facts = 3});
    while (run(n, 0))
        n++;
    assert_true(n > 30);
    for (size_t i = 1; i < n; i++)
        (void)run(i, 1);
    pool_fini(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory_it_takes_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
