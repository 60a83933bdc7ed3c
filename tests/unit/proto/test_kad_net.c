/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Hundreds of nodes of the DHT that come, go, and lie. */
#include "kad_net.h"
#include "made_peer.h"
#include "unit.h"

#include <stdio.h>

#define NODES 200U

/* Values of the namespace "n" are numbers; the greater one is better. */
static bool n_valid(void *user, struct p2p__slice key, struct p2p__slice value)
{
    (void)user;
    (void)key;
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') {
            return false;
        }
    }
    return value.len == 3;
}

static bool n_better(void *user, struct p2p__slice key, struct p2p__slice value,
                     struct p2p__slice than)
{
    (void)user;
    (void)key;
    return memcmp(value.p, than.p, 3) > 0;
}

static const struct p2p__kad_validator numbers = {.ns = "n",
                                                  .valid = n_valid,
                                                  .better = n_better};

/* A net that has settled, for all tests one after the other. */
static int set_up(void **state)
{
    struct kad_net *net = kad_net_new(2 * NODES + 100, 42);

    assert_int_equal(p2p__kad_validators_add(&net->validators, &numbers), 0);
    for (uint32_t i = 0; i < NODES; i++) {
        (void)kad_net_join(net, i, i == 0 ? UINT32_MAX : kad_net_any(net));
        kad_net_run(net, P2P__MS(200));
    }
    kad_net_run(net, P2P__SEC(60));
    *state = net;
    return 0;
}

static int tear_down(void **state)
{
    kad_net_free(*state);
    return 0;
}

static void is_value(const struct kad_net_result *r, const char *value)
{
    assert_int_equal(r->value_len, strlen(value));
    assert_memory_equal(r->value, value, r->value_len);
}

/* One that is alive and honest. */
static uint32_t honest(struct kad_net *net)
{
    uint32_t node;

    do {
        node = kad_net_any(net);
    } while (net->nodes[node].lie != NULL);
    return node;
}

/* Puts at one node and gets at others; how many of ten got it. */
static int put_and_get(struct kad_net *net, const char *key, const char *value)
{
    struct kad_net_result r;
    int got = 0;

    assert_int_equal(
        kad_net_start(net, honest(net), P2P__KAD_PUT, key, value, &r), 0);
    assert_int_equal(kad_net_wait(net, &r), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            kad_net_start(net, honest(net), P2P__KAD_FIND_VALUE, key, NULL, &r),
            0);
        if (kad_net_wait(net, &r) == 0) {
            is_value(&r, value);
            got++;
        }
    }
    return got;
}

static void test_what_is_there_is_found(void **state)
{
    struct kad_net *net = *state;
    struct kad_net_result r;
    uint64_t asked;

    asked = net->asked;
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(
            kad_net_find(net, (i * 37) % NODES, (i * 61 + 1) % NODES, &r),
            (i * 37) % NODES == (i * 61 + 1) % NODES ? P2P_ENOTFOUND : 0);
        assert_true(r.took < P2P__SEC(5));
    }
    assert_true(net->asked - asked < 50 * 30);
    assert_int_equal(kad_net_find(net, 1, 99999, &r), P2P_ENOTFOUND);
    assert_int_equal(put_and_get(net, "/n/one", "123"), 10);
    assert_int_equal(kad_net_start(net, 5, P2P__KAD_PROVIDE, "c", NULL, &r), 0);
    assert_int_equal(kad_net_wait(net, &r), 0);
    assert_true(r.count >= 20);
    assert_int_equal(
        kad_net_start(net, 6, P2P__KAD_FIND_PROVIDERS, "c", NULL, &r), 0);
    assert_int_equal(kad_net_wait(net, &r), 0);
    assert_int_equal(r.providers, 1);
}

static void test_nodes_come_and_go(void **state)
{
    struct kad_net *net = *state;
    struct kad_net_result r;
    int found = 0, got = 0;

    assert_int_equal(put_and_get(net, "/n/two", "222"), 10);
    for (uint32_t i = 0; i < NODES / 8; i++) {
        kad_net_kill(net, kad_net_any(net));
        (void)kad_net_join(net, NODES + i, kad_net_any(net));
        kad_net_run(net, P2P__SEC(5));
    }
    for (int i = 0; i < 40; i++) {
        const uint32_t who = kad_net_any(net);

        do {
            kad_net_run(net, P2P__SEC(1));
        } while (!net->nodes[who].alive);
        found += kad_net_find(net, kad_net_any(net), net->nodes[who].number,
                              &r) == 0;
    }
    for (int i = 0; i < 10; i++) {
        assert_int_equal(kad_net_start(net, kad_net_any(net),
                                       P2P__KAD_FIND_VALUE, "/n/two", NULL, &r),
                         0);
        got += kad_net_wait(net, &r) == 0;
    }
    print_message("%d of 40 found\n", found);
    assert_true(found >= 38);
    assert_int_equal(got, 10);
}

/* Bytes that a node sends in a minute of the next hour. */
static uint64_t idle_hour(struct kad_net *net)
{
    const uint64_t before = net->bytes;
    uint64_t each;

    kad_net_run(net, P2P__SEC(3600));
    each = (net->bytes - before) / net->count / 60;
    print_message("%llu bytes each minute\n", (unsigned long long)each);
    return each;
}

static void test_an_idle_node_says_little(void **state)
{
    assert_true(idle_hour(*state) < 600);
    assert_true(idle_hour(*state) < 200);
}

/* So few that each knows all: nothing is to be found in any bucket. */
static void test_an_idle_node_of_a_small_net_says_little(void **state)
{
    struct kad_net *net = kad_net_new(15, 3);

    (void)state;
    for (uint32_t i = 0; i < 15; i++) {
        (void)kad_net_join(net, i, i == 0 ? UINT32_MAX : 0);
    }
    kad_net_run(net, P2P__SEC(60));
    assert_true(idle_hour(net) < 900);
    assert_true(idle_hour(net) < 200);
    for (uint32_t i = 0; i < 15; i++) {
        assert_int_equal(net->nodes[i].kad.table.count, 14);
    }
    kad_net_free(net);
}

/* Whether one is found at the address where it is. */
static bool is_found_where_it_is(struct kad_net *net, uint32_t from,
                                 uint32_t to)
{
    const struct p2p__kad_addrs *own = &net->nodes[to].kad.own;
    struct kad_net_result r;

    if (kad_net_find(net, from, net->nodes[to].number, &r) != 0) {
        return false;
    }
    for (size_t i = 0; i + own->len <= r.addrs.len; i += own->len) {
        if (memcmp(r.addrs.bytes + i, own->bytes, own->len) == 0) {
            return true;
        }
    }
    return false;
}

/* How many know where one is. */
static unsigned know(const struct kad_net *net, uint32_t node)
{
    const struct p2p_peer_id id = made_peer(net->nodes[node].number);
    const struct p2p__kad_addrs *own = &net->nodes[node].kad.own;
    unsigned n = 0;

    for (uint32_t i = 0; i < net->count; i++) {
        const struct p2p__kad_entry *e =
            p2p__kad_table_find(&net->nodes[i].kad.table, &id);

        n += e != NULL && e->peer.addrs.len == own->len &&
             memcmp(e->peer.addrs.bytes, own->bytes, own->len) == 0;
    }
    return n;
}

/* In a net where nothing happened for hours, within ten seconds: all that are
 * nearest have heard of it. */
static void test_a_node_that_moved_is_found(void **state)
{
    struct kad_net *net = *state;
    unsigned found = 0, knows = 0;

    for (uint32_t i = 0; i < 40; i++) {
        kad_net_move(net, i * 5);
        kad_net_run(net, P2P__SEC(10));
        knows += know(net, i * 5);
        for (uint32_t j = 0; j < 5; j++) {
            found +=
                is_found_where_it_is(net, (i * 5 + 7 + j * 31) % NODES, i * 5);
        }
    }
    print_message("%u of 200 found, each is known to %u\n", found, knows / 40);
    assert_true(found >= 198);
    assert_true(knows / 40 >= P2P__KAD_K);
}

/* Who is at another address each second does not tell all each second. */
static void test_moves_in_a_row_are_told_now_and_then(void **state)
{
    struct kad_net *net = *state;
    uint64_t before, others;

    kad_net_run(net, P2P__SEC(60));
    before = net->asked;
    kad_net_run(net, P2P__SEC(120));
    others = net->asked - before;
    for (int i = 0; i < 120; i++) {
        kad_net_move(net, 3);
        kad_net_run(net, P2P__SEC(1));
    }
    print_message("%llu questions, and before %llu\n",
                  (unsigned long long)(net->asked - before - others),
                  (unsigned long long)others);
    assert_true(net->asked - before < others + 5 * 80);
    kad_net_run(net, P2P__SEC(35));
    assert_true(is_found_where_it_is(net, 100, 3));
}

/* Two nets become one when one node of each meet; how many know each other
 * then. */
static uint32_t meet(uint32_t a, uint32_t b)
{
    struct kad_net *net = kad_net_new(16, 11);
    struct p2p__kad_peer other;
    uint32_t known = 0;

    for (uint32_t i = 0; i < 16; i++) {
        (void)kad_net_join(net, i, i % 8 == 0 ? UINT32_MAX : i / 8 * 8);
    }
    kad_net_run(net, P2P__SEC(3600));
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(net->nodes[i].kad.table.count, 7);
    }
    other = (struct p2p__kad_peer){.id = made_peer(b),
                                   .at = {.family = 4, .ip = {23, 0, 0, 1}},
                                   .addrs = net->nodes[b].kad.own};
    p2p__kad_met(&net->nodes[a].kad, &other, net->now);
    kad_net_run(net, P2P__SEC(6 * 3600));
    for (uint32_t i = 0; i < 16; i++) {
        known += net->nodes[i].kad.table.count;
    }
    kad_net_free(net);
    return known;
}

/* Who is near enough to be asked each time need not be the one who met one of
 * the others. */
static void test_nets_that_meet_become_one(void **state)
{
    (void)state;
    for (uint32_t a = 0; a < 8; a++) {
        const uint32_t known = meet(a, 8 + a * 3 % 8);

        print_message("%u of 240 known\n", known);
        assert_int_equal(known, 240);
    }
}

static void each_third_is(struct kad_net *net, kad_net_lie lie)
{
    for (uint32_t i = 0; i < NODES; i += 3) {
        net->nodes[i].lie = lie;
    }
}

/* Answers each question for a value with one that it made up. */
static bool poisoner(struct kad_net *net, uint32_t node,
                     const struct p2p__kad_msg *request, struct p2p__pbw *w)
{
    struct p2p__kad_msg answer = {.type = request->type,
                                  .key = request->key,
                                  .has_record = true,
                                  .record_key = request->key,
                                  .value = p2p__slice_of("evil", 4)};

    (void)net;
    (void)node;
    if (request->type != P2P__KAD_GET_VALUE) {
        return false;
    }
    p2p__kad_msg_write(w, &answer);
    return true;
}

static void test_T32_poisoned_records_are_not_believed(void **state)
{
    struct kad_net *net = *state;

    each_third_is(net, poisoner);
    assert_int_equal(put_and_get(net, "/n/three", "333"), 10);
    each_third_is(net, NULL);
}

/* Answers with what is valid, but was replaced long ago. */
static bool historian(struct kad_net *net, uint32_t node,
                      const struct p2p__kad_msg *request, struct p2p__pbw *w)
{
    struct p2p__kad_msg answer = {.type = request->type,
                                  .key = request->key,
                                  .has_record = true,
                                  .record_key = request->key,
                                  .value = p2p__slice_of("001", 3)};

    (void)net;
    (void)node;
    if (request->type != P2P__KAD_GET_VALUE) {
        return false;
    }
    p2p__kad_msg_write(w, &answer);
    return true;
}

static void test_T32_old_records_do_not_come_back(void **state)
{
    struct kad_net *net = *state;

    each_third_is(net, historian);
    assert_int_equal(put_and_get(net, "/n/four", "444"), 10);
    each_third_is(net, NULL);
}

/* Keeps nothing, has nothing, and knows others like it alone. */
static bool censor(struct kad_net *net, uint32_t node,
                   const struct p2p__kad_msg *request, struct p2p__pbw *w)
{
    struct p2p__kad_msg answer = {.type = request->type, .key = request->key};
    size_t frame;

    (void)node;
    if (request->type == P2P__KAD_PUT_VALUE) {
        answer.has_record = true; /* says that it keeps it */
        answer.record_key = request->key;
        answer.value = request->value;
    }
    frame = p2p__kad_msg_open(w, &answer);
    for (uint32_t i = 0, told = 0; i < net->count && told < 20; i++) {
        if (net->nodes[i].lie == censor) {
            const struct p2p_peer_id id = made_peer(net->nodes[i].number);

            p2p__kad_msg_peer(w, P2P__KAD_CLOSER, &id, &net->nodes[i].kad.own);
            told++;
        }
    }
    p2p__pbw_close(w, frame);
    return true;
}

static void test_T32_sybils_of_one_network_do_not_hide_a_key(void **state)
{
    static const char key[] = "/n/censored";
    struct kad_net *net = *state;
    struct p2p__kad_key target, its;
    uint32_t number = 1000000;

    p2p__kad_key_of(key, sizeof key - 1, &target);
    for (int i = 0; i < 40; i++) { /* more than k, nearer than any honest one */
        uint32_t node;

        do {
            const struct p2p_peer_id id = made_peer(++number);

            p2p__kad_key_of(id.bytes, id.len, &its);
        } while (p2p__kad_common(&target, &its) < 11);
        node = kad_net_crowd(net, number, kad_net_any(net));
        net->nodes[node].lie = censor;
    }
    kad_net_run(net, P2P__SEC(60));
    assert_int_equal(put_and_get(net, key, "555"), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_there_is_found),
        cmocka_unit_test(test_an_idle_node_says_little),
        cmocka_unit_test(test_an_idle_node_of_a_small_net_says_little),
        cmocka_unit_test(test_a_node_that_moved_is_found),
        cmocka_unit_test(test_moves_in_a_row_are_told_now_and_then),
        cmocka_unit_test(test_nets_that_meet_become_one),
        cmocka_unit_test(test_T32_poisoned_records_are_not_believed),
        cmocka_unit_test(test_T32_old_records_do_not_come_back),
        cmocka_unit_test(test_nodes_come_and_go),
        cmocka_unit_test(test_T32_sybils_of_one_network_do_not_hide_a_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
