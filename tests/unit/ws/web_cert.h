/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates of web servers, made for a test; each is its own authority. */
#ifndef TESTS_UNIT_WEB_CERT_H
#define TESTS_UNIT_WEB_CERT_H

#include <stddef.h>

struct web_cert {
    char cert[4096]; /* PEM */
    char key[4096];
    size_t cert_len;
    size_t key_len;
};

/* One for a name, and for 127.0.0.1, good from `from_s` to `to_s` seconds after
 * now. */
void web_cert_make(struct web_cert *c, const char *name, long from_s,
                   long to_s);

/* A good one. */
void web_cert_good(struct web_cert *c, const char *name);

#endif
