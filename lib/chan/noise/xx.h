/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The XX handshake of the Noise Protocol Framework with 25519, ChaChaPoly and
 * SHA256: three messages, of which the dialer writes the first and the last.
 * It knows nothing of libp2p: payloads are bytes. All happens in place, in the
 * buffers that the caller brings. Spec: Noise, revision 34, sections 5 and 7.
 *
 *     -> e
 *     <- e, ee, s, es
 *     -> s, se
 */
#ifndef P2P_CHAN_NOISE_XX_H
#define P2P_CHAN_NOISE_XX_H

#include "crypto/crypto.h"
#include "port/env.h"

#define P2P__NOISE_XX_MESSAGES 3U

/* What the longest message has besides its payload: e, s and two tags. */
#define P2P__NOISE_XX_OVERHEAD (2U * P2P__KEY_BYTES + 2U * P2P__TAG_BYTES)

/* Members are private, but for the two of which the comment says otherwise. */
struct p2p__noise_xx {
    struct p2p__crypto *crypto;
    const uint8_t *s_priv; /* borrowed */
    const uint8_t *s_pub;
    uint64_t nonce;
    uint8_t ck[P2P__KEY_BYTES];
    uint8_t k[P2P__KEY_BYTES];
    uint8_t h[P2P_SHA256_BYTES]; /* at the end: the hash of the handshake */
    uint8_t e_priv[P2P__KEY_BYTES];
    uint8_t e_pub[P2P__KEY_BYTES];
    uint8_t re[P2P__KEY_BYTES];
    uint8_t rs[P2P__KEY_BYTES]; /* the peer's static key, when it came */
    bool dialer;
    bool keyed;
    uint8_t message; /* which comes next: 0, 1, 2; 3: over */
};

/* Who takes part. */
struct p2p__noise_xx_cfg {
    bool dialer;
    struct p2p__crypto *crypto; /* borrowed */
    const uint8_t *s_priv;      /* our static key: borrows 32 bytes */
    const uint8_t *s_pub;       /* its public half: borrows 32 bytes */
    struct p2p__slice prologue; /* borrowed for the call; libp2p's is empty */
};

/* Begins a handshake with an ephemeral key from env. Errors: P2P_ECRYPTO,
 * P2P_ENOMEM. */
int p2p__noise_xx_init(struct p2p__noise_xx *x,
                       const struct p2p__noise_xx_cfg *cfg,
                       struct p2p__env *env);

/* Whether the next message is ours to write. */
bool p2p__noise_xx_writes(const struct p2p__noise_xx *x);

/* How many bytes of the next message come before its payload. */
size_t p2p__noise_xx_head(const struct p2p__noise_xx *x);

/* How long the next message is with a payload of `len` bytes. */
size_t p2p__noise_xx_size(const struct p2p__noise_xx *x, size_t len);

/*
 * Writes the next message around its payload: `out` has room for all of it,
 * p2p__noise_xx_size(x, len) bytes, and the caller has put the payload where
 * it belongs, behind p2p__noise_xx_head(x) bytes.
 * Errors: P2P_EAUTH (a key of low order), P2P_ECRYPTO.
 */
int p2p__noise_xx_write(struct p2p__noise_xx *x, uint8_t *out, size_t len);

/*
 * Reads the peer's next message, decrypting it in place; `payload` is a part
 * of it. On failure nothing of the message is to be looked at.
 * Errors: P2P_EPROTO (too short), P2P_EAUTH (forged, or a key of low order).
 */
int p2p__noise_xx_read(struct p2p__noise_xx *x, const struct p2p__slice *msg,
                       struct p2p__slice *payload);

/* After the last message: the keys of the two directions. */
void p2p__noise_xx_split(struct p2p__noise_xx *x, uint8_t tx[P2P__KEY_BYTES],
                         uint8_t rx[P2P__KEY_BYTES]);

#endif
