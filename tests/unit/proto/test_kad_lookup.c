/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A lookup among peers that answer, that do not, and that lie. */
#include "made_peer.h"
#include "proto/kad/lookup.h"
#include "proto/kad/table.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define ME     1000000U
#define HONEST 300U

/* The i-th nearest that answered; NULL: there are fewer. */
static struct p2p__kad_candidate *found(const struct p2p__kad_lookup *l,
                                        size_t i)
{
    for (size_t at = 0; at < l->n; at++) {
        if (l->sorted[at]->state == P2P__KAD_ANSWERED && i-- == 0) {
            return l->sorted[at];
        }
    }
    return NULL;
}

/* A peer of a number: without an address, which does not matter here. */
static struct p2p__kad_peer peer_of(uint32_t n)
{
    return (struct p2p__kad_peer){.id = made_peer(n)};
}

static uint32_t number_of(const struct p2p_peer_id *id)
{
    uint32_t n;

    memcpy(&n, id->bytes + 6, sizeof n);
    return n;
}

/* Peers that know each other as their tables have it, but for those that are
 * not honest; and a lookup among them. */
struct world {
    struct p2p__kad_table *tables; /* the same for all tests */
    struct p2p__kad_lookup l;
    struct p2p__kad_key target;
    uint32_t asked;       /* questions so far */
    uint32_t silent_each; /* every so many-th does not answer; 0: all do */
};

static struct p2p__kad_table tables[HONEST];

static int set_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < HONEST; i++) {
        const struct p2p_peer_id self = made_peer(i);

        p2p__kad_table_init(&tables[i], &self,
                            &(struct p2p__kad_table_limits){0});
        for (uint32_t j = 0; j < HONEST; j++) {
            const struct p2p__kad_peer other = peer_of(j * 7919 % HONEST);

            (void)p2p__kad_table_met(&tables[i], &other, 1);
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < HONEST; i++) {
        p2p__kad_table_fini(&tables[i]);
    }
    return 0;
}

static struct world *world_new(const char *target)
{
    struct world *w = calloc(1, sizeof *w);
    const struct p2p_peer_id me = made_peer(ME);

    assert_non_null(w);
    w->tables = tables;
    p2p__kad_key_of(target, strlen(target), &w->target);
    p2p__kad_lookup_init(&w->l, &w->target, &me, 1);
    return w;
}

static void world_free(struct world *w)
{
    free(w);
}

/* What an honest peer answers. */
static void tell(struct world *w, struct p2p__kad_candidate *c, uint32_t n)
{
    const struct p2p__kad_entry *near[P2P__KAD_K];
    const size_t count =
        p2p__kad_table_nearest(&w->tables[n], &w->target, NULL, near);

    for (size_t i = 0; i < count; i++) {
        p2p__kad_lookup_offer(&w->l, c, &near[i]->peer);
    }
}

/* What one who is not answers; NULL: nobody is such. */
typedef void (*liar)(struct world *w, struct p2p__kad_candidate *c);

/* Lets the lookup go on to its end; whether it came there. */
static bool run(struct world *w, liar lie)
{
    p2p_ns now = 1;

    while (!p2p__kad_lookup_is_done(&w->l) && now < P2P__KAD_LOOKUP_TIMEOUT) {
        struct p2p__kad_candidate *c = p2p__kad_lookup_next(&w->l, now);
        const uint32_t n = c != NULL ? number_of(&c->peer.id) : 0;

        if (c == NULL) {
            now = p2p__kad_lookup_deadline(&w->l);
            while (p2p__kad_lookup_expire(&w->l, now) != NULL) {
            }
            continue;
        }
        w->asked++;
        if (w->silent_each > 0 && n % w->silent_each == 0) {
            continue;
        }
        assert_ptr_equal(p2p__kad_lookup_answered(&w->l, &c->peer.id), c);
        if (n < HONEST) {
            tell(w, c, n);
        } else {
            lie(w, c);
        }
    }
    return p2p__kad_lookup_is_done(&w->l);
}

/* Whether an honest peer is among the n honest ones that are nearest. */
static bool is_near(const struct world *w, uint32_t who, size_t n)
{
    const struct p2p_peer_id id = made_peer(who);
    struct p2p__kad_key key;
    size_t nearer = 0;

    p2p__kad_key_of(id.bytes, id.len, &key);
    for (uint32_t i = 0; i < HONEST; i++) {
        const struct p2p_peer_id other = made_peer(i);
        struct p2p__kad_key its;

        p2p__kad_key_of(other.bytes, other.len, &its);
        nearer += p2p__kad_compare(&w->target, &its, &key) < 0 &&
                  (w->silent_each == 0 || i % w->silent_each != 0);
    }
    return nearer < n;
}

/* How many of the n honest ones that are nearest would keep something. */
static size_t kept_by(const struct world *w, size_t n)
{
    struct p2p__kad_candidate *keepers[P2P__KAD_KEEPERS];
    const size_t count = p2p__kad_lookup_keepers(&w->l, keepers);
    size_t near = 0;

    for (size_t i = 0; i < count; i++) {
        const uint32_t who = number_of(&keepers[i]->peer.id);

        near += who < HONEST && is_near(w, who, n);
    }
    return near;
}

static void seed(struct world *w, uint32_t n)
{
    const struct p2p__kad_peer peer = peer_of(n);

    p2p__kad_lookup_seed(&w->l, &peer);
}

static void test_the_nearest_are_found(void **state)
{
    (void)state;
    for (char name = 'a'; name <= 'h'; name++) {
        struct world *w = world_new((const char[]){name, '\0'});

        seed(w, 1);
        seed(w, 2);
        assert_true(run(w, NULL));
        assert_int_equal(kept_by(w, 20), 20);
        for (size_t i = 0; i < 20; i++) {
            const struct p2p__kad_candidate *c = found(&w->l, i);

            assert_true(is_near(w, number_of(&c->peer.id), i + 1));
        }
        assert_true(w->asked < 45);
        world_free(w);
    }
}

static void test_the_nearest_that_answer_are_found(void **state)
{
    struct world *w = world_new("some are gone");

    (void)state;
    w->silent_each = 4;
    for (uint32_t i = 1; i < 4; i++) {
        seed(w, i);
    }
    assert_true(run(w, NULL));
    assert_true(kept_by(w, 20) >= 19);
    world_free(w);
}

/* Who is known tells of nobody that is news: one of each path is asked. */
static void test_where_all_are_known_few_are_asked(void **state)
{
    struct world *w = world_new("calm");
    struct world *first = world_new("calm");

    (void)state;
    seed(first, 1);
    assert_true(run(first, NULL));
    for (size_t i = 0; i < 20; i++) { /* those that are nearest */
        seed(w, number_of(&found(&first->l, i)->peer.id));
    }
    w->l.frugal = true;
    assert_true(run(w, NULL));
    assert_int_equal(w->asked, 3);
    world_free(w);
    world_free(first);
}

/* Who is not known is asked as ever. */
static void test_all_who_are_news_are_asked(void **state)
{
    struct world *w = world_new("news");

    (void)state;
    for (uint32_t i = 1; i < 4; i++) {
        seed(w, i);
    }
    w->l.frugal = true;
    assert_true(run(w, NULL));
    assert_int_equal(kept_by(w, 20), 20);
    world_free(w);
}

static void test_questions_at_once_have_a_limit(void **state)
{
    const struct p2p_peer_id one = made_peer(1);
    struct world *w = world_new("alpha");

    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        seed(w, i);
    }
    for (size_t i = 0; i < P2P__KAD_ALPHA; i++) {
        assert_non_null(p2p__kad_lookup_next(&w->l, 1));
    }
    assert_null(p2p__kad_lookup_next(&w->l, 1));
    assert_false(p2p__kad_lookup_is_done(&w->l));
    p2p__kad_lookup_failed(&w->l, &one);
    assert_non_null(p2p__kad_lookup_next(&w->l, 1));
    world_free(w);
}

static void test_who_is_silent_fails(void **state)
{
    struct world *w = world_new("silence");
    struct p2p__kad_candidate *c;

    (void)state;
    seed(w, 1);
    assert_true(p2p__kad_lookup_deadline(&w->l) == 1 + P2P__KAD_LOOKUP_TIMEOUT);
    c = p2p__kad_lookup_next(&w->l, P2P__SEC(1));
    assert_true(p2p__kad_lookup_deadline(&w->l) == P2P__SEC(11));
    assert_null(p2p__kad_lookup_expire(&w->l, P2P__SEC(10)));
    assert_ptr_equal(p2p__kad_lookup_expire(&w->l, P2P__SEC(11)), c);
    assert_null(p2p__kad_lookup_expire(&w->l, P2P__SEC(11)));
    assert_true(p2p__kad_lookup_is_done(&w->l));
    /* It is too late for an answer. */
    assert_null(p2p__kad_lookup_answered(&w->l, &c->peer.id));
    assert_null(found(&w->l, 0));
    /* Nobody is asked when the time is over. */
    seed(w, 2);
    assert_null(p2p__kad_lookup_next(&w->l, 1 + P2P__KAD_LOOKUP_TIMEOUT));
    world_free(w);
}

/* A number whose peer is nearer to the target than any honest one can be
 * expected to be: the attacker tries keys until he has some. */
static uint32_t ground(const struct world *w, uint32_t from)
{
    for (uint32_t n = from;; n++) {
        const struct p2p_peer_id id = made_peer(n);
        struct p2p__kad_key key;

        p2p__kad_key_of(id.bytes, id.len, &key);
        if (p2p__kad_common(&w->target, &key) >= 11) {
            return n;
        }
    }
}

/* Sybils tell of each other alone. */
static void sybil(struct world *w, struct p2p__kad_candidate *c)
{
    uint32_t n = 2000000;

    for (int i = 0; i < 24; i++) {
        const struct p2p__kad_peer other = peer_of(n = ground(w, n + 1));

        p2p__kad_lookup_offer(&w->l, c, &other);
    }
}

static void test_T32_sybils_near_a_key_do_not_keep_it_alone(void **state)
{
    struct world *w = world_new("censored");

    (void)state;
    seed(w, 1999999); /* one of three that we know is his */
    seed(w, 1);
    seed(w, 2);
    assert_true(run(w, sybil));
    /* The k nearest are his, but the nearest honest ones keep it, too. */
    for (size_t i = 0; i < P2P__KAD_K; i++) {
        assert_true(number_of(&found(&w->l, i)->peer.id) >= HONEST);
    }
    assert_true(kept_by(w, 5) >= 3);
    world_free(w);
}

/* Makes up other peers each time, all of them very near. */
static void inventor(struct world *w, struct p2p__kad_candidate *c)
{
    static uint32_t n = 3000000;

    for (int i = 0; i < 100; i++) {
        struct p2p__kad_peer other = peer_of(n++);

        p2p__kad_lookup_offer(&w->l, c, &other);
    }
}

static void test_T32_made_up_peers_run_into_caps(void **state)
{
    struct world *w = world_new("endless");

    (void)state;
    assert_int_equal(P2P__CAP_KAD_CANDIDATES, 48);
    seed(w, 1999999);
    assert_true(run(w, inventor));
    assert_true(w->l.n <= 48);
    world_free(w);
}

/* Of many, the farthest that is nearer to the target than `than`, or than
 * nobody; false: there is none. */
static bool lure(const struct world *w, const struct p2p__kad_key *than,
                 struct p2p__kad_peer *out)
{
    struct p2p__kad_key best;
    bool any = false;

    for (uint32_t n = 4000000; n < 4000200; n++) {
        const struct p2p__kad_peer other = peer_of(n);
        struct p2p__kad_key key;

        p2p__kad_key_of(other.id.bytes, other.id.len, &key);
        if ((than == NULL || p2p__kad_compare(&w->target, &key, than) < 0) &&
            (!any || p2p__kad_compare(&w->target, &key, &best) > 0)) {
            *out = other;
            best = key;
            any = true;
        }
    }
    return any;
}

/* Tells of one each time, who is a little nearer. */
static void lurer(struct world *w, struct p2p__kad_candidate *c)
{
    struct p2p__kad_peer next;

    if (lure(w, &c->key, &next)) {
        p2p__kad_lookup_offer(&w->l, c, &next);
    }
}

static void test_T32_being_lured_on_has_a_cap(void **state)
{
    struct world *w = world_new("lure");
    struct p2p__kad_peer first;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_ASKS, 40);
    assert_true(lure(w, NULL, &first));
    p2p__kad_lookup_seed(&w->l, &first);
    assert_true(run(w, lurer));
    assert_int_equal(w->asked, 40);
    world_free(w);
}

static void test_T32_what_one_tells_has_a_cap(void **state)
{
    struct world *w = world_new("talkative");
    struct p2p__kad_candidate *c;

    (void)state;
    seed(w, 1999999);
    c = p2p__kad_lookup_next(&w->l, 1);
    (void)p2p__kad_lookup_answered(&w->l, &c->peer.id);
    inventor(w, c);
    assert_int_equal(w->l.n, 1 + P2P__CAP_KAD_CLOSER);
    world_free(w);
}

/* Two that tell of each other, of themselves, and of us. */
static void looper(struct world *w, struct p2p__kad_candidate *c)
{
    const uint32_t two[] = {1999998, 1999999, ME};

    for (size_t i = 0; i < P2P__COUNT(two); i++) {
        const struct p2p__kad_peer other = peer_of(two[i]);

        p2p__kad_lookup_offer(&w->l, c, &other);
    }
}

static void test_T32_loops_end(void **state)
{
    struct world *w = world_new("loop");

    (void)state;
    seed(w, 1999998);
    assert_true(run(w, looper));
    assert_int_equal(w->asked, 2);
    world_free(w);
}

static void test_T32_one_network_has_few_candidates(void **state)
{
    static const char text[] = "/ip4/8.8.8.8/tcp/1";
    struct world *w = world_new("one network");
    struct p2p_multiaddr ma;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_LOOKUP_GROUP, 4);
    assert_int_equal(p2p_multiaddr_from_text(text, sizeof text - 1, &ma), 0);
    for (uint32_t i = 0; i < 20; i++) {
        struct p2p__kad_peer peer = peer_of(i);

        (void)p2p__kad_addrs_add(&peer.addrs, &ma);
        p2p__kad_lookup_seed(&w->l, &peer);
    }
    assert_int_equal(w->l.n, 4);
    /* Who does not answer takes no place from others. */
    (void)p2p__kad_lookup_next(&w->l, 1);
    (void)p2p__kad_lookup_expire(&w->l, P2P__SEC(20));
    for (uint32_t i = 20; i < 40; i++) {
        struct p2p__kad_peer peer = peer_of(i);

        (void)p2p__kad_addrs_add(&peer.addrs, &ma);
        p2p__kad_lookup_seed(&w->l, &peer);
    }
    assert_int_equal(w->l.n, 5);
    world_free(w);
}

/* A peer with n addresses from a port on. */
static struct p2p__kad_peer said_at(uint32_t who, int port, int n)
{
    struct p2p__kad_peer peer = peer_of(who);
    struct p2p_multiaddr ma;
    char text[64];

    for (int i = 0; i < n; i++) {
        (void)snprintf(text, sizeof text, "/ip4/10.0.0.9/tcp/%d", port + i);
        assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
        (void)p2p__kad_addrs_add(&peer.addrs, &ma);
    }
    return peer;
}

/* Peers 1 to n were asked and have answered, but told of nobody. */
static void teller(struct world *w, struct p2p__kad_candidate *out[],
                   uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++) {
        seed(w, i);
    }
    for (uint32_t i = 0; i < n; i++) {
        out[i] = p2p__kad_lookup_next(&w->l, 1);
        assert_ptr_equal(p2p__kad_lookup_answered(&w->l, &out[i]->peer.id),
                         out[i]);
    }
}

static void test_T32_lies_leave_room_for_the_truth(void **state)
{
    const struct p2p__kad_peer lie = said_at(7, 1, 8),
                               truth = said_at(7, 99, 1);
    const struct p2p__kad_peer mine = said_at(8, 1, 8);
    struct world *w = world_new("t");
    struct p2p__kad_candidate *by[3], *c;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_ADDRS_BY, 3);
    teller(w, by, 3);
    p2p__kad_lookup_offer(&w->l, by[0], &lie);
    p2p__kad_lookup_offer(&w->l, by[0], &lie); /* no more for that */
    c = p2p__kad_lookup_next(&w->l, 1);
    assert_int_equal(c->peer.addrs.count, 3);
    /* More is told while it is asked, and is tried then; */
    p2p__kad_lookup_offer(&w->l, by[1], &truth);
    assert_true(p2p__kad_lookup_failed(&w->l, &c->peer.id));
    assert_ptr_equal(p2p__kad_lookup_next(&w->l, 1), c);
    assert_int_equal(c->peer.addrs.count, 4);
    /* or when it has failed, whatever was said before. */
    assert_true(p2p__kad_lookup_failed(&w->l, &c->peer.id));
    assert_null(p2p__kad_lookup_next(&w->l, 1));
    p2p__kad_lookup_offer(&w->l, by[2], &lie);
    assert_ptr_equal(p2p__kad_lookup_next(&w->l, 1), c);
    assert_int_equal(c->peer.addrs.count, 3);
    /* What we know ourselves is not cut. */
    p2p__kad_lookup_seed(&w->l, &mine);
    assert_int_equal(p2p__kad_lookup_next(&w->l, 1)->peer.addrs.count, 8);
    world_free(w);
}

static void test_T32_being_told_more_has_an_end(void **state)
{
    struct world *w = world_new("more and more");
    struct p2p__kad_candidate *by[2], *c;
    unsigned asked = 0;

    (void)state;
    assert_int_equal(P2P__CAP_KAD_TRIES, 4);
    teller(w, by, 2);
    for (int i = 0; i < 20; i++) {
        const struct p2p__kad_peer lie = said_at(7, 100 * i + 1, 1);

        p2p__kad_lookup_offer(&w->l, by[i % 2], &lie);
        c = p2p__kad_lookup_next(&w->l, 1);
        if (c != NULL) {
            asked++;
            assert_true(p2p__kad_lookup_failed(&w->l, &c->peer.id));
        }
    }
    assert_int_equal(asked, 4);
    world_free(w);
}

static struct p2p__kad_peer at_text(uint32_t n, const char *text)
{
    struct p2p__kad_peer peer = peer_of(n);
    struct p2p_multiaddr ma;

    assert_int_equal(p2p_multiaddr_from_text(text, strlen(text), &ma), 0);
    (void)p2p__kad_addrs_add(&peer.addrs, &ma);
    return peer;
}

/* They are said to be anywhere, and answer from one network. */
static void test_T32_one_network_has_few_that_keep(void **state)
{
    const struct p2p__addr there = {.family = 4, .ip = {66, 6, 6, 6}};
    struct p2p__kad_candidate *keepers[P2P__KAD_KEEPERS], *c;
    struct world *w = world_new("crowd");
    struct p2p__kad_key far = {{0}};
    char text[64];

    (void)state;
    for (uint32_t i = 0; i < 24; i++) {
        (void)snprintf(text, sizeof text, "/ip4/%u.1.1.1/tcp/1", 11 + i);
        p2p__kad_lookup_seed(
            &w->l, &(struct p2p__kad_peer[]){at_text(500000 + i, text)}[0]);
    }
    while ((c = p2p__kad_lookup_next(&w->l, 1)) != NULL) {
        assert_ptr_equal(p2p__kad_lookup_answered(&w->l, &c->peer.id), c);
        p2p__kad_lookup_at(&w->l, c, &there);
        assert_true(p2p__kad_lookup_keepers(&w->l, keepers) <= 4);
    }
    assert_int_equal(w->l.n, 24);
    assert_int_equal(p2p__kad_lookup_keepers(&w->l, keepers), 4);
    for (size_t i = 0; i < 24; i++) { /* the nearest of those that are there */
        c = w->l.sorted[i];
        if (c->state == P2P__KAD_ANSWERED && !c->crowd) {
            far = c->key;
        } else if (c->state == P2P__KAD_ANSWERED) {
            assert_true(p2p__kad_compare(&w->target, &c->key, &far) > 0);
        }
    }
    world_free(w);
}

/* Who claims a network keeps nobody out of it who is nearer. */
static void test_T32_the_nearest_of_a_network_comes_in(void **state)
{
    struct world *w = world_new("claimed");
    const uint32_t near = ground(w, 2000000);
    struct p2p__kad_peer peer;

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        peer = at_text(700000 + i, "/ip4/8.8.8.1/tcp/1");
        p2p__kad_lookup_seed(&w->l, &peer);
    }
    peer = at_text(near, "/ip4/8.8.8.9/tcp/1");
    p2p__kad_lookup_seed(&w->l, &peer);
    assert_int_equal(w->l.n, 4);
    assert_int_equal(number_of(&w->l.sorted[0]->peer.id), near);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_the_nearest_are_found),
        cmocka_unit_test(test_the_nearest_that_answer_are_found),
        cmocka_unit_test(test_where_all_are_known_few_are_asked),
        cmocka_unit_test(test_all_who_are_news_are_asked),
        cmocka_unit_test(test_questions_at_once_have_a_limit),
        cmocka_unit_test(test_who_is_silent_fails),
        cmocka_unit_test(test_T32_sybils_near_a_key_do_not_keep_it_alone),
        cmocka_unit_test(test_T32_made_up_peers_run_into_caps),
        cmocka_unit_test(test_T32_being_lured_on_has_a_cap),
        cmocka_unit_test(test_T32_what_one_tells_has_a_cap),
        cmocka_unit_test(test_T32_loops_end),
        cmocka_unit_test(test_T32_one_network_has_few_candidates),
        cmocka_unit_test(test_T32_lies_leave_room_for_the_truth),
        cmocka_unit_test(test_T32_being_told_more_has_an_end),
        cmocka_unit_test(test_T32_one_network_has_few_that_keep),
        cmocka_unit_test(test_T32_the_nearest_of_a_network_comes_in),
    };

    return cmocka_run_group_tests(all, set_up, tear_down);
}
