/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The two messages of /unitmesh/join/1.0.0: bytes to values and back.
 * docs/reference/formats.md, "Join". Who says what is mesh/sync/joiner.h and
 * mesh/sync/inviter.h.
 */
#ifndef UM_SYNC_JOINMSG_H
#define UM_SYNC_JOINMSG_H

#include "mesh/sync/frame.h"
#include "mesh/trust/invite.h"

/** The name of the protocol. */
#define UM_JOIN_PROTOCOL "/unitmesh/join/1.0.0"

/** The longest Hello and Answer; longer ones are refused unread. */
#define UM__CAP_JOIN_HELLO_BYTES  1024U
#define UM__CAP_JOIN_ANSWER_BYTES (64U << 10)

/** The longest name that a joiner calls itself by; a longer one is refused. */
#define UM__CAP_JOIN_NAME_BYTES 63U

/** The version that this code speaks. */
#define UM_JOIN_VERSION 1U

/** What the joiner says. */
struct um_join_hello {
    bool code;                      /**< it has one */
    uint8_t id[UM_INVITE_ID_BYTES]; /**< which */
    uint8_t proof[UM_INVITE_PROOF_BYTES];
    struct um_str name; /**< borrows */
};

/** What the inviter says. */
enum um_join_result {
    UM_JOIN_WELCOME = 1,
    UM_JOIN_PENDING = 2,
    UM_JOIN_REFUSED = 3
};

/** Why it refuses. */
enum um_join_reason {
    UM_JOIN_NO_REASON,
    UM_JOIN_NO_CODE,  /**< no such code, or a wrong proof */
    UM_JOIN_EXPIRED,  /**< the code */
    UM_JOIN_USED_UP,  /**< the code */
    UM_JOIN_CLOSED,   /**< nobody may ask here */
    UM_JOIN_TOO_MANY, /**< too many ask */
    UM_JOIN_REVOKED,  /**< the key was revoked, which is for ever */
    UM_JOIN_REASONS
};

/** The inviter's answer. */
struct um_join_answer {
    enum um_join_result result;
    bool proven; /**< there is a proof */
    uint8_t proof[UM_INVITE_PROOF_BYTES];
    struct um_str statements; /**< for um_pb_list_next(); borrows */
    uint64_t reason;          /**< um_join_reason, or one of a later version */
};

/** Reads a Hello; borrows. Errors: P2P_EFORMAT, P2P_ENOTSUP (a later version).
 */
int um_join_hello_read(struct um_str frame, struct um_join_hello *out);

/** Appends a Hello as a frame with its length. */
void um_join_hello_put(struct um_buf *out, const struct um_join_hello *h);

/** Reads an Answer; borrows; like um_join_hello_read(). */
int um_join_answer_read(struct um_str frame, struct um_join_answer *out);

/** Appends an Answer as a frame with its length; false: it would be too
 * long, or there is no memory. */
bool um_join_answer_put(struct um_buf *out, const struct um_join_answer *a);

/** Appends a statement to those of an Answer. */
void um_join_statement_put(struct um_buf *statements, struct um_str envelope);

#endif
