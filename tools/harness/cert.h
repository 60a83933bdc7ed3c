/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A certificate for a listener of secure WebSockets, which nobody signed but
 * itself: dialers of a harness believe any. */
#ifndef TOOLS_HARNESS_CERT_H
#define TOOLS_HARNESS_CERT_H

#include <gnutls/gnutls.h>

struct cert {
    gnutls_datum_t cert; /* PEM */
    gnutls_datum_t key;
};

/* Makes one. 0, or a negative code of GnuTLS; cert_fini() it with either. */
int cert_make(struct cert *c);

/* Frees it. */
void cert_fini(struct cert *c);

#endif
