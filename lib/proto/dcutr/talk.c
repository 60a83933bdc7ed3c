/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See talk.h. Happy path of who initiates: SAYING its CONNECT, HEARING the
 * other one, SYNCING, AGREED; of who answers: HEARING, SAYING, AWAITING the
 * SYNC, AGREED. Failure modes: a message that is not the one that is due, one
 * without an address that we would dial, none at all.
 */
#include "proto/dcutr/talk.h"

enum state { SAYING, HEARING, SYNCING, AWAITING, AGREED };

/* Draws a message up, to be written by tx. */
static void say(struct p2p__dcutr_talk *t, enum p2p__dcutr_type type,
                const struct p2p__dcutr_addrs *addrs)
{
    struct p2p__pbw w;
    int len;

    p2p__pbw_init(&w, t->out, sizeof t->out);
    p2p__dcutr_msg_write(&w, type, addrs);
    len = p2p__pbw_end(&w);
    assert(len > 0);
    t->out_len = (size_t)len;
    t->written = 0;
}

void p2p__dcutr_talk_init(struct p2p__dcutr_talk *t,
                          const struct p2p__dcutr_talk_cfg *cfg, p2p_ns now)
{
    *t = (struct p2p__dcutr_talk){
        .owner = cfg->owner,
        .reach = cfg->reach,
        .initiates = cfg->initiates,
        .state = cfg->initiates ? SAYING : HEARING,
        .deadline = p2p__ns_after(now, P2P__DCUTR_TALK_TIMEOUT)};
    p2p__frame_init(&t->frame, cfg->quota, P2P__CAP_DCUTR_MESSAGE_BYTES);
    say(t, P2P__DCUTR_CONNECT, cfg->own);
    if (cfg->initiates) {
        p2p__mark(t->owner);
    }
}

/* Both know all that they need. */
static void agree(struct p2p__dcutr_talk *t, p2p_ns go_at, p2p_ns now)
{
    t->state = AGREED;
    t->told = true;
    t->go_at = go_at;
    t->deadline = p2p__ns_after(now, P2P__DCUTR_TALK_LINGER);
    p2p__mark(t->owner);
}

/* The peer's addresses came. */
static int on_connect(struct p2p__dcutr_talk *t, p2p_ns now)
{
    if (t->heard.n == 0) {
        return P2P_ENOADDR;
    }
    if (t->initiates) {
        t->rtt = now - t->sent_at;
        t->state = SYNCING;
        say(t, P2P__DCUTR_SYNC, NULL);
    } else {
        t->state = SAYING;
    }
    p2p__mark(t->owner);
    return 0;
}

static int on_message(struct p2p__dcutr_talk *t, struct p2p__slice msg,
                      p2p_ns now)
{
    struct p2p__dcutr_addrs addrs;
    enum p2p__dcutr_type type;
    int rv = p2p__dcutr_msg_read(msg, t->reach, &type, &addrs);

    if (rv != 0) {
        return rv;
    }
    if (t->state == HEARING && type == P2P__DCUTR_CONNECT) {
        t->heard = addrs;
        return on_connect(t, now);
    }
    if (t->state == AWAITING && type == P2P__DCUTR_SYNC) {
        agree(t, now, now);
        return 0;
    }
    return P2P_EPROTO;
}

int p2p__dcutr_talk_rx(struct p2p__dcutr_talk *t, const struct p2p__slice *in,
                       p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv = 0;

    while (rv == 0 && left.len > 0) {
        rv = p2p__frame_next(&t->frame, &left, &msg);
        if (rv == 1) {
            rv = on_message(t, msg, now);
        }
    }
    return rv;
}

int p2p__dcutr_talk_fin(struct p2p__dcutr_talk *t, p2p_ns now)
{
    (void)now;
    return t->state == AGREED || t->state == SYNCING ? 0 : P2P_EPROTO;
}

/* A message is written whole. */
static void on_written(struct p2p__dcutr_talk *t, p2p_ns now)
{
    if (t->state == SYNCING) {
        agree(t, p2p__ns_after(now, t->rtt / 2), now);
    } else {
        t->state = t->initiates ? HEARING : AWAITING;
    }
}

int p2p__dcutr_talk_tx(struct p2p__dcutr_talk *t, struct p2p__outbuf *out,
                       p2p_ns now)
{
    const size_t n = p2p__min(t->out_len - t->written, p2p__outbuf_room(out));

    if (t->state == SAYING || t->state == SYNCING) {
        if (t->written == 0) {
            t->sent_at = now;
        }
        p2p__outbuf_put(out, t->out + t->written, n);
        t->written += n;
        if (t->written == t->out_len) {
            on_written(t, now);
        }
    }
    return t->state == AGREED ? P2P__PROTO_FIN : 0;
}

bool p2p__dcutr_talk_next(struct p2p__dcutr_talk *t, struct p2p__dcutr_go *go)
{
    if (!t->told) {
        return false;
    }
    t->told = false;
    *go = (struct p2p__dcutr_go){
        .at = t->go_at, .rtt = t->rtt, .addrs = &t->heard};
    assert(t->heard.n > 0);
    return true;
}

p2p_ns p2p__dcutr_talk_deadline(const struct p2p__dcutr_talk *t)
{
    return t->deadline;
}

int p2p__dcutr_talk_expire(struct p2p__dcutr_talk *t, p2p_ns now)
{
    return now < t->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__dcutr_talk_fini(struct p2p__dcutr_talk *t)
{
    p2p__frame_fini(&t->frame);
    t->told = false;
}

P2P__PROTO_OPS(p2p__dcutr_talk, P2P__DCUTR_PROTOCOL);
