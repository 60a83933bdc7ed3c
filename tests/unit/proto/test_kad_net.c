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

static void test_an_idle_node_says_little(void **state)
{
    struct kad_net *net = *state;
    const uint64_t before = net->bytes;
    uint64_t each;

    kad_net_run(net, P2P__SEC(1800));
    each = (net->bytes - before) / NODES / 30;
    print_message("%llu bytes each minute\n", (unsigned long long)each);
    assert_true(each < 12000);
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
        cmocka_unit_test(test_T32_poisoned_records_are_not_believed),
        cmocka_unit_test(test_T32_old_records_do_not_come_back),
        cmocka_unit_test(test_nodes_come_and_go),
        cmocka_unit_test(test_T32_sybils_of_one_network_do_not_hide_a_key),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
