/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A private network's channel: see pnet.h. Happy path: 24 bytes go out and 24
 * come in, then bytes pass in place, as many as there are. There is nothing
 * that a peer could break: any bytes are a nonce, any bytes decrypt.
 */
#include "chan/pnet/pnet.h"

#include "base/mem.h"

void p2p__pnet_init(struct p2p__pnet *c, const struct p2p__pnet_cfg *cfg)
{
    *c = (struct p2p__pnet){.psk = cfg->psk};
    cfg->env->random(cfg->env, c->nonce_out, sizeof c->nonce_out);
    p2p__xsalsa_init(&c->out, c->psk, c->nonce_out);
    p2p__mark(cfg->owner);
}

/* Takes of `in` what the peer's nonce lacks. */
static void take_nonce(struct p2p__pnet *c, struct p2p__slice *in)
{
    size_t n = p2p__min(in->len, sizeof c->nonce_in - c->have);

    if (n == 0) {
        return;
    }
    memcpy(c->nonce_in + c->have, in->p, n);
    p2p__slice_skip(in, n);
    c->have = (uint8_t)(c->have + n);
    if (c->have == sizeof c->nonce_in) {
        p2p__xsalsa_init(&c->in, c->psk, c->nonce_in);
    }
}

int p2p__pnet_rx(struct p2p__pnet *c, struct p2p__slice *in,
                 struct p2p__slice *up, p2p_ns now)
{
    (void)now;
    take_nonce(c, in);
    assert(in->len == 0 || c->have == sizeof c->nonce_in);
    *up = *in;
    if (in->len > 0) {
        p2p__xsalsa_xor(&c->in, in->p, in->len);
        p2p__slice_skip(in, in->len);
    }
    return 0;
}

/* Writes what is left of our nonce; whether all of it is out. */
static bool put_nonce(struct p2p__pnet *c, struct p2p__outbuf *out)
{
    size_t n = p2p__min(sizeof c->nonce_out - c->sent, p2p__outbuf_room(out));

    p2p__outbuf_put(out, c->nonce_out + c->sent, n);
    c->sent = (uint8_t)(c->sent + n);
    return c->sent == sizeof c->nonce_out;
}

int p2p__pnet_tx(struct p2p__pnet *c, struct p2p__src *above,
                 struct p2p__outbuf *out, p2p_ns now)
{
    size_t room;
    int got;

    if (!put_nonce(c, out) || above == NULL) {
        return 0;
    }
    room = p2p__outbuf_room(out);
    got = room > 0 ? above->pull(above, out->p + out->len, room, now) : 0;
    if (got < 0) {
        return got;
    }
    assert((size_t)got <= room);
    p2p__xsalsa_xor(&c->out, out->p + out->len, (size_t)got);
    out->len += (size_t)got;
    return 0;
}

bool p2p__pnet_heard(const struct p2p__pnet *c)
{
    return c->have == sizeof c->nonce_in;
}

void p2p__pnet_fini(struct p2p__pnet *c)
{
    p2p__wipe(c, sizeof *c);
}

static int chan_rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
                   p2p_ns now)
{
    return p2p__pnet_rx(chan, in, up, now);
}

static int chan_tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
                   p2p_ns now)
{
    return p2p__pnet_tx(chan, above, out, now);
}

static p2p_ns chan_deadline(const void *chan)
{
    (void)chan;
    return P2P_NEVER;
}

static int chan_expire(void *chan, p2p_ns now)
{
    (void)chan;
    (void)now;
    return 0;
}

static void chan_fini(void *chan)
{
    p2p__pnet_fini(chan);
}

const struct p2p__chan_ops p2p__pnet_ops = {
    .protocol = P2P__PNET_PROTOCOL,
    .rx = chan_rx,
    .tx = chan_tx,
    .deadline = chan_deadline,
    .expire = chan_expire,
    .fini = chan_fini,
};
