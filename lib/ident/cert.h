/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The certificate by which a peer proves its identity in TLS and QUIC: a
 * self-signed one of a passing key, with an extension in which the host's key
 * signs that passing key. Spec: libp2p tls, "Peer Authentication".
 *
 * Nothing here knows a TLS stack: what is made and what is read is DER.
 */
#ifndef P2P_IDENT_CERT_H
#define P2P_IDENT_CERT_H

#include "base/slice.h"
#include "p2p/key.h"
#include "p2p/peer_id.h"

/* The longest certificate that is read, in bytes: one of an RSA key with 8192
 * bits that signs for another one has less. */
#define P2P__CAP_CERT_BYTES 8192U

/* A certificate and its passing key, both owned. */
struct p2p__cert {
    uint8_t *der;
    size_t der_len;
    uint8_t *key; /* PKCS #8; a secret */
    size_t key_len;
};

/* Whose certificate it is. */
struct p2p__cert_owner {
    struct p2p_peer_id id;
    size_t pubkey_len;
    uint8_t pubkey[P2P_PUBKEY_MAX]; /* the PublicKey protobuf */
};

/*
 * Makes a passing P-256 key, from the system's random numbers, and a
 * certificate for it in which `host`, borrowed, signs. It holds for as long as
 * a date can say, so that clocks do not matter. p2p__cert_fini() it.
 * Errors: P2P_ENOMEM, P2P_ECRYPTO, what the host's key says.
 */
int p2p__cert_make(const struct p2p_key *host, struct p2p__cert *cert);

/* Wipes and frees what a certificate holds; of zeroes: nothing. */
void p2p__cert_fini(struct p2p__cert *cert);

/*
 * Whose certificate `der`, borrowed, is, at `wall_s` seconds since 1970.
 * Errors: P2P_ETOOBIG (P2P__CAP_CERT_BYTES), P2P_EFORMAT (no certificate, or
 * none of this kind), P2P_ENOTSUP (types or sizes of keys, a critical
 * extension), P2P_EAUTH (it does not hold yet or any more, or a signature is
 * not right), P2P_ENOMEM.
 */
int p2p__cert_open(struct p2p__slice der, int64_t wall_s,
                   struct p2p__cert_owner *owner);

#endif
