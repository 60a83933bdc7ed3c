/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file Wrong tokens and login codes by address: after some in a minute the
 * address has to wait. Pure. */
#ifndef UM_REST_TRIES_H
#define UM_REST_TRIES_H

#include <stddef.h>
#include <stdint.h>

/** Addresses that are counted; the one with the fewest makes room. */
#define UM__CAP_TRIES_ADDRS 64U
/** Wrong ones of an address in UM_TRIES_MS; then it waits. */
#define UM__CAP_TRIES 10U
/** How long they count, and how long it waits, in ms. */
#define UM_TRIES_MS 60000U
/** Room for an address. */
#define UM_TRIES_ADDR 46U

/** An address. */
struct um_try {
    char client[UM_TRIES_ADDR];
    unsigned n;
    uint64_t since_ms; /**< the first; of one that waits, the last */
};

/** All of them; zeroed: none. */
struct um_tries {
    struct um_try all[UM__CAP_TRIES_ADDRS];
};

/** How long an address has to wait, in ms; 0: it need not. */
uint64_t um_tries_wait_ms(const struct um_tries *t, const char *client,
                          uint64_t now_ms);

/** It showed a wrong one. */
void um_tries_wrong(struct um_tries *t, const char *client, uint64_t now_ms);

#endif
