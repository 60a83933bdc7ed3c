/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The channel of a private network: all that goes over the connection is
 * encrypted with a key that the network's members share, each direction behind
 * a random nonce that its writer begins with. It lies below everything else
 * that libp2p says, and keeps others out: whether a peer is who it says, and
 * whether bytes were changed on their way, is left to the channels above.
 * Spec: libp2p pnet, PSK v1.
 *
 * The nonce is due at once, in both roles: js dialers say nothing before they
 * have read it. rx and tx cannot fail; a peer with another key sends what is
 * noise to the channel above.
 */
#ifndef P2P_CHAN_PNET_H
#define P2P_CHAN_PNET_H

#include "base/turn.h"
#include "crypto/xsalsa.h"
#include "port/chan.h"
#include "port/env.h"

#define P2P__PNET_PROTOCOL "/key/swarm/psk/1.0.0"

/* Bytes of the key of a network. */
#define P2P__PNET_KEY P2P__XSALSA_KEY

struct p2p__pnet_cfg {
    const uint8_t *psk;     /* P2P__PNET_KEY bytes; borrowed until fini */
    struct p2p__env *env;   /* for the nonce; borrowed for the call */
    struct p2p__job *owner; /* marked when there is output; may be NULL */
};

/* All members are private. */
struct p2p__pnet {
    const uint8_t *psk;
    struct p2p__xsalsa in;
    struct p2p__xsalsa out;
    uint8_t nonce_in[P2P__XSALSA_NONCE]; /* as far as it has come */
    uint8_t nonce_out[P2P__XSALSA_NONCE];
    uint8_t have; /* bytes of nonce_in */
    uint8_t sent; /* bytes of nonce_out */
};

/* The channel: `chan` is a struct p2p__pnet. */
extern const struct p2p__chan_ops p2p__pnet_ops;

/* Begins: the nonce is made and due. Marks the owner. */
void p2p__pnet_init(struct p2p__pnet *c, const struct p2p__pnet_cfg *cfg);

/* Takes the peer's nonce, then decrypts all of `in` in place. Returns 0. */
int p2p__pnet_rx(struct p2p__pnet *c, struct p2p__slice *in,
                 struct p2p__slice *up, p2p_ns now);

/* Writes our nonce, then what `above` (NULL: none) has, encrypted. Returns 0,
 * or what above says. */
int p2p__pnet_tx(struct p2p__pnet *c, struct p2p__src *above,
                 struct p2p__outbuf *out, p2p_ns now);

/* Whether the peer's nonce is here: it is in a private network, or speaks
 * something else. */
bool p2p__pnet_heard(const struct p2p__pnet *c);

/* Forgets the keys; from any state. */
void p2p__pnet_fini(struct p2p__pnet *c);

#endif
