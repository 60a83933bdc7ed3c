/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who wants into a mesh: his side of /unitmesh/join/1.0.0. A core: it says
 * Hello, reads the Answer, and believes nothing of it that it has not checked.
 * docs/reference/formats.md, "Join".
 *
 *     um_joiner_init(&j, &cfg, now_ms);       // the stream was opened
 *     um_joiner_tx(&j, &out);                 // the Hello; then close our half
 *     while (in.len > 0 && um_joiner_rx(&j, &in) == 0) …
 *     um_joiner_closed(&j);                   // the peer closed its half
 *     j.result: store j.mesh and j.statements, or show um_joiner_text(&j)
 *     um_joiner_fini(&j);                     // wipes the code's key
 */
#ifndef UM_SYNC_JOINER_H
#define UM_SYNC_JOINER_H

#include "mesh/sync/joinmsg.h"
#include "mesh/trust/roster.h"

/** How long the answer may take, in ms. */
#define UM_JOINER_PATIENCE_MS 30000U

/** What a joiner knows at the beginning. */
struct um_joiner_cfg {
    const struct um_code *code; /**< borrows; NULL: asks to be approved */
    uint8_t binding[32];        /**< p2p_stream_binding() of the stream */
    struct um_name me;
    struct um_name inviter; /**< the key that the connection proved */
    struct um_str name;     /**< what the joiner calls itself; borrows */
};

/** What came of it. */
enum um_joiner_result {
    UM_JOINER_ASKING,  /**< nothing yet */
    UM_JOINER_WELCOME, /**< it is in: mesh, statements, roles, owner */
    UM_JOINER_PENDING, /**< it was put down: mesh, statements (the genesis) */
    UM_JOINER_REFUSED, /**< by the inviter: reason */
    UM_JOINER_BROKEN   /**< the answer cannot be believed: wrong */
};

/** What is wrong with an answer. */
enum um_joiner_wrong {
    UM_JOINER_FINE,
    UM_JOINER_SILENT,      /**< there was none */
    UM_JOINER_GARBAGE,     /**< it is none */
    UM_JOINER_TOO_NEW,     /**< of a later version */
    UM_JOINER_BAD_GENESIS, /**< what comes first is no genesis */
    UM_JOINER_OTHER_MESH,  /**< not the mesh of the code */
    UM_JOINER_BAD_PROOF,   /**< not by who printed the code */
    UM_JOINER_BAD_ROSTER,  /**< the statements do not hold */
    UM_JOINER_OTHER_OWNER, /**< not the owner of the code gave the roles */
    UM_JOINER_NO_ROLES,    /**< it gives no roles */
    UM_JOINER_NO_MEMORY
};

/** A joiner; members are private but for those that say what came of it. */
struct um_joiner {
    enum um_joiner_result result;
    enum um_joiner_wrong wrong;
    uint64_t reason; /**< um_join_reason, of REFUSED */
    bool sure;       /**< the code vouches for the mesh; if not, a person
                        has to compare its id */
    struct um_name mesh;
    struct um_name owner;     /**< who gave the roles */
    unsigned roles;           /**< of ours */
    struct um_buf statements; /**< for um_pb_list_next(): to be stored, in this
                                 order */
    bool coded;
    bool said;
    struct um_invite invite;
    uint8_t half[UM_CODE_HALF_BYTES];
    uint8_t fingerprint[UM_CODE_HALF_BYTES];
    struct um_join join;
    char name[UM__CAP_JOIN_NAME_BYTES];
    size_t name_len;
    struct um_frames frames;
    uint64_t deadline_ms;
};

/** Begins. A name that is too long or no text is left out. */
void um_joiner_init(struct um_joiner *j, const struct um_joiner_cfg *cfg,
                    uint64_t now_ms);

/** Frees it and wipes what is secret. */
void um_joiner_fini(struct um_joiner *j);

/** Appends the Hello, once: 1, or 0. */
int um_joiner_tx(struct um_joiner *j, struct um_buf *out);

/** Takes bytes of the inviter; 1: the result is there, and what else comes is
 * dropped; 0: not yet. */
int um_joiner_rx(struct um_joiner *j, struct um_str *in);

/** The inviter closed, or the stream was cut: without an answer, that is it. */
void um_joiner_closed(struct um_joiner *j);

/** When um_joiner_expire() is to be called; UINT64_MAX: never. */
uint64_t um_joiner_deadline(const struct um_joiner *j);

/** Time passed. */
void um_joiner_expire(struct um_joiner *j, uint64_t now_ms);

/** The result in words, for people. */
const char *um_joiner_text(const struct um_joiner *j);

#endif
