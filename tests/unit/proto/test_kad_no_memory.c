/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every allocation of a node of the DHT fails once: nothing is lost. */
#include "failing_mem.h"
#include "made_peer.h"
#include "proto/kad/kad.h"
#include "proto/serve/serve.h"
#include "unit.h"

static bool any_valid(void *user, struct p2p__slice key,
                      struct p2p__slice value)
{
    (void)user;
    (void)key;
    return value.len > 0;
}

static bool any_better(void *user, struct p2p__slice key,
                       struct p2p__slice value, struct p2p__slice than)
{
    (void)user;
    (void)key;
    return value.p[0] > than.p[0];
}

static struct p2p__kad_peer peer_of(uint32_t n)
{
    return (struct p2p__kad_peer){
        .id = made_peer(n), .at = {.family = 4, .ip = {10, 0, 0, (uint8_t)n}}};
}

/* Answers each question with a value and a provider. */
static void answer_all(struct p2p__kad *k)
{
    struct p2p__kad_msg msg = {.type = P2P__KAD_GET_VALUE,
                               .has_record = true,
                               .record_key = p2p__slice_of("/any/a", 6),
                               .value = p2p__slice_of("2", 1)};
    struct p2p__kad_ev ev;

    while (p2p__kad_next(k, &ev, 1)) {
        if (ev.type == P2P__KAD_ASK) {
            const struct p2p__kad_peer from = *ev.peer;
            uint8_t bytes[256];
            struct p2p__pbw w;
            size_t frame;

            p2p__pbw_init(&w, bytes, sizeof bytes);
            frame = p2p__kad_msg_open(&w, &msg);
            p2p__kad_msg_peer(&w, P2P__KAD_PROVIDERS, &from.id, &from.addrs);
            p2p__pbw_close(&w, frame);
            p2p__kad_answered(k, ev.query, &from,
                              p2p__slice_of(bytes + 1, w.len - 1), 1);
        }
    }
}

static int queries(struct p2p__kad *k)
{
    static const enum p2p__kad_goal goals[] = {P2P__KAD_FIND_VALUE,
                                               P2P__KAD_FIND_PROVIDERS,
                                               P2P__KAD_PUT, P2P__KAD_PROVIDE};
    int rv = 0;

    for (size_t i = 0; rv == 0 && i < P2P__COUNT(goals); i++) {
        const struct p2p__kad_want want = {
            .goal = goals[i],
            .key = p2p__slice_of("/any/a", 6),
            .value = p2p__slice_of("3", goals[i] == P2P__KAD_PUT)};
        uint64_t number;

        rv = p2p__kad_start(k, &want, &number, 1);
        if (rv == 0) {
            answer_all(k);
        }
    }
    return rv;
}

/* A request of a peer, on a stream of its own. */
static int answer(void *user, struct p2p__slice request, struct p2p__pbw *w,
                  p2p_ns now)
{
    const struct p2p__kad_peer from = peer_of(5);

    return p2p__kad_serve(user, &from, request, w, now);
}

static int ask(struct p2p__kad *k, const struct p2p__kad_msg *msg)
{
    const struct p2p__kad_peer self = peer_of(5);
    const struct p2p__serve_cfg cfg = {
        .answer = answer, .user = k, .cap = 1024, .room = 4096, .requests = 9};
    uint8_t bytes[256];
    struct p2p__slice in;
    struct p2p__serve s;
    struct p2p__pbw w;
    size_t frame;
    int rv;

    p2p__pbw_init(&w, bytes, sizeof bytes);
    frame = p2p__kad_msg_open(&w, msg);
    p2p__kad_msg_peer(&w, P2P__KAD_PROVIDERS, &self.id, &self.addrs);
    p2p__pbw_close(&w, frame);
    in = p2p__slice_of(bytes, w.len);
    p2p__serve_init(&s, &cfg, 1);
    rv = p2p__serve_rx(&s, &in, 1);
    p2p__serve_fini(&s);
    return rv;
}

static int node(void *arg)
{
    const struct p2p__kad_validator any = {
        .ns = "any", .valid = any_valid, .better = any_better};
    const struct p2p__kad_msg add = {.type = P2P__KAD_ADD_PROVIDER,
                                     .key = p2p__slice_of("c", 1)};
    const struct p2p__kad_msg put = {.type = P2P__KAD_PUT_VALUE,
                                     .key = p2p__slice_of("/any/a", 6),
                                     .has_record = true,
                                     .record_key = p2p__slice_of("/any/a", 6),
                                     .value = p2p__slice_of("1", 1)};
    struct p2p__kad_cfg cfg = {
        .self = made_peer(99), .seed = {1, 2}, .random = 3};
    struct p2p__kad k;
    int rv = p2p__kad_validators_add(&cfg.validators, &any);

    (void)arg;
    p2p__kad_init(&k, &cfg, 1);
    for (uint32_t i = 1; i < 4; i++) {
        const struct p2p__kad_peer peer = peer_of(i);

        p2p__kad_met(&k, &peer, 1);
    }
    if (rv == 0) {
        rv = ask(&k, &add);
    }
    if (rv == 0) {
        rv = ask(&k, &put);
    }
    if (rv == 0) {
        rv = queries(&k);
    }
    p2p__kad_fini(&k);
    return rv;
}

static void test_a_node_survives_every_failure(void **state)
{
    (void)state;
    assert_true(failing_mem_each(node, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_node_survives_every_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
