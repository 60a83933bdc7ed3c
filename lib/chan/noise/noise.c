/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The Noise channel: see noise.h. This file is about records; the messages of
 * the handshake come in the same frames and are handshake.c's.
 *
 * The happy path of rx: the whole record is in the slice; it is decrypted
 * where it lies. Where a read ends inside a record, its length is known or
 * half known (prefix), and what came of it is parked in a slab of its size;
 * the park is empty again when the last byte came. Of tx: above writes to
 * where the record's text belongs, and one call encrypts it there.
 *
 * What can fail: a tag (forged: P2P_EAUTH), a length that no record has, the
 * quota for a park, a counter at its end. Each poisons the channel, and keys
 * and buffers go at once, before anybody calls fini.
 */
#include "chan/noise/noise.h"

#include "base/mem.h"
#include "chan/noise/handshake.h"

#define LENGTH_BYTES 2U

/* The last counter, which Noise keeps for itself (section 5.1). */
#define NONCE_END UINT64_MAX

int p2p__noise_init(struct p2p__noise *n, const struct p2p__sec_cfg *cfg,
                    p2p_ns now)
{
    int rv;

    *n = (struct p2p__noise){
        .crypto = cfg->crypto, .quota = cfg->quota, .owner = cfg->owner};
    rv = p2p__noise_hs_new(cfg, now, &n->hs);
    if (rv == 0 && cfg->dialer) {
        p2p__mark(n->owner);
    }
    return rv;
}

static void drop_park(struct p2p__noise *n)
{
    if (n->park != NULL) {
        p2p__quota_give(n->quota, P2P__Q_MEMORY,
                        sizeof *n->park + n->park->cap);
        p2p__slab_unref(n->park);
        n->park = NULL;
    }
    n->park_have = 0;
}

/* Lets a parked record go that was handed out by the last call. */
static void release(struct p2p__noise *n)
{
    if (n->park != NULL && n->park_have == n->park->cap) {
        drop_park(n);
    }
}

/* Nothing of a channel that failed is kept. */
static int fail(struct p2p__noise *n, int err)
{
    assert(err < 0);
    drop_park(n);
    p2p__noise_hs_free(n->hs);
    n->hs = NULL;
    p2p__wipe(n->tx_key, sizeof n->tx_key);
    p2p__wipe(n->rx_key, sizeof n->rx_key);
    n->failed = true;
    return err;
}

/* A slab of the record's size, charged before it is there. */
static int park(struct p2p__noise *n, size_t len)
{
    int rv = p2p__quota_take(n->quota, P2P__Q_MEMORY, sizeof *n->park + len);

    assert(n->park == NULL && len > 0 && len <= P2P__NOISE_RECORD_MAX);
    if (rv != 0) {
        return rv;
    }
    n->park = p2p__slab_new(len);
    if (n->park == NULL) {
        p2p__quota_give(n->quota, P2P__Q_MEMORY, sizeof *n->park + len);
        return P2P_ENOMEM;
    }
    n->park_have = 0;
    return 0;
}

/* Whether a record may have this length now. */
static int check_length(const struct p2p__noise *n, size_t len)
{
    if (n->established) {
        return len < P2P__TAG_BYTES ? P2P_EPROTO : 0;
    }
    if (len > P2P__CAP_NOISE_HANDSHAKE_BYTES) {
        return P2P_ETOOBIG;
    }
    return len < P2P__KEY_BYTES ? P2P_EPROTO : 0;
}

/*
 * Begins a record: sets `rec` to it if all of it is in the slice, parks what
 * there is of it if not. An input that ends behind the length parks nothing.
 */
static int begin_record(struct p2p__noise *n, struct p2p__slice *in,
                        struct p2p__slice *rec)
{
    size_t len;
    int rv;

    while (n->prefix_have < LENGTH_BYTES && in->len > 0) {
        n->prefix[n->prefix_have++] = *in->p;
        p2p__slice_skip(in, 1);
    }
    if (n->prefix_have < LENGTH_BYTES) {
        return 0;
    }
    len = (size_t)n->prefix[0] << 8 | n->prefix[1];
    rv = check_length(n, len);
    if (rv != 0 || in->len == 0) {
        return rv;
    }
    n->prefix_have = 0;
    if (in->len < len) {
        return park(n, len);
    }
    *rec = *in;
    rec->len = len;
    p2p__slice_skip(in, len);
    return 0;
}

/* Adds to the parked record; sets `rec` to it when it is whole. */
static void fill_park(struct p2p__noise *n, struct p2p__slice *in,
                      struct p2p__slice *rec)
{
    size_t more = p2p__min(in->len, n->park->cap - n->park_have);

    if (more > 0) {
        memcpy(n->park->data + n->park_have, in->p, more);
        p2p__slice_skip(in, more);
        n->park_have += (uint32_t)more;
    }
    if (n->park_have == n->park->cap) {
        *rec = (struct p2p__slice){
            .p = n->park->data, .len = n->park->cap, .slab = n->park};
    }
}

/* The handshake is over as soon as we have the keys; ours may be the last
 * message still to be drawn. */
static int read_message(struct p2p__noise *n, const struct p2p__slice *msg)
{
    struct p2p__noise_hs *hs = n->hs;
    int rv;

    assert(hs != NULL);
    rv = p2p__noise_hs_read(hs, msg);
    if (rv != 0) {
        return rv;
    }
    if (p2p__noise_hs_over(hs)) {
        p2p__noise_xx_split(&hs->xx, n->tx_key, n->rx_key);
        memcpy(n->hash, hs->xx.h, sizeof n->hash);
        n->established = true;
    }
    if (hs->out != NULL) {
        p2p__mark(n->owner);
    }
    return 0;
}

/* Decrypts a record where it lies. */
static int open_record(struct p2p__noise *n, const struct p2p__slice *rec,
                       struct p2p__slice *up)
{
    int rv;

    if (n->rx_nonce == NONCE_END) {
        return P2P_ELIMIT;
    }
    rv = p2p__crypto_open(n->crypto, n->rx_key, n->rx_nonce, NULL, rec->p,
                          rec->len);
    if (rv != 0) {
        return rv;
    }
    n->rx_nonce++;
    *up = *rec;
    up->len -= P2P__TAG_BYTES;
    return 0;
}

int p2p__noise_rx(struct p2p__noise *n, struct p2p__slice *in,
                  struct p2p__slice *up, p2p_ns now)
{
    struct p2p__slice rec = {0};
    int rv = 0;

    (void)now;
    assert(!n->failed);
    assert(n->hs == NULL || !n->hs->ev_due); /* its slices would go */
    *up = rec;
    release(n);
    if (n->park == NULL) {
        rv = begin_record(n, in, &rec);
    }
    if (rv == 0 && n->park != NULL) {
        fill_park(n, in, &rec);
    }
    if (rv == 0 && rec.len > 0) {
        rv = n->established ? open_record(n, &rec, up) : read_message(n, &rec);
    }
    return rv == 0 ? 0 : fail(n, rv);
}

/* One record of what above has to say, straight into `out`. Returns how many
 * bytes above had. */
static int put_record(struct p2p__noise *n, struct p2p__src *above,
                      struct p2p__outbuf *out, p2p_ns now)
{
    size_t room = p2p__outbuf_room(out) - P2P__NOISE_OVERHEAD;
    uint8_t *p = out->p + out->len;
    size_t len;
    int got, rv;

    if (n->tx_nonce == NONCE_END) {
        return P2P_ELIMIT;
    }
    got = above->pull(above, p + LENGTH_BYTES,
                      p2p__min(room, P2P__NOISE_PLAIN_MAX), now);
    if (got <= 0) {
        return got;
    }
    assert((size_t)got <= p2p__min(room, P2P__NOISE_PLAIN_MAX));
    len = (size_t)got + P2P__TAG_BYTES;
    p[0] = (uint8_t)(len >> 8);
    p[1] = (uint8_t)len;
    rv = p2p__crypto_seal(n->crypto, n->tx_key, n->tx_nonce, NULL,
                          p + LENGTH_BYTES, (size_t)got);
    if (rv != 0) {
        return rv;
    }
    n->tx_nonce++;
    out->len += LENGTH_BYTES + len;
    return got;
}

/* The handshake's state goes when all is pulled and drawn. */
static void retire(struct p2p__noise *n)
{
    if (n->hs != NULL && n->established && !n->hs->ev_due &&
        n->hs->out == NULL) {
        p2p__noise_hs_free(n->hs);
        n->hs = NULL;
    }
}

int p2p__noise_tx(struct p2p__noise *n, struct p2p__src *above,
                  struct p2p__outbuf *out, p2p_ns now)
{
    int got = 1;

    if (n->failed) {
        return 0;
    }
    if (n->hs != NULL) {
        if (!p2p__noise_hs_draw(n->hs, out) || n->hs->ev_due) {
            return 0;
        }
        retire(n);
    }
    release(n);
    if (!n->established || above == NULL) {
        return 0;
    }
    while (got > 0 && p2p__outbuf_room(out) > P2P__NOISE_OVERHEAD &&
           (out->len == 0 || p2p__outbuf_room(out) >= P2P__NOISE_ROOM_MIN)) {
        got = put_record(n, above, out, now);
    }
    return got < 0 ? fail(n, got) : 0;
}

bool p2p__noise_next(struct p2p__noise *n, struct p2p__sec_ev *ev)
{
    if (n->hs != NULL && n->hs->ev_due) {
        *ev = n->hs->ev;
        n->hs->ev_due = false;
        return true;
    }
    retire(n);
    return false;
}

p2p_ns p2p__noise_deadline(const struct p2p__noise *n)
{
    return n->hs == NULL || n->established ? P2P_NEVER : n->hs->deadline;
}

int p2p__noise_expire(struct p2p__noise *n, p2p_ns now)
{
    return now < p2p__noise_deadline(n) ? 0 : fail(n, P2P_ETIMEDOUT);
}

const uint8_t *p2p__noise_hash(const struct p2p__noise *n)
{
    return n->established ? n->hash : NULL;
}

void p2p__noise_fini(struct p2p__noise *n)
{
    drop_park(n);
    p2p__noise_hs_free(n->hs);
    p2p__wipe(n, sizeof *n);
}

static int chan_rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
                   p2p_ns now)
{
    return p2p__noise_rx(chan, in, up, now);
}

static int chan_tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
                   p2p_ns now)
{
    return p2p__noise_tx(chan, above, out, now);
}

static p2p_ns chan_deadline(const void *chan)
{
    return p2p__noise_deadline(chan);
}

static int chan_expire(void *chan, p2p_ns now)
{
    return p2p__noise_expire(chan, now);
}

static void chan_fini(void *chan)
{
    p2p__noise_fini(chan);
}

const struct p2p__chan_ops p2p__noise_ops = {
    .protocol = P2P__NOISE_PROTOCOL,
    .rx = chan_rx,
    .tx = chan_tx,
    .deadline = chan_deadline,
    .expire = chan_expire,
    .fini = chan_fini,
};
