/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What goes in comes out, in order; what is held is charged, and no more. */
#include "base/mem.h"
#include "base/rng.h"
#include "base/sendq.h"
#include "unit.h"

static uint64_t charged(const struct p2p__quota *quota)
{
    return quota->used[P2P__Q_MEMORY];
}

static int push_text(struct p2p__sendq *q, const char *text)
{
    struct p2p__slice s = p2p__slice_of(text, strlen(text));

    return p2p__sendq_push(q, &s);
}

static void test_bytes_leave_in_order(void **state)
{
    struct p2p__sendq q;
    char out[32] = {0};

    (void)state;
    p2p__sendq_init(&q, NULL);
    assert_int_equal(push_text(&q, "one,"), 0);
    assert_int_equal(push_text(&q, "two,"), 0);
    assert_int_equal(push_text(&q, ""), 0);
    assert_int_equal(push_text(&q, "three"), 0);
    assert_int_equal(q.bytes, 13);
    assert_int_equal(p2p__sendq_pull(&q, (uint8_t *)out, 6), 6);
    assert_string_equal(out, "one,tw");
    assert_int_equal(p2p__sendq_pull(&q, (uint8_t *)out + 6, 20), 7);
    assert_string_equal(out, "one,two,three");
    assert_int_equal(p2p__sendq_pull(&q, (uint8_t *)out, 20), 0);
    assert_int_equal(q.bytes, 0);
    p2p__sendq_fini(&q);
}

static void test_pulling_nothing_takes_nothing(void **state)
{
    struct p2p__sendq q;
    uint8_t b;

    (void)state;
    p2p__sendq_init(&q, NULL);
    assert_int_equal(p2p__sendq_pull(&q, &b, 1), 0);
    assert_int_equal(push_text(&q, "x"), 0);
    assert_int_equal(p2p__sendq_pull(&q, NULL, 0), 0);
    assert_int_equal(q.bytes, 1);
    p2p__sendq_fini(&q);
    assert_int_equal(q.bytes, 0);
    p2p__sendq_fini(&q); /* from any state, twice too */
}

/* One message to a thousand streams is one slab. */
static void test_a_big_message_is_shared_not_copied(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(10000);
    struct p2p__slice s = {.p = slab->data, .len = 10000, .slab = slab};
    struct p2p__sendq q[1000];
    uint8_t out[10000];

    (void)state;
    memset(slab->data, 5, 10000);
    for (size_t i = 0; i < 1000; i++) {
        p2p__sendq_init(&q[i], NULL);
        assert_int_equal(p2p__sendq_push(&q[i], &s), 0);
    }
    assert_int_equal(slab->refs, 1001);
    for (size_t i = 0; i < 999; i++) {
        p2p__sendq_fini(&q[i]);
    }
    assert_int_equal(slab->refs, 2);
    assert_int_equal(p2p__sendq_pull(&q[999], out, sizeof out), 10000);
    assert_int_equal(slab->refs, 1);
    assert_memory_equal(out, slab->data, 10000);
    p2p__slab_unref(slab);
}

/* The slab behind a queue of small writes is charged once, whole. */
static void test_small_writes_share_an_allocation(void **state)
{
    struct p2p__quota quota;
    struct p2p__sendq q;
    uint64_t two;

    (void)state;
    p2p__quota_init(&quota, NULL, "stream");
    p2p__sendq_init(&q, &quota);
    assert_int_equal(push_text(&q, "a"), 0);
    assert_in_range(charged(&quota), 1, 200);
    assert_int_equal(push_text(&q, "b"), 0);
    two = charged(&quota);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(push_text(&q, "c"), 0);
    }
    assert_int_equal(charged(&quota), two);
    assert_int_equal(q.bytes, 1002);
    p2p__sendq_fini(&q);
    p2p__quota_fini(&quota);
}

static void test_a_refused_push_changes_nothing(void **state)
{
    struct p2p__quota quota;
    struct p2p__sendq q;
    struct p2p__slice big;
    static uint8_t bytes[5000];
    char out[8] = {0};
    uint64_t before;

    (void)state;
    big = p2p__slice_of(bytes, sizeof bytes);
    p2p__quota_init(&quota, NULL, "stream");
    quota.limit[P2P__Q_MEMORY] = 4096;
    p2p__sendq_init(&q, &quota);
    assert_int_equal(push_text(&q, "kept"), 0);
    before = charged(&quota);
    assert_int_equal(p2p__sendq_push(&q, &big), P2P_ELIMIT);
    assert_int_equal(charged(&quota), before);
    assert_int_equal(q.bytes, 4);
    assert_int_equal(p2p__sendq_pull(&q, (uint8_t *)out, 8), 4);
    assert_string_equal(out, "kept");
    p2p__quota_fini(&quota); /* all was given back with the last byte */
}

/* A slab that hangs on by its last byte is charged whole until that is sent. */
static void test_a_half_sent_message_stays_charged(void **state)
{
    struct p2p__slab *slab = p2p__slab_new(8000);
    struct p2p__slice s = {.p = slab->data, .len = 8000, .slab = slab};
    struct p2p__quota quota;
    struct p2p__sendq q;
    uint8_t out[8000];

    (void)state;
    memset(slab->data, 1, 8000);
    p2p__quota_init(&quota, NULL, "stream");
    p2p__sendq_init(&q, &quota);
    assert_int_equal(p2p__sendq_push(&q, &s), 0);
    p2p__slab_unref(slab);
    assert_int_equal(p2p__sendq_pull(&q, out, 7999), 7999);
    assert_true(charged(&quota) >= 8000);
    assert_int_equal(p2p__sendq_pull(&q, out, 1), 1);
    p2p__quota_fini(&quota);
    p2p__sendq_fini(&q);
}

struct stream_model {
    uint8_t bytes[1 << 20];
    size_t pushed;
    size_t pulled;
};

/* A slice of `len` fresh bytes: borrowed, or in a slab with `spare` more. */
static void push_fresh(struct p2p__sendq *q, struct stream_model *m,
                       struct p2p__rng *rng, size_t len)
{
    size_t spare = (size_t)p2p__rng_below(rng, 3) * len * 2;
    uint8_t *fresh = m->bytes + m->pushed;
    struct p2p__slice s = p2p__slice_of(fresh, len);
    struct p2p__slab *slab = NULL;

    p2p__rng_fill(rng, fresh, len);
    if (p2p__rng_below(rng, 2) == 0) {
        slab = p2p__slab_new(len + spare);
        assert_non_null(slab);
        memcpy(slab->data + spare, fresh, len);
        s = (struct p2p__slice){slab->data + spare, len, slab};
    }
    if (p2p__sendq_push(q, &s) == 0) {
        m->pushed += len;
    }
    p2p__slab_unref(slab);
}

static void pull_some(struct p2p__sendq *q, struct stream_model *m,
                      struct p2p__rng *rng)
{
    uint8_t out[6000];
    size_t cap = (size_t)p2p__rng_below(rng, sizeof out);
    size_t n = p2p__sendq_pull(q, out, cap);

    assert_int_equal(n, p2p__min(cap, m->pushed - m->pulled));
    assert_memory_equal(out, m->bytes + m->pulled, n);
    m->pulled += n;
}

static void test_random_pushes_and_pulls_match_an_array(void **state)
{
    static struct stream_model m;
    struct p2p__quota quota;
    struct p2p__sendq q;
    struct p2p__rng rng;

    (void)state;
    p2p__rng_seed(&rng, 21);
    p2p__quota_init(&quota, NULL, "stream");
    quota.limit[P2P__Q_MEMORY] = 65536;
    p2p__sendq_init(&q, &quota);
    while (m.pushed + 4000 < sizeof m.bytes) {
        if (p2p__rng_below(&rng, 3) > 0) {
            uint64_t max = p2p__rng_below(&rng, 4) == 0 ? 4000 : 50;

            push_fresh(&q, &m, &rng, (size_t)p2p__rng_below(&rng, max));
        } else {
            pull_some(&q, &m, &rng);
        }
        assert_int_equal(q.bytes, m.pushed - m.pulled);
        assert_true(charged(&quota) >= q.bytes);
    }
    while (m.pulled < m.pushed) {
        pull_some(&q, &m, &rng);
    }
    p2p__quota_fini(&quota);
    assert_null(q.head);
}

/* A queue that keeps what was sent, against an array: pushes, looks at what is
 * behind the mark, moves it, and drops from the front. */
static void test_a_mark_passes_what_is_kept(void **state)
{
    static uint8_t all[400000];
    struct p2p__sendq_mark mark = {0};
    struct p2p__sendq q;
    struct p2p__rng rng;
    size_t pushed = 0, dropped = 0;

    (void)state;
    p2p__rng_seed(&rng, 3);
    p2p__rng_fill(&rng, all, sizeof all);
    p2p__sendq_init(&q, NULL);
    while (pushed < sizeof all - 3000) {
        struct p2p__slice s =
            p2p__slice_of(all + pushed, 1 + p2p__rng_below(&rng, 2900));
        struct p2p__slice pieces[3];
        size_t n, at = dropped + mark.taken;

        assert_int_equal(p2p__sendq_push(&q, &s), 0);
        pushed += s.len;
        n = p2p__sendq_peek(&q, &mark, pieces, 3);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++) {
            assert_true(pieces[i].len > 0);
            assert_memory_equal(pieces[i].p, all + at, pieces[i].len);
            at += pieces[i].len;
        }
        n = (size_t)p2p__rng_below(&rng, q.bytes - mark.taken + 1);
        p2p__sendq_take(&q, &mark, n);
        n = (size_t)p2p__rng_below(&rng, mark.taken + 1);
        p2p__sendq_drop(&q, &mark, n);
        dropped += n;
        assert_int_equal(q.bytes, pushed - dropped);
    }
    p2p__sendq_cut(&q, &mark);
    assert_int_equal(q.bytes, mark.taken);
    p2p__sendq_drop(&q, &mark, mark.taken);
    assert_int_equal(q.bytes, 0);
    p2p__sendq_fini(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_leave_in_order),
        cmocka_unit_test(test_pulling_nothing_takes_nothing),
        cmocka_unit_test(test_a_big_message_is_shared_not_copied),
        cmocka_unit_test(test_small_writes_share_an_allocation),
        cmocka_unit_test(test_a_refused_push_changes_nothing),
        cmocka_unit_test(test_a_half_sent_message_stays_charged),
        cmocka_unit_test(test_random_pushes_and_pulls_match_an_array),
        cmocka_unit_test(test_a_mark_passes_what_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
