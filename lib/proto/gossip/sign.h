/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* StrictSign and StrictNoSign, pubsub/README "Message Signing". Private to
 * this folder. */
#ifndef P2P_PROTO_GOSSIP_SIGN_H
#define P2P_PROTO_GOSSIP_SIGN_H

#include "proto/gossip/rpc.h"
#include "proto/gossip/state.h"

/*
 * Whether a message has the fields that the policy wants, and no others; and
 * that its key is that of its author. No signature is checked yet.
 * Errors: P2P_EFORMAT, P2P_EPEER (the key is another's).
 */
int p2p__gossip_policy_check(const struct p2p__gossip *g,
                             const struct p2p__rpc_msg *msg);

/*
 * Checks the signature, if the policy wants one: over "libp2p-pubsub:" and the
 * Message without signature and key. Errors: P2P_EAUTH, P2P_EFORMAT,
 * P2P_ENOTSUP, P2P_ENOMEM, P2P_ELIMIT (no room to put it together).
 */
int p2p__gossip_verify(struct p2p__gossip *g, const struct p2p__rpc_msg *msg);

/*
 * Encodes our own message, signed as the policy says, at g->scratch; *body is
 * valid until that is used again.
 * Errors: P2P_ENOMEM, P2P_ELIMIT, P2P_ECRYPTO.
 */
int p2p__gossip_sign(struct p2p__gossip *g, const struct p2p__slice *topic,
                     const struct p2p__slice *data, struct p2p__slice *body);

#endif
