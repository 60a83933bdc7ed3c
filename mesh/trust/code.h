/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What people carry from one machine to another: the join code and the
 * recovery key, as Bech32m. docs/reference/formats.md, "Codes for people".
 */
#ifndef UM_TRUST_CODE_H
#define UM_TRUST_CODE_H

#include "mesh/trust/bech32.h"
#include "mesh/trust/name.h"

/** Bytes of a code's secret, and of the halves of names in it. */
#define UM_CODE_SECRET_BYTES 16
#define UM_CODE_HALF_BYTES   16

/** The most addresses in a join code; a code with more is refused. */
#define UM__CAP_CODE_ADDRS 4

/** The longest address: what its length can say. */
#define UM_CODE_ADDR_BYTES 255

/** The longest content of a join code; a longer one is refused. */
#define UM__CAP_CODE_BYTES 512

/** Bytes of a recovery key: the seed of an Ed25519 key. */
#define UM_CODE_SEED_BYTES 32

/** What a join code says. */
struct um_code {
    uint8_t secret[UM_CODE_SECRET_BYTES];
    uint8_t mesh[UM_CODE_HALF_BYTES];  /**< the first half of the mesh id */
    uint8_t owner[UM_CODE_HALF_BYTES]; /**< um_code_fingerprint() */
    uint64_t expires_ms; /**< since 1970, whole minutes; 0: not said */
    struct {
        uint8_t len;
        uint8_t bytes[UM_CODE_ADDR_BYTES];
    } addrs[UM__CAP_CODE_ADDRS]; /**< binary multiaddrs, not checked here */
    size_t addrs_n;
};

/** The fingerprint of an owner's key: half of its SHA-256. */
void um_code_fingerprint(const struct um_name *owner,
                         uint8_t out[UM_CODE_HALF_BYTES]);

/**
 * Appends the text of a join code.
 * @return 0, P2P_ETOOBIG (addresses), P2P_EINVAL (empty address, or an expiry
 *         after the year 10000), P2P_ENOMEM
 */
int um_code_put(const struct um_code *code, struct um_buf *out);

/**
 * Reads a join code.
 * @param text  borrows
 * @param out   set on success; wipe it when done
 * @param error set: what is wrong, and where
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (a later version), P2P_ENOMEM
 */
int um_code_get(struct um_str text, struct um_code *out,
                struct um_bech32_error *error);

/** Appends the text of a recovery key. Errors: P2P_ENOMEM. */
int um_code_put_seed(const uint8_t seed[UM_CODE_SEED_BYTES],
                     struct um_buf *out);

/** Reads a recovery key; like um_code_get(). */
int um_code_get_seed(struct um_str text, uint8_t seed[UM_CODE_SEED_BYTES],
                     struct um_bech32_error *error);

#endif
