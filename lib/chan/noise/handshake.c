/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The libp2p handshake: see handshake.h.
 *
 * The happy path of a dialer: new() writes message 1; read() takes message 2,
 * checks who sent it and writes message 3: over. Of a listener: read() takes
 * message 1 and writes 2; read() takes 3 and checks who sent it: over.
 * The peer's payload is looked at only when Noise has authenticated it, and
 * believed only when the identity key has signed the static key. Message 1
 * cannot carry secrets, so its payload is passed over, as the spec has it for
 * early data before authentication.
 */
#include "chan/noise/handshake.h"

#include "base/mem.h"

#define LENGTH_BYTES 2U

/* Bytes of our payload in the next message: there is none in the first. */
static size_t payload_size(const struct p2p__noise_hs *hs)
{
    if (hs->xx.message == 0) {
        return 0;
    }
    return hs->id->payload_len +
           (size_t)p2p__noise_payload_muxers(&hs->muxers, NULL, 0);
}

/* The payload's bytes, `len` of them. */
static void put_payload(const struct p2p__noise_hs *hs, uint8_t *p, size_t len)
{
    size_t signed_len = hs->id->payload_len;
    int rv;

    if (len > 0) {
        memcpy(p, hs->id->payload, signed_len);
        rv = p2p__noise_payload_muxers(&hs->muxers, p + signed_len,
                                       len - signed_len);
        assert(rv >= 0 && (size_t)rv == len - signed_len);
        (void)rv;
    }
}

/* Makes our next message; the last one must have gone. */
static int make_message(struct p2p__noise_hs *hs)
{
    size_t len = payload_size(hs);
    size_t size = p2p__noise_xx_size(&hs->xx, len);
    int rv = p2p__quota_take(hs->quota, P2P__Q_MEMORY, LENGTH_BYTES + size);

    assert(hs->out == NULL && size <= P2P__CAP_NOISE_HANDSHAKE_BYTES);
    if (rv != 0) {
        return rv;
    }
    hs->out = p2p__alloc(LENGTH_BYTES + size);
    if (hs->out == NULL) {
        p2p__quota_give(hs->quota, P2P__Q_MEMORY, LENGTH_BYTES + size);
        return P2P_ENOMEM;
    }
    hs->out_len = LENGTH_BYTES + size;
    hs->out_sent = 0;
    hs->out[0] = (uint8_t)(size >> 8);
    hs->out[1] = (uint8_t)size;
    put_payload(hs, hs->out + LENGTH_BYTES + p2p__noise_xx_head(&hs->xx), len);
    return p2p__noise_xx_write(&hs->xx, hs->out + LENGTH_BYTES, len);
}

static void drop_message(struct p2p__noise_hs *hs)
{
    if (hs->out != NULL) {
        p2p__free(hs->out);
        p2p__quota_give(hs->quota, P2P__Q_MEMORY, hs->out_len);
        hs->out = NULL;
    }
}

/* Fills a handshake in. */
static int begin(struct p2p__noise_hs *hs, const struct p2p__sec_cfg *cfg,
                 p2p_ns now)
{
    const struct p2p__noise_id *id = cfg->id;
    struct p2p__noise_xx_cfg xx = {
        .dialer = cfg->dialer,
        .crypto = cfg->crypto,
        .s_priv = id->priv,
        .s_pub = id->pub,
    };
    p2p_ns timeout = cfg->timeout > 0 ? cfg->timeout : P2P__NOISE_TIMEOUT;
    int rv;

    hs->id = id;
    hs->proofs = cfg->proofs;
    hs->muxers.names = cfg->muxers;
    hs->muxers.count = cfg->muxer_count;
    hs->deadline = p2p__ns_after(now, timeout);
    if (cfg->expected != NULL) {
        hs->expected = *cfg->expected;
    }
    if (p2p__noise_payload_muxers(&hs->muxers, NULL, 0) >
        (int)P2P__NOISE_MUXERS_MAX) {
        return P2P_EINVAL;
    }
    rv = p2p__noise_xx_init(&hs->xx, &xx, cfg->env);
    return rv == 0 && cfg->dialer ? make_message(hs) : rv;
}

int p2p__noise_hs_new(const struct p2p__sec_cfg *cfg, p2p_ns now,
                      struct p2p__noise_hs **out)
{
    struct p2p__noise_hs *hs;
    int rv = p2p__quota_take(cfg->quota, P2P__Q_MEMORY, sizeof *hs);

    *out = NULL;
    if (rv != 0) {
        return rv;
    }
    hs = p2p__zalloc(sizeof *hs);
    if (hs == NULL) {
        p2p__quota_give(cfg->quota, P2P__Q_MEMORY, sizeof *hs);
        return P2P_ENOMEM;
    }
    hs->quota = cfg->quota;
    rv = begin(hs, cfg, now);
    if (rv != 0) {
        p2p__noise_hs_free(hs);
        return rv;
    }
    *out = hs;
    return 0;
}

void p2p__noise_hs_free(struct p2p__noise_hs *hs)
{
    struct p2p__quota *quota;

    if (hs == NULL) {
        return;
    }
    quota = hs->quota;
    drop_message(hs);
    p2p__wipe(hs, sizeof *hs);
    p2p__free(hs);
    p2p__quota_give(quota, P2P__Q_MEMORY, sizeof *hs);
}

bool p2p__noise_hs_over(const struct p2p__noise_hs *hs)
{
    return hs->xx.message == P2P__NOISE_XX_MESSAGES;
}

/* Who sent this payload, and what was agreed on, into the event. */
static int check_payload(struct p2p__noise_hs *hs, struct p2p__slice msg)
{
    struct p2p__noise_payload payload;
    struct p2p__noise_choice choice;
    int rv = p2p__noise_payload_read(msg, &payload);

    if (rv == 0) {
        rv = p2p__noise_payload_verify(&payload, hs->xx.rs, hs->proofs,
                                       &hs->ev.peer);
    }
    if (rv == 0 && hs->expected.len > 0 &&
        !p2p_peer_id_equal(&hs->expected, &hs->ev.peer)) {
        rv = P2P_EPEER;
    }
    if (rv == 0) {
        rv = p2p__noise_payload_choose(&payload, &hs->muxers, hs->xx.dialer,
                                       &choice);
    }
    if (rv != 0) {
        return rv;
    }
    hs->ev.pubkey = payload.key;
    hs->ev.muxer = choice.muxer;
    hs->ev.announced = choice.announced;
    return 0;
}

int p2p__noise_hs_read(struct p2p__noise_hs *hs, const struct p2p__slice *msg)
{
    struct p2p__slice payload;
    bool first = hs->xx.message == 0;
    int rv = p2p__noise_xx_read(&hs->xx, msg, &payload);

    drop_message(hs); /* who answers has read it */
    if (rv == 0 && !first) {
        rv = check_payload(hs, payload);
    }
    if (rv == 0 && p2p__noise_xx_writes(&hs->xx)) {
        rv = make_message(hs);
    }
    hs->ev_due = rv == 0 && p2p__noise_hs_over(hs);
    return rv;
}

bool p2p__noise_hs_draw(struct p2p__noise_hs *hs, struct p2p__outbuf *out)
{
    size_t n;

    if (hs->out == NULL) {
        return true;
    }
    n = p2p__min(hs->out_len - hs->out_sent, p2p__outbuf_room(out));
    p2p__outbuf_put(out, hs->out + hs->out_sent, n);
    hs->out_sent += n;
    if (hs->out_sent < hs->out_len) {
        return false;
    }
    drop_message(hs);
    return true;
}
