/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Bytes as calls on one core: peers come and go, say anything, read or do not,
 * topics come and go, who may be in them changes, time passes. Two heartbeats
 * after each call unless its highest bit is set, for bombs with a delay (T27).
 * In the end all quota is given back.
 */
#include <stdlib.h>

#include "proto/gossip/gossip.h"
#include "test_env.h"

#define PEERS 6U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct test_env env;
    struct p2p__quota quota, peer_quota;
    struct p2p__gossip_score_params score;
    struct p2p__gossip *g;
    struct p2p__gossip_peer *peers[PEERS];
    const uint8_t *in;
    size_t left;
    p2p_ns now;
    uint64_t handle;
    bool gated;
    uint8_t open; /* bit n: peer n may be in every second topic */
};

static uint8_t take(struct run *r)
{
    if (r->left == 0) {
        return 0;
    }
    r->left--;
    return *r->in++;
}

static bool may(void *user, const struct p2p_peer_id *peer,
                const struct p2p__slice *topic)
{
    const struct run *r = user;

    return (r->open >> peer->bytes[2] & 1U) != 0 ||
           topic->p[topic->len - 1] % 2 != 0;
}

/* Up to 65535 bytes of the input. */
static struct p2p__slice take_bytes(struct run *r)
{
    size_t len = take(r);
    struct p2p__slice s;

    len |= (size_t)take(r) << 8;
    len = p2p__min(len, r->left);
    s = p2p__slice_of(r->in, len);
    r->in += len;
    r->left -= len;
    return s;
}

/* One of four topics: "topic" and three near it. */
static size_t take_topic(struct run *r, char *out)
{
    memcpy(out, "topic", 5);
    out[4] = (char)('c' + take(r) % 4);
    return 5;
}

static void pump(struct run *r)
{
    struct p2p__gossip_peer *peer;
    struct p2p__gossip_ev ev;
    struct p2p__slice out;

    while (p2p__gossip_next(r->g, &ev)) {
        r->handle = ev.handle != 0 ? ev.handle : r->handle;
    }
    while ((peer = p2p__gossip_tx_peer(r->g)) != NULL) {
        unsigned *deaf = p2p__gossip_peer_user(peer);

        while (p2p__gossip_tx(r->g, peer, &out, r->now) && *deaf == 0) {
            if (out.len > P2P__CAP_GOSSIP_FRAME + 4 || out.slab == NULL) {
                abort();
            }
            p2p__gossip_tx_done(r->g, peer);
        }
    }
}

static unsigned flags[PEERS]; /* for the time of one input */

static void add(struct run *r, unsigned i, uint8_t how)
{
    struct p2p__gossip_peer_info info = {
        .id = {.len = 38, .bytes = {0, 36, (uint8_t)i}},
        .version = (enum p2p__gossip_version)(how & 3U),
        .outbound = (how & 4U) != 0,
        .direct = (how & 0x18U) == 0x18U,
        .ip = {10, how},
        .ip_len = (how & 0x20U) != 0 ? 16 : 4,
        .quota = &r->peer_quota,
        .user = &flags[i],
    };

    if (r->peers[i] == NULL) {
        flags[i] = 0;
        (void)p2p__gossip_peer_add(r->g, &info, r->now, &r->peers[i]);
    }
}

static void rx(struct run *r, unsigned i)
{
    struct p2p__slice in = take_bytes(r);

    while (r->peers[i] != NULL && in.len > 0) {
        int rv = p2p__gossip_rx(r->g, r->peers[i], &in, r->now);

        pump(r);
        if (rv == P2P_EFORMAT && in.len == 0) {
            break;
        }
    }
}

static void beat(struct run *r)
{
    r->now = p2p__gossip_deadline(r->g);
    p2p__gossip_expire(r->g, r->now);
    pump(r);
}

static void on_peer(struct run *r, unsigned op, unsigned i)
{
    struct p2p__gossip_peer *peer = r->peers[i];

    if (op == 0 || peer == NULL) {
        add(r, i, take(r));
        return;
    }
    switch (op) {
        case 1:
            p2p__gossip_peer_remove(r->g, peer, r->now);
            r->peers[i] = NULL;
            break;
        case 2:
            p2p__gossip_peer_version(r->g, peer,
                                     (enum p2p__gossip_version)(take(r) & 3U));
            break;
        case 3:
            p2p__gossip_peer_restart(r->g, peer);
            break;
        case 4:
            p2p__gossip_app_score(r->g, peer, (double)take(r) - 200);
            break;
        case 5:
            flags[i] ^= 1U;
            break;
        default:
            rx(r, i);
            break;
    }
}

/* Other peers may. */
static void turn(struct run *r)
{
    r->open = take(r);
    p2p__gossip_recheck(r->g, r->now);
}

static void on_host(struct run *r, unsigned op)
{
    struct p2p__gossip_topic_cfg tc = {.validate = (op & 1U) != 0};
    char topic[8];
    size_t len = take_topic(r, topic);
    struct p2p__slice data;

    switch (op) {
        case 0:
        case 1:
            (void)p2p__gossip_subscribe(r->g, topic, len, &tc, r->now);
            break;
        case 2:
            (void)p2p__gossip_unsubscribe(r->g, topic, len, r->now);
            break;
        case 3:
            (void)p2p__gossip_know(r->g, topic, len);
            break;
        case 4:
            (void)p2p__gossip_validate(r->g, r->handle,
                                       (enum p2p__gossip_verdict)(take(r) % 3),
                                       r->now);
            break;
        case 5:
            for (unsigned n = take(r) % 8; n > 0; n--) {
                beat(r);
            }
            break;
        default:
            data = take_bytes(r);
            (void)p2p__gossip_publish(r->g, topic, len, &data, r->now, NULL);
            break;
    }
}

static void step(struct run *r)
{
    uint8_t op = take(r);

    if ((op & 0x47U) == 0x47U && r->gated) {
        turn(r);
    } else if ((op & 0x40U) != 0) {
        on_host(r, op & 7U);
    } else {
        on_peer(r, op & 7U, (op >> 3) % PEERS);
    }
    pump(r);
    if ((op & 0x80U) == 0) {
        beat(r);
        beat(r);
    }
}

static void begin(struct run *r, const uint8_t *data, size_t size)
{
    struct p2p__gossip_cfg cfg;
    uint8_t how;

    *r = (struct run){.in = data, .left = size, .now = P2P__SEC(1)};
    how = take(r);
    test_env_init(&r->env, 1);
    p2p__quota_init(&r->quota, NULL, "gossip");
    p2p__quota_init(&r->peer_quota, NULL, "peer");
    r->peer_quota.limit[P2P__Q_MEMORY] = 64 * 1024 * 1024;
    p2p__gossip_cfg_defaults(&cfg);
    p2p__gossip_score_defaults(&r->score);
    cfg.policy = P2P__GOSSIP_STRICT_NO_SIGN;
    cfg.quota = &r->quota;
    cfg.score = (how & 1U) != 0 ? &r->score : NULL;
    cfg.known_topics_only = (how & 2U) != 0;
    cfg.params.flood_publish = (how & 4U) == 0;
    cfg.params.idontwant_bytes = (how & 8U) != 0 ? 1 : 1024;
    cfg.params.d = (how & 16U) != 0 ? 2 : 6;
    cfg.params.d_lo = (how & 16U) != 0 ? 1 : 4;
    cfg.params.d_hi = (how & 16U) != 0 ? 3 : 12;
    cfg.params.d_out = 0;
    r->gated = (how & 32U) != 0;
    cfg.may_fn = r->gated ? may : NULL;
    cfg.may_user = r;
    cfg.params.d_score = 1;
    if (p2p__gossip_new(&cfg, &r->env.env, NULL, r->now, &r->g) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r;

    begin(&r, data, size);
    while (r.left > 0) {
        step(&r);
    }
    beat(&r);
    beat(&r);
    p2p__gossip_free(r.g);
    p2p__quota_fini(&r.quota);
    p2p__quota_fini(&r.peer_quota);
    return 0;
}
