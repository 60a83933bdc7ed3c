/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a host has for TLS as the web knows it: a certificate of an authority
 * to show as a server, authorities to believe as a client.
 */
#ifndef P2P_CHAN_WEB_ID_H
#define P2P_CHAN_WEB_ID_H

#include <gnutls/gnutls.h>

#include "base/types.h"

/* PEM in memory; all of it is borrowed for the call. */
struct p2p__web_cfg {
    const char *cert; /* chain and private key of a server, or NULL */
    size_t cert_len;
    const char *key;
    size_t key_len;
    const char *ca; /* authorities besides the system's; NULL: the system's */
    size_t ca_len;
    bool insecure; /* a client believes any certificate */
};

/* Counted: a session needs it until its end, and a server may have got a newer
 * one by then. */
struct p2p__web_id {
    unsigned refs;
    gnutls_certificate_credentials_t creds;
    gnutls_priority_t priority;
    bool serves;    /* there is a certificate */
    bool insecure;  /* peers' are not looked at */
    bool trust_due; /* the system's authorities are not read yet */
};

/*
 * Reads certificates and authorities. Returns owned, with one reference.
 * Errors: P2P_EINVAL (one of cert and key is missing), P2P_EFORMAT (not PEM, or
 * not of each other), P2P_ENOMEM.
 */
int p2p__web_id_new(const struct p2p__web_cfg *cfg, struct p2p__web_id **out);

/* Before the first dial: reads the system's authorities, if they count; there
 * are a hundred and more, and who never dials does without. Errors:
 * P2P_ENOTFOUND (there are none). */
int p2p__web_id_trust(struct p2p__web_id *id);

/* Counts one more reference. */
struct p2p__web_id *p2p__web_id_ref(struct p2p__web_id *id);

/* Drops a reference; the last one frees. NULL is fine. */
void p2p__web_id_unref(struct p2p__web_id *id);

#endif
