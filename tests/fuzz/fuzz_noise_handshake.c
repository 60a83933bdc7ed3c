/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An end in a handshake. First byte: which end (bit 0), whether the rest is
 * raw bytes or the payload that a peer sends who keeps to Noise (bit 1), and
 * whether muxers are announced (bit 2); second byte: the seed of the cuts.
 */
#include <stdlib.h>

#include "chan/noise/payload.h"
#include "chan/noise/xx.h"
#include "sec_pair.h"

#define PAYLOAD_MAX 4096U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Keys and signatures take long; they are made once. */
static struct sec_pair *pair_once(void)
{
    static struct sec_pair pair;
    static bool made;

    if (!made) {
        if (sec_pair_init(&pair) != 0) {
            abort();
        }
        made = true;
    }
    return &pair;
}

/* The peer's next message around a payload, with its length. */
static size_t write_message(struct p2p__noise_xx *x, const uint8_t *payload,
                            size_t len, uint8_t *buf)
{
    size_t n = p2p__noise_xx_size(x, len);

    buf[0] = (uint8_t)(n >> 8);
    buf[1] = (uint8_t)n;
    if (len > 0) {
        memcpy(buf + 2 + p2p__noise_xx_head(x), payload, len);
    }
    if (p2p__noise_xx_write(x, buf + 2, len) != 0) {
        abort();
    }
    return 2 + n;
}

static void feed_payload(struct sec_pair *p, int victim, const uint8_t *data,
                         size_t size)
{
    uint8_t buf[2 + P2P__NOISE_XX_OVERHEAD + PAYLOAD_MAX];
    struct sec_end *e = &p->ends[victim];
    const struct p2p__noise_id *id = p->ends[1 - victim].id;
    struct p2p__noise_xx x;
    struct p2p__noise_xx_cfg cfg = {.dialer = victim == 1,
                                    .crypto = p->crypto,
                                    .s_priv = id->priv,
                                    .s_pub = id->pub};
    struct p2p__slice msg, payload;

    size = p2p__min(size, PAYLOAD_MAX);
    if (p2p__noise_xx_init(&x, &cfg, &e->env.env) != 0) {
        abort();
    }
    if (victim == 1) {
        size_t n = write_message(&x, NULL, 0, buf);

        if (sec_end_feed(e, buf, n, NULL) != 0) {
            abort();
        }
    }
    if (sec_end_draw(e, 0) != 0) {
        abort();
    }
    msg = p2p__slice_of(e->wire + 2, e->wire_len - 2);
    if (p2p__noise_xx_read(&x, &msg, &payload) != 0) {
        abort();
    }
    (void)sec_end_feed(e, buf, write_message(&x, data, size, buf), NULL);
    if (e->established &&
        !p2p_peer_id_equal(&e->ev.peer, &p->ends[1 - victim].peer)) {
        abort(); /* somebody else's identity */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const muxers[] = {"/yamux/1.0.0", "/mplex/6.7.0"};
    struct sec_pair *p = pair_once();
    struct sec_end *e;
    struct p2p__sec_cfg cfg;
    struct chunker c;

    if (size < 2) {
        return 0;
    }
    e = &p->ends[data[0] & 1];
    cfg = sec_pair_cfg(p, data[0] & 1);
    cfg.muxers = muxers;
    cfg.muxer_count = data[0] & 4 ? 2 : 0;
    if (sec_end_start(e, &cfg) != 0) {
        abort();
    }
    if (data[0] & 2) {
        feed_payload(p, data[0] & 1, data + 2, size - 2);
    } else {
        chunker_init(&c, CHUNK_RANDOM, data[1]);
        (void)sec_end_feed(e, data + 2, size - 2, &c);
    }
    if (e->quota.used[P2P__Q_MEMORY] > 2 * P2P__CAP_NOISE_HANDSHAKE_BYTES) {
        abort();
    }
    (void)sec_end_draw(e, 0);
    p2p__noise_fini(&e->n);
    if (e->quota.used[P2P__Q_MEMORY] != 0) {
        abort();
    }
    e->established = false;
    e->wire_len = 0;
    e->got_len = 0;
    return 0;
}
