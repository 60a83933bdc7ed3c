/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See rig.h. */
#include "rig.h"

#include <stdlib.h>

#include "unit.h"
#include "wire/frame.h"
#include "proto/gossip/rpc.h"

static void make_key(unsigned n, struct p2p_key **key, struct p2p_peer_id *id)
{
    uint8_t seed[32] = {(uint8_t)n, (uint8_t)(n >> 8), 7};
    const uint8_t *pub;
    size_t len;

    assert_int_equal(p2p_key_from_seed(seed, key), 0);
    pub = p2p_key_public(*key, &len);
    assert_int_equal(p2p_peer_id_from_pubkey(pub, len, id), 0);
}

void rig_init(struct rig *r)
{
    *r = (struct rig){.now = P2P__SEC(1000)};
    test_env_init(&r->env, 42);
    p2p__quota_init(&r->quota, NULL, "gossip");
    p2p__gossip_cfg_defaults(&r->cfg);
    p2p__gossip_score_defaults(&r->score);
    make_key(1000, &r->key, &r->cfg.self);
    r->cfg.key = r->key;
    r->cfg.quota = &r->quota;
    for (unsigned i = 0; i < RIG_PEERS; i++) {
        make_key(i, &r->peers[i].key, &r->peers[i].id);
        p2p__quota_init(&r->peers[i].quota, NULL, "peer");
        r->peers[i].seqno = 1;
    }
    r->buf = malloc(RIG_BUF);
    assert_non_null(r->buf);
}

void rig_start(struct rig *r)
{
    assert_int_equal(p2p__gossip_new(&r->cfg, &r->env.env, NULL, r->now, &r->g),
                     0);
}

void rig_fini(struct rig *r)
{
    p2p__gossip_free(r->g);
    assert_int_equal(r->quota.used[P2P__Q_MEMORY], 0);
    for (unsigned i = 0; i < RIG_PEERS; i++) {
        assert_int_equal(r->peers[i].quota.used[P2P__Q_MEMORY], 0);
        p2p_key_free(r->peers[i].key);
    }
    p2p_key_free(r->key);
    free(r->buf);
}

void rig_add_as(struct rig *r, unsigned i, struct p2p__gossip_peer_info *info)
{
    struct rig_peer *p = &r->peers[i];

    info->id = p->id;
    info->quota = &p->quota;
    info->user = p;
    assert_int_equal(p2p__gossip_peer_add(r->g, info, r->now, &p->gp), 0);
}

void rig_add(struct rig *r, unsigned i, enum p2p__gossip_version v,
             bool outbound)
{
    struct p2p__gossip_peer_info info = {.version = v, .outbound = outbound};

    rig_add_as(r, i, &info);
}

void rig_remove(struct rig *r, unsigned i)
{
    p2p__gossip_peer_remove(r->g, r->peers[i].gp, r->now);
    r->peers[i].gp = NULL;
    assert_int_equal(r->peers[i].quota.used[P2P__Q_MEMORY], 0);
}

void rig_crowd(struct rig *r, unsigned n, const char *topic)
{
    for (unsigned i = 0; i < n; i++) {
        rig_add(r, i, P2P__GOSSIP_V12, false);
        rig_sub(r, i, topic, true);
    }
}

void rig_join(struct rig *r, const char *topic)
{
    assert_int_equal(
        p2p__gossip_subscribe(r->g, topic, strlen(topic), NULL, r->now), 0);
}

void rig_say(struct rig *r, unsigned i, const void *rpc, size_t len)
{
    struct p2p__slice in = p2p__slice_of(rpc, len);

    do {
        r->rx = p2p__gossip_rx(r->g, r->peers[i].gp, &in, r->now);
        rig_pull(r);
    } while (in.len > 0);
}

void rig_sub(struct rig *r, unsigned i, const char *topic, bool on)
{
    uint8_t buf[512];
    struct p2p__pbw w;
    size_t mark;

    p2p__pbw_init(&w, buf, sizeof buf);
    mark = p2p__pbw_open(&w, P2P__RPC_SUBSCRIPTIONS);
    p2p__pbw_uint(&w, P2P__RPC_SUB_SUBSCRIBE, on);
    p2p__pbw_text(&w, P2P__RPC_SUB_TOPIC, topic);
    p2p__pbw_close(&w, mark);
    rig_say(r, i, buf, w.len);
}

/* A control message with one part that names a topic, and a back-off. */
static void say_topic(struct rig *r, unsigned i, unsigned part,
                      const char *topic, uint64_t backoff)
{
    uint8_t buf[512];
    struct p2p__pbw w;
    size_t outer, inner;

    p2p__pbw_init(&w, buf, sizeof buf);
    outer = p2p__pbw_open(&w, P2P__RPC_CONTROL);
    inner = p2p__pbw_open(&w, part);
    p2p__pbw_text(&w, P2P__RPC_TOPIC, topic);
    if (backoff > 0) {
        p2p__pbw_uint(&w, P2P__RPC_PRUNE_BACKOFF, backoff);
    }
    p2p__pbw_close(&w, inner);
    p2p__pbw_close(&w, outer);
    rig_say(r, i, buf, w.len);
}

void rig_graft(struct rig *r, unsigned i, const char *topic)
{
    say_topic(r, i, P2P__RPC_CTL_GRAFT, topic, 0);
}

void rig_prune(struct rig *r, unsigned i, const char *topic, uint64_t backoff)
{
    say_topic(r, i, P2P__RPC_CTL_PRUNE, topic, backoff);
}

void rig_ids(struct rig *r, unsigned i, unsigned kind, const char *topic,
             const struct rig_id *ids, unsigned n)
{
    uint32_t field =
        kind == P2P__RPC_CTL_IHAVE ? P2P__RPC_IHAVE_IDS : P2P__RPC_IWANT_IDS;
    struct p2p__pbw w;
    size_t outer, inner;

    p2p__pbw_init(&w, r->buf, RIG_BUF);
    outer = p2p__pbw_open(&w, P2P__RPC_CONTROL);
    inner = p2p__pbw_open(&w, kind);
    if (topic != NULL) {
        p2p__pbw_text(&w, P2P__RPC_TOPIC, topic);
    }
    for (unsigned k = 0; k < n; k++) {
        p2p__pbw_bytes(&w, field, ids[k].bytes, ids[k].len);
    }
    p2p__pbw_close(&w, inner);
    p2p__pbw_close(&w, outer);
    assert_true(p2p__pbw_end(&w) > 0);
    rig_say(r, i, r->buf, w.len);
}

void rig_made_up(struct rig *r, unsigned i, unsigned kind, const char *topic,
                 unsigned seed, unsigned n)
{
    struct rig_id *ids = calloc(n, sizeof *ids);

    assert_non_null(ids);
    for (unsigned k = 0; k < n; k++) {
        unsigned v = seed + k;

        ids[k].len = 40;
        memcpy(ids[k].bytes, &v, sizeof v);
    }
    rig_ids(r, i, kind, topic, ids, n);
    free(ids);
}

/* The author's signature over what is in w, and the key. */
static void sign(struct rig *r, const struct rig_msg *m, struct p2p__pbw *w)
{
    static const char prefix[] = "libp2p-pubsub:";
    const struct p2p_key *key = r->peers[m->author].key;
    uint8_t sig[P2P_SIGNATURE_MAX];
    size_t sig_len, key_len, len = sizeof prefix - 1 + w->len;
    uint8_t *buf = malloc(len);
    const uint8_t *pub;

    assert_non_null(buf);
    memcpy(buf, prefix, sizeof prefix - 1);
    memcpy(buf + sizeof prefix - 1, w->p, w->len);
    assert_int_equal(p2p_key_sign(key, buf, len, sig, &sig_len), 0);
    free(buf);
    sig[0] ^= m->bad_signature;
    if (!m->no_signature) {
        p2p__pbw_bytes(w, P2P__RPC_MSG_SIGNATURE, sig, sig_len);
    }
    key = r->peers[m->author + m->other_key].key;
    pub = p2p_key_public(key, &key_len);
    if (!m->no_key) {
        p2p__pbw_bytes(w, P2P__RPC_MSG_KEY, pub, key_len);
    }
}

size_t rig_encode(struct rig *r, const struct rig_msg *m, uint8_t *out,
                  struct rig_id *id)
{
    struct rig_peer *author = &r->peers[m->author];
    uint64_t seqno = m->seqno != 0 ? m->seqno : author->seqno++;
    size_t seqno_len = m->seqno_len != 0 ? m->seqno_len : 8;
    uint8_t be[16] = {0};
    struct p2p__pbw w;

    for (unsigned i = 0; i < 8; i++) {
        be[i] = (uint8_t)(seqno >> (8 * (7 - i)));
    }
    p2p__pbw_init(&w, out, RIG_BUF / 2);
    if (!m->no_from) {
        const struct p2p_peer_id *from = &r->peers[m->author + m->forged].id;

        p2p__pbw_bytes(&w, P2P__RPC_MSG_FROM, from->bytes, from->len);
    }
    p2p__pbw_bytes(&w, P2P__RPC_MSG_DATA, m->data, m->data_len);
    if (!m->no_seqno) {
        p2p__pbw_bytes(&w, P2P__RPC_MSG_SEQNO, be, seqno_len);
    }
    p2p__pbw_text(&w, P2P__RPC_MSG_TOPIC, m->topic);
    sign(r, m, &w);
    if (id != NULL) {
        id->len = author->id.len + 8U;
        memcpy(id->bytes, author->id.bytes, author->id.len);
        memcpy(id->bytes + author->id.len, be, 8);
    }
    assert_true(p2p__pbw_end(&w) > 0);
    return w.len;
}

void rig_send(struct rig *r, unsigned i, const struct rig_msg *m,
              struct rig_id *id)
{
    uint8_t *msg = malloc(RIG_BUF / 2);
    struct p2p__pbw w;

    assert_non_null(msg);
    p2p__pbw_init(&w, r->buf, RIG_BUF);
    p2p__pbw_bytes(&w, P2P__RPC_PUBLISH, msg, rig_encode(r, m, msg, id));
    free(msg);
    rig_say(r, i, r->buf, w.len);
}

void rig_hello(struct rig *r, unsigned i, const char *topic, struct rig_id *id)
{
    const struct rig_msg m = {
        .author = i, .topic = topic, .data = "hello", .data_len = 5};

    rig_send(r, i, &m, id);
}

/* Counts ids, and remembers the first of them. */
static unsigned hear_ids(struct rig_heard *h, struct p2p__slice body,
                         uint32_t field)
{
    struct p2p__pb r;
    struct p2p__slice id;
    unsigned count = 0;

    p2p__pb_init(&r, body);
    while (p2p__rpc_id_next(&r, field, &id)) {
        if (h->n_ids < RIG_IDS && id.len <= sizeof h->ids[0].bytes) {
            h->ids[h->n_ids].len = id.len;
            memcpy(h->ids[h->n_ids++].bytes, id.p, id.len);
        }
        count++;
    }
    assert_int_equal(r.err, 0);
    return count;
}

static void hear_control(struct rig_heard *h, struct p2p__slice body)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    struct p2p__rpc_topic t;

    p2p__pb_init(&r, body);
    while (p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(P2P__RPC_CTL_IHAVE):
                h->ihaves++;
                h->ihave_ids += hear_ids(h, f.bytes, P2P__RPC_IHAVE_IDS);
                break;
            case P2P__PB_BYTES(P2P__RPC_CTL_IWANT):
                h->iwants++;
                h->iwant_ids += hear_ids(h, f.bytes, P2P__RPC_IWANT_IDS);
                break;
            case P2P__PB_BYTES(P2P__RPC_CTL_GRAFT):
                h->grafts++;
                break;
            case P2P__PB_BYTES(P2P__RPC_CTL_PRUNE):
                assert_int_equal(p2p__rpc_topic_read(f.bytes, &t), 0);
                h->prunes++;
                h->backoff_s = t.backoff_s;
                break;
            case P2P__PB_BYTES(P2P__RPC_CTL_IDONTWANT):
                h->idontwants++;
                h->idontwant_ids += hear_ids(h, f.bytes, P2P__RPC_IWANT_IDS);
                break;
            default:
                fail();
        }
    }
    assert_int_equal(r.err, 0);
}

static void hear(struct rig_heard *h, struct p2p__slice rpc)
{
    struct p2p__pb r;
    struct p2p__pb_field f;
    struct p2p__rpc_sub sub;
    struct p2p__rpc_msg msg;

    h->frames++;
    h->largest = p2p__max(h->largest, rpc.len);
    p2p__pb_init(&r, rpc);
    while (p2p__pb_next(&r, &f)) {
        switch (f.tag) {
            case P2P__PB_BYTES(P2P__RPC_SUBSCRIPTIONS):
                assert_int_equal(p2p__rpc_sub_read(f.bytes, &sub), 0);
                h->subs += sub.subscribe;
                h->unsubs += !sub.subscribe;
                break;
            case P2P__PB_BYTES(P2P__RPC_PUBLISH):
                assert_int_equal(p2p__rpc_msg_read(f.bytes, &msg), 0);
                h->messages++;
                h->message_len = msg.view.data.len;
                break;
            case P2P__PB_BYTES(P2P__RPC_CONTROL):
                hear_control(h, f.bytes);
                break;
            default:
                fail();
        }
    }
    assert_int_equal(r.err, 0);
}

/* Takes all frames for a peer, as a stream would. */
static void pump(struct rig *r, struct rig_peer *p)
{
    struct p2p__frame f;
    struct p2p__slice out, rpc;

    if (p->deaf) {
        (void)p2p__gossip_tx(r->g, p->gp, &out, r->now);
        return;
    }
    p2p__frame_init(&f, NULL, P2P__CAP_GOSSIP_FRAME);
    while (p2p__gossip_tx(r->g, p->gp, &out, r->now)) {
        assert_non_null(out.slab);
        assert_int_equal(p2p__frame_next(&f, &out, &rpc), 1);
        hear(&p->heard, rpc);
        assert_int_equal(p2p__frame_next(&f, &out, &rpc), 0);
        p2p__gossip_tx_done(r->g, p->gp);
    }
    p2p__frame_fini(&f);
}

static void note_event(struct rig_events *e, const struct p2p__gossip_ev *ev)
{
    switch (ev->type) {
        case P2P__GOSSIP_MESSAGE:
            e->messages++;
            e->handle = ev->handle;
            e->seqno = ev->seqno;
            e->from = ev->from;
            e->data_len = p2p__min(ev->data.len, sizeof e->data);
            memcpy(e->data, ev->data.p, e->data_len);
            break;
        case P2P__GOSSIP_SUBSCRIBED:
            e->subscribed++;
            break;
        case P2P__GOSSIP_UNSUBSCRIBED:
            e->unsubscribed++;
            break;
        case P2P__GOSSIP_GRAFTED:
            e->grafted++;
            break;
        case P2P__GOSSIP_PRUNED:
            e->pruned++;
            break;
        default:
            e->graylisted++;
            break;
    }
}

void rig_pull(struct rig *r)
{
    struct p2p__gossip_peer *gp;
    struct p2p__gossip_ev ev;

    while (p2p__gossip_next(r->g, &ev)) {
        note_event(&r->ev, &ev);
    }
    while ((gp = p2p__gossip_tx_peer(r->g)) != NULL) {
        pump(r, p2p__gossip_peer_user(gp));
    }
}

void rig_beat(struct rig *r, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        r->now = p2p__gossip_deadline(r->g);
        p2p__gossip_expire(r->g, r->now);
        rig_pull(r);
    }
}

void rig_forget(struct rig *r)
{
    r->ev = (struct rig_events){0};
    for (unsigned i = 0; i < RIG_PEERS; i++) {
        r->peers[i].heard = (struct rig_heard){0};
    }
}

size_t rig_mesh(struct rig *r, const char *topic)
{
    return p2p__gossip_topic_peers(r->g, topic, strlen(topic), true, NULL, 0);
}

bool rig_in_mesh(struct rig *r, const char *topic, unsigned i)
{
    struct p2p_peer_id ids[RIG_PEERS];
    size_t n = p2p__gossip_topic_peers(r->g, topic, strlen(topic), true, ids,
                                       RIG_PEERS);

    for (size_t k = 0; k < n; k++) {
        if (p2p_peer_id_equal(&ids[k], &r->peers[i].id)) {
            return true;
        }
    }
    return false;
}

double rig_score(struct rig *r, unsigned i)
{
    struct p2p__gossip_score_view v;

    p2p__gossip_score(r->g, r->peers[i].gp, r->now, &v);
    return v.score;
}
