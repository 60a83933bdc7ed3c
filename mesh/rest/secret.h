/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Secrets that people show: compared in constant time, and made of
 * random bytes as hexadecimal. */
#ifndef UM_REST_SECRET_H
#define UM_REST_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Whether `shown` is the secret, in a time that depends on lengths alone.
 * @param secret borrows; "" is none, which nothing is
 * @param shown  borrows; ends with a zero byte */
bool um_secret_is(const char *secret, const char *shown);

/** Writes bytes as hexadecimal. @param out room for 2 * n + 1 */
void um_secret_text(const unsigned char *bytes, size_t n, char *out);

#endif
