/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Trust when memory runs out: nothing leaks, nothing half-done is seen. */
#include <string.h>

#include "failing_mem.h"
#include "mesh/trust/code.h"
#include "mesh/trust/roster.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"
#include "rig.h"

/* Signing a revision, opening it, and a code. */
static int items_body(void *arg)
{
    const struct p2p_key *key = arg;
    struct um_buf b = UM_BUF_INIT;
    struct um_revision r = {.number = 1,
                            .wall_ms = 1,
                            .doc = {{1}},
                            .doc_bytes = 1,
                            .message = UM_STR("a message")};
    struct um_revision back;
    int err = um_revision_seal(&r, key, &b);

    if (err == 0)
        err = um_revision_open(um_buf_view(&b), &back);
    um_buf_fini(&b);
    return err;
}

static int code_body(void *arg)
{
    struct um_code c = {.secret = {1}};
    struct um_code back;
    struct um_bech32_error error;
    struct um_buf b = UM_BUF_INIT;
    int err = um_code_put(&c, &b);

    (void)arg;
    if (err == 0)
        err = um_code_get(um_buf_view(&b), &back, &error);
    um_buf_fini(&b);
    return err;
}

static int seal_body(void *arg)
{
    static const uint8_t entropy[P2P_SEAL_ENTROPY_BYTES];
    const struct p2p_key *key = arg;
    struct um_name member;
    struct um_sealed_plan plan = {.mesh = {{1}},
                                  .name = UM_STR("n"),
                                  .content = UM_STR("c"),
                                  .members = {&member, 1},
                                  .entropy = entropy};
    struct um_buf b = UM_BUF_INIT;
    struct um_buf out = UM_BUF_INIT;
    struct um_sealed s;
    int err = um_item_signer(key, &member);

    if (err == 0)
        err = um_sealed_make(&plan, &b);
    if (err == 0)
        err = um_sealed_read(um_buf_view(&b), &s);
    if (err == 0)
        err = um_sealed_open(&s, key, NULL, &out);
    um_buf_fini(&b);
    um_buf_fini(&out);
    return err;
}

/* What is added to rosters; signed once. */
static struct um_statement story[12];
static struct rig *rig_of_story;

static int roster_body(void *arg)
{
    struct um_roster r;
    struct um_need need;
    int err = 0;

    (void)arg;
    um_roster_init(&r, &rig_of_story->mesh);
    for (size_t i = 0; i < 12 && err == 0; i++) {
        size_t before = um_roster_count(&r);

        err = um_roster_add(&r, &story[i], &rig_of_story->known, &need);
        if (err == P2P_ENOMEM) {
            /* as before, and it goes on from there */
            assert_int_equal(um_roster_count(&r), before);
            assert_null(um_roster_find(&r, &story[i].id));
            assert_int_equal(um_roster_members(&r), before);
        }
    }
    um_roster_fini(&r);
    return err;
}

static void test_without_memory(void **state)
{
    static struct rig g;
    struct p2p_key *key;

    (void)state;
    failing_mem_set(0, 0);
    rig_init(&g);
    rig_of_story = &g;
    story[0] = g.genesis;
    for (unsigned i = 1; i < 12; i++)
        story[i] = rig_sign(&g, ROOT_SEED, rig_grant(i + 10, UM_NODE));
    key = rig_key(1);
    assert_in_range(failing_mem_each(items_body, key), 2, 4);
    assert_in_range(failing_mem_each(code_body, NULL), 2, 4);
    assert_in_range(failing_mem_each(seal_body, key), 5, 12);
    assert_in_range(failing_mem_each(roster_body, NULL), 24, 40);
    failing_mem_set(0, 0);
    p2p_key_free(key);
    rig_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
