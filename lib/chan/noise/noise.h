/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The channel that is secured by Noise: XX_25519_ChaChaPoly_SHA256 with the
 * libp2p payload, then records of ciphertext. Specs: libp2p noise (r5),
 * inlined muxer negotiation; the Noise Protocol Framework, revision 34.
 *
 * Happy path: three messages; ESTABLISHED, with who the peer is; from then on
 * rx decrypts each record in place, inside the slice that it came in, and tx
 * lets the layer above write its bytes straight behind a record's length and
 * encrypts them there. A record that the input ends in is parked in a buffer
 * of its size, which is let go at the next call of rx or tx.
 *
 * Failure: anything that does not authenticate poisons the channel, and
 * nothing of it is kept or passed up. Noise has no alerts: the last word is
 * silence. The state of the handshake is an allocation of its own, wiped and
 * freed when the handshake is over.
 */
#ifndef P2P_CHAN_NOISE_H
#define P2P_CHAN_NOISE_H

#include "chan/noise/id.h"
#include "port/sec.h"

#define P2P__NOISE_PROTOCOL "/noise"

/* The longest handshake message that is read, in bytes. */
#define P2P__CAP_NOISE_HANDSHAKE_BYTES 8192U

/* The longest extension that announces our muxers, in bytes. */
#define P2P__NOISE_MUXERS_MAX 1024U

/* The longest record that is read, tag included: what its length can say. */
#define P2P__NOISE_RECORD_MAX 65535U

/* The most plaintext that is put into a record, in bytes: encryption is
 * fastest there, and slower with the longest records. */
#define P2P__NOISE_PLAIN_MAX (48U * 1024U)

/* Length and tag of a record, in bytes. */
#define P2P__NOISE_OVERHEAD (2U + P2P__TAG_BYTES)

/* Records are not begun with less room than this behind others: a small one
 * costs as much as a middling one. In bytes. */
#define P2P__NOISE_ROOM_MIN 512U

/* How long a handshake may take, if the configuration does not say. */
#define P2P__NOISE_TIMEOUT P2P__SEC(10)

struct p2p__noise_hs;

/* All members are private. */
struct p2p__noise {
    struct p2p__crypto *crypto;
    struct p2p__quota *quota;
    struct p2p__job *owner;
    struct p2p__noise_hs *hs; /* NULL: the handshake is over */
    struct p2p__slab *park;   /* a record that is not whole, or is being read */
    uint64_t tx_nonce;
    uint64_t rx_nonce;
    uint8_t tx_key[P2P__KEY_BYTES];
    uint8_t rx_key[P2P__KEY_BYTES];
    uint8_t hash[P2P_SHA256_BYTES]; /* of the handshake */
    uint32_t park_have; /* bytes of the parked record that are here */
    uint8_t prefix[2];  /* of a length that is incomplete */
    uint8_t prefix_have;
    bool established;
    bool failed;
};

/* The channel: `chan` is a struct p2p__noise. */
extern const struct p2p__chan_ops p2p__noise_ops;

/* Noise as a security protocol of hosts. */
extern const struct p2p_security p2p__noise_security;

/*
 * Begins a handshake with cfg->id a struct p2p__noise_id; a dialer marks its
 * owner.
 * Errors: P2P_EINVAL (muxers beyond P2P__NOISE_MUXERS_MAX), P2P_ELIMIT
 * (quota), P2P_ENOMEM, P2P_ECRYPTO. Nothing is held then.
 */
int p2p__noise_init(struct p2p__noise *n, const struct p2p__sec_cfg *cfg,
                    p2p_ns now);

/*
 * Consumes one record of `in` and makes its plaintext `up`; during the
 * handshake, one message. The plaintext lies in `in` or in the parked record:
 * valid until the next call of rx, tx or fini.
 * Errors: P2P_EAUTH (forged, or who signed is not who owns the key), P2P_EPEER
 * (not the expected peer), P2P_EPROTO (malformed), P2P_ETOOBIG (handshake
 * message), P2P_ENOPROTO (both announced muxers, none in common), P2P_ENOTSUP
 * (key type), P2P_ELIMIT (quota, nonces), P2P_ENOMEM, P2P_ECRYPTO.
 */
int p2p__noise_rx(struct p2p__noise *n, struct p2p__slice *in,
                  struct p2p__slice *up, p2p_ns now);

/*
 * Writes what the handshake has to say; once established, records with bytes
 * from `above` (NULL: none), as long as there are some and room.
 * Errors: above's, P2P_ELIMIT (nonces), P2P_ECRYPTO.
 */
int p2p__noise_tx(struct p2p__noise *n, struct p2p__src *above,
                  struct p2p__outbuf *out, p2p_ns now);

/* Pulls the event; false: none. It borrows until the next call on n. */
bool p2p__noise_next(struct p2p__noise *n, struct p2p__sec_ev *ev);

/* When the handshake is given up; P2P_NEVER once it is over. */
p2p_ns p2p__noise_deadline(const struct p2p__noise *n);

/* P2P_ETIMEDOUT when the deadline has passed, else 0. */
int p2p__noise_expire(struct p2p__noise *n, p2p_ns now);

/* The hash of the whole handshake, for channel binding: 32 bytes that both
 * ends share and nobody else can choose; NULL before ESTABLISHED. Valid until
 * fini. */
const uint8_t *p2p__noise_hash(const struct p2p__noise *n);

/* Wipes and frees what is held and gives the quota back; from any state. */
void p2p__noise_fini(struct p2p__noise *n);

#endif
