/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What making and reading a certificate have in common. */
#ifndef P2P_IDENT_CERT_PARTS_H
#define P2P_IDENT_CERT_PARTS_H

#include <openssl/x509.h>

#include "base/slice.h"

/* The extension's name. Spec: libp2p tls, "libp2p Public Key Extension". */
#define P2P__CERT_OID "1.3.6.1.4.1.53594.1.1"

/* The longest SubjectPublicKeyInfo that is signed, in bytes. */
#define P2P__CERT_SPKI_MAX 2048U

/* What the host's key signs: a prefix and the passing key. */
struct p2p__cert_text {
    size_t len;
    uint8_t bytes[32 + P2P__CERT_SPKI_MAX];
};

/* Puts together what is signed of a certificate's key, borrowed.
 * Errors: P2P_ENOTSUP (a longer key), P2P_ECRYPTO. */
int p2p__cert_text(X509 *x, struct p2p__cert_text *text);

#endif
