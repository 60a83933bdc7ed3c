/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys and certificates made for a test. */
#ifndef TESTS_LIB_PEM_MAKE_H
#define TESTS_LIB_PEM_MAKE_H

#include <openssl/evp.h>

#include "mesh/base/buf.h"

/* A key: an RSA key of so many bits, or with 0 one on P-256. Owned. */
EVP_PKEY *pem_key(int rsa_bits);

/* What is in a certificate; NULL for none. */
struct pem_cert {
    const char *common_name;
    const char *organization;
    const char *alt_names; /* "DNS:a,DNS:b,IP:1.2.3.4" */
};

/* Appends a self-signed certificate, good for 2026, in PEM. */
void pem_add_cert(struct um_buf *out, EVP_PKEY *key,
                  const struct pem_cert *cert);

/* Appends a key: PKCS#8, or with old set in the form of its algorithm. */
void pem_add_key(struct um_buf *out, EVP_PKEY *key, bool old);

#endif
