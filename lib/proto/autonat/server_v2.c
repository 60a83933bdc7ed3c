/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See server_v2.h. Happy path: rx reads the request, the owner picks an
 * address of it and charges for it if it is not the asker's, rx counts what is
 * paid, the owner dials and answers. Failure modes: what is no request, is not
 * paid in time, or in pieces that cost us more than the peer, ends the stream.
 */
#include "proto/autonat/server_v2.h"

void p2p__autonat_server_v2_init(struct p2p__autonat_server_v2 *s,
                                 const struct p2p__autonat_talk_cfg *cfg,
                                 p2p_ns now)
{
    p2p__autonat_talk_init(&s->talk, cfg, P2P__CAP_AUTONAT_MESSAGE_BYTES, now);
    s->owed = 0;
    s->state = P2P__AUTONAT_SERVER_WAITS;
    s->ev = P2P__AUTONAT_SERVER_NOTHING;
}

/* Whether the peer is the one who is waited for. */
static bool is_its_turn(const struct p2p__autonat_server_v2 *s)
{
    return s->state == P2P__AUTONAT_SERVER_WAITS ||
           s->state == P2P__AUTONAT_SERVER_CHARGES;
}

/* A message of payment. */
static int take_data(struct p2p__autonat_server_v2 *s,
                     const struct p2p__autonat_v2_msg *msg)
{
    if (msg->type != P2P__AUTONAT_V2_DATA ||
        s->talk.written < s->talk.len) { /* it cannot know what it owes */
        return P2P_EPROTO;
    }
    if (msg->bytes < s->owed) {
        s->owed -= msg->bytes;
        return msg->bytes < P2P__AUTONAT_PIECE_MIN_BYTES ? P2P_EPROTO : 0;
    }
    s->owed = 0;
    s->state = P2P__AUTONAT_SERVER_DECIDES;
    s->ev = P2P__AUTONAT_SERVER_PAID;
    return 0;
}

static int take(struct p2p__autonat_server_v2 *s, struct p2p__slice bytes)
{
    struct p2p__autonat_v2_msg msg;
    int rv = p2p__autonat_v2_read(bytes, &msg);

    if (rv != 0) {
        return rv;
    }
    if (s->state == P2P__AUTONAT_SERVER_CHARGES) {
        return take_data(s, &msg);
    }
    if (s->state != P2P__AUTONAT_SERVER_WAITS ||
        msg.type != P2P__AUTONAT_V2_REQUEST) {
        return P2P_EPROTO;
    }
    s->request = msg;
    s->state = P2P__AUTONAT_SERVER_DECIDES;
    s->ev = P2P__AUTONAT_SERVER_ASKED;
    return 0;
}

int p2p__autonat_server_v2_rx(struct p2p__autonat_server_v2 *s,
                              const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv = 0;

    (void)now;
    while (rv == 0 && left.len > 0) {
        if (!is_its_turn(s)) {
            return P2P_EPROTO;
        }
        /* The request is looked at after this call. */
        rv = s->state == P2P__AUTONAT_SERVER_WAITS
                 ? p2p__frame_take(&s->talk.frame, &left, &msg)
                 : p2p__frame_next(&s->talk.frame, &left, &msg);
        if (rv == 1) {
            rv = take(s, msg);
        }
    }
    return rv;
}

int p2p__autonat_server_v2_fin(struct p2p__autonat_server_v2 *s, p2p_ns now)
{
    (void)now;
    return is_its_turn(s) ? P2P_EPROTO : 0;
}

enum p2p__autonat_server_v2_ev p2p__autonat_server_v2_next(
    struct p2p__autonat_server_v2 *s)
{
    const uint8_t ev = s->ev;

    s->ev = P2P__AUTONAT_SERVER_NOTHING;
    return (enum p2p__autonat_server_v2_ev)ev;
}

/* Puts a message behind what was said. */
static void say(struct p2p__autonat_server_v2 *s,
                const struct p2p__autonat_v2_msg *msg, bool last)
{
    struct p2p__pbw w;

    p2p__autonat_talk_open(&s->talk, &w);
    p2p__autonat_v2_write(&w, msg);
    p2p__autonat_talk_say(&s->talk, &w, last);
}

void p2p__autonat_server_v2_charge(struct p2p__autonat_server_v2 *s,
                                   uint32_t index, uint32_t bytes)
{
    const struct p2p__autonat_v2_msg msg = {
        .type = P2P__AUTONAT_V2_DATA_REQUEST, .index = index, .bytes = bytes};

    assert(s->state == P2P__AUTONAT_SERVER_DECIDES && bytes > 0);
    s->owed = bytes;
    s->state = P2P__AUTONAT_SERVER_CHARGES;
    say(s, &msg, false);
}

void p2p__autonat_server_v2_answer(struct p2p__autonat_server_v2 *s,
                                   enum p2p__autonat_v2_status status,
                                   uint32_t index,
                                   enum p2p__autonat_v2_dial dial)
{
    const struct p2p__autonat_v2_msg msg = {.type = P2P__AUTONAT_V2_RESPONSE,
                                            .status = status,
                                            .index = index,
                                            .dial = dial};

    assert(s->state == P2P__AUTONAT_SERVER_DECIDES);
    s->state = P2P__AUTONAT_SERVER_ANSWERED;
    say(s, &msg, true);
}

int p2p__autonat_server_v2_tx(struct p2p__autonat_server_v2 *s,
                              struct p2p__outbuf *out, p2p_ns now)
{
    return p2p__autonat_talk_tx(&s->talk, out, now);
}

p2p_ns p2p__autonat_server_v2_deadline(const struct p2p__autonat_server_v2 *s)
{
    return is_its_turn(s) || s->talk.over ? s->talk.deadline : P2P_NEVER;
}

int p2p__autonat_server_v2_expire(struct p2p__autonat_server_v2 *s, p2p_ns now)
{
    return is_its_turn(s) || s->talk.over
               ? p2p__autonat_talk_expire(&s->talk, now)
               : 0;
}

void p2p__autonat_server_v2_fini(struct p2p__autonat_server_v2 *s)
{
    p2p__autonat_talk_fini(&s->talk);
    s->ev = P2P__AUTONAT_SERVER_NOTHING;
}

P2P__PROTO_OPS(p2p__autonat_server_v2, P2P__AUTONAT_V2_REQUEST_PROTOCOL);
