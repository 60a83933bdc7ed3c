/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A security protocol: channels (see chan.h) that prove who is at the other
 * end, and may agree on a muxer. Noise is the library's; TLS is a library of
 * its own. The events of such a channel are pulled with next(): one, when the
 * handshake is over as far as we are concerned.
 */
#ifndef P2P_PORT_SEC_H
#define P2P_PORT_SEC_H

#include "base/quota.h"
#include "base/turn.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"
#include "port/chan.h"
#include "port/env.h"

struct p2p__crypto;
struct p2p__proofs;

/* The one event. */
struct p2p__sec_ev {
    struct p2p_peer_id peer;  /* proven */
    struct p2p__slice pubkey; /* its PublicKey protobuf */
    int muxer;      /* which of cfg.muxers was agreed on; -1: none yet */
    bool announced; /* the peer sent a list of muxers */
};

struct p2p__sec_cfg {
    bool dialer;
    struct p2p__crypto *crypto;         /* the host's; borrowed until fini */
    struct p2p__proofs *proofs;         /* the same, or NULL */
    void *id;                           /* the host's; borrowed until fini */
    const struct p2p_peer_id *expected; /* copied; NULL: anybody */
    /* Muxers in the order of preference, to be announced in the handshake;
     * borrows both array and texts until the event. None: no list. */
    const char *const *muxers;
    size_t muxer_count;
    struct p2p__quota *quota; /* the connection's scope; borrowed, or NULL */
    struct p2p__env *env;     /* borrowed until fini */
    struct p2p__job *owner;   /* marked when there is output; may be NULL */
    p2p_ns timeout;           /* 0: the protocol's own */
};

struct p2p_security {
    const struct p2p__chan_ops *chan;
    /* What a host has for all its connections, made with its key, which is
     * borrowed for the call. Returns owned: id_free() it.
     * Errors: P2P_ENOMEM, P2P_ECRYPTO, what the key says. */
    int (*id_new)(struct p2p__crypto *crypto, struct p2p__env *env,
                  const struct p2p_key *key, void **id);
    void (*id_free)(void *id); /* NULL is fine */
    /* Begins a handshake. Returns owned: chan->fini() and p2p__free() it.
     * Errors: P2P_EINVAL, P2P_ELIMIT, P2P_ENOMEM, P2P_ECRYPTO. */
    int (*start)(const struct p2p__sec_cfg *cfg, void **chan, p2p_ns now);
    /* Pulls the event; false: none. It borrows until the next call. */
    bool (*next)(void *chan, struct p2p__sec_ev *ev);
    /* 32 bytes that both ends share and nobody else can choose; NULL before
     * the event. Valid until fini. */
    const uint8_t *(*binding)(const void *chan);
};

#endif
