/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What a webhook is signed with, and where it may lead. */
#ifndef UM_HOOK_SIGN_H
#define UM_HOOK_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/base/str.h"

/** Room for a signature. */
#define UM_HOOK_SIGNATURE_BYTES 112U

/**
 * The signature of a body, "t=SECONDS,v1=HEX": HMAC-SHA-256 of "SECONDS.BODY"
 * under the secret's text.
 */
void um_hook_sign(const char *secret, uint64_t wall_s, struct um_str body,
                  char out[UM_HOOK_SIGNATURE_BYTES]);

/** Random bytes of a secret. */
#define UM_HOOK_SEED_BYTES 32U

/** The text of a secret, whsec_ and 64 hex digits. @param cap 71 at least */
void um_hook_secret(const uint8_t seed[UM_HOOK_SEED_BYTES], char *out,
                    size_t cap);

/**
 * Whether a webhook may lead to an address: not to one of the link
 * (169.254.0.0/16, fe80::/10), where clouds answer with a machine's
 * credentials, nor to other addresses of theirs (100.100.100.200, 192.0.0.192,
 * fd00:ec2::254, fd00:ec2::23, fd20:ce::254, fd00:c1::a9fe:a9fe, fd00:42::42),
 * to none at all, to all, or to a group; nor to any of these inside of an IPv6
 * address.
 * @param len        4 or 16
 * @param link_local those of the link, and clouds', are fine
 */
bool um_hook_may_reach(const uint8_t *ip, size_t len, bool link_local);

#endif
