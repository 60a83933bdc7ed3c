/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Invitations: what the inviter keeps of a join code, and what both sides of
 * the join protocol prove to each other with it. docs/reference/formats.md,
 * "Join". No clock, no disk: who calls um_invite_take() writes the invitation
 * to disk before he answers.
 */
#ifndef UM_TRUST_INVITE_H
#define UM_TRUST_INVITE_H

#include "mesh/trust/code.h"

/** Bytes of an invitation's id, of its key, of a proof, of a binding. */
#define UM_INVITE_ID_BYTES    8
#define UM_INVITE_KEY_BYTES   32
#define UM_INVITE_PROOF_BYTES 32

/** An invitation. */
struct um_invite {
    uint8_t id[UM_INVITE_ID_BYTES];   /**< which one; not secret */
    uint8_t key[UM_INVITE_KEY_BYTES]; /**< secret */
    uint64_t expires_ms;              /**< since 1970; 0: never */
    uint32_t uses;                    /**< how often it may be used */
    uint32_t used;
    uint8_t roles; /**< bits of um_role that it gives */
};

/** What the proofs of one join are about. */
struct um_join {
    uint8_t binding[32];    /**< p2p_stream_binding() of the stream */
    struct um_name joiner;  /**< the key that the connection proved */
    struct um_name inviter; /**< likewise */
    struct um_name mesh;    /**< for the Hello its first half is enough */
};

/** Makes id and key of a code's secret; both sides do. The rest is zero. */
void um_invite_init(struct um_invite *inv,
                    const uint8_t secret[UM_CODE_SECRET_BYTES],
                    const uint8_t mesh_half[UM_CODE_HALF_BYTES]);

/**
 * Takes one use, if there is one.
 * @param now_ms the plain clock
 * @return 0: write inv to disk, then answer; P2P_ETIMEDOUT (expired),
 *         P2P_ELIMIT (used up)
 */
int um_invite_take(struct um_invite *inv, uint64_t now_ms);

/** The joiner's proof, for the Hello. */
void um_invite_hello(const struct um_invite *inv, const struct um_join *join,
                     uint8_t proof[UM_INVITE_PROOF_BYTES]);

/** The inviter's proof, for the Answer. */
void um_invite_answer(const struct um_invite *inv, const struct um_join *join,
                      uint8_t proof[UM_INVITE_PROOF_BYTES]);

/** Whether two proofs are the same, in constant time. */
bool um_invite_equal(const uint8_t a[UM_INVITE_PROOF_BYTES],
                     const uint8_t b[UM_INVITE_PROOF_BYTES]);

#endif
