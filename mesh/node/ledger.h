/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a node keeps at its door: the invitations that it gave out, and the keys
 * that wait for an owner's word. What is in memory is what counts for the loop;
 * each change goes to the disk behind it, and comes back if it cannot be
 * written.
 */
#ifndef UM_NODE_LEDGER_H
#define UM_NODE_LEDGER_H

#include "mesh/base/log.h"
#include "mesh/node/disk.h"
#include "mesh/store/pending.h"
#include "mesh/trust/invite.h"

struct um_ledger;

/** Told when a change is on disk: 0; else it is undone, and why. */
typedef void um_ledger_done(void *user, int err);

/** Who is told of a change. */
struct um_ledger_ear {
    um_ledger_done *done; /**< once, later; NULL: nobody */
    void *user;           /**< borrowed until then */
};

/** Reads all from the store. Borrows both. Owned; NULL: it cannot, and said
 * why. */
struct um_ledger *um_ledger_new(struct um_disk *disk, const struct um_log *log);

/** Frees it; who still has to be told is told P2P_ECLOSED. What is in the
 * disk's row is written all the same. NULL is fine. */
void um_ledger_free(struct um_ledger *l);

/** The i-th invitation, without its key; NULL: no more. Valid until the next
 * change. */
const struct um_invite *um_ledger_invite_at(const struct um_ledger *l,
                                            size_t i);

/** Copies the invitation with an id, with its key: wipe it. False: there is
 * none. */
bool um_ledger_invite(const struct um_ledger *l,
                      const uint8_t id[UM_INVITE_ID_BYTES],
                      struct um_invite *out);

/** Adds an invitation. Of a full ledger those go that nobody can use any more.
 * Errors, and nobody is told: P2P_EEXIST, P2P_ELIMIT, P2P_ENOMEM,
 * P2P_EIO (the disk does not take anything now). */
int um_ledger_add(struct um_ledger *l, const struct um_invite *invite,
                  uint64_t wall_ms, struct um_ledger_ear ear);

/** Takes an invitation back. Errors: P2P_ENOTFOUND, P2P_ENOMEM. */
int um_ledger_drop(struct um_ledger *l, const uint8_t id[UM_INVITE_ID_BYTES]);

/** What is to be written of one who came. */
struct um_ledger_entry {
    const uint8_t *id;         /**< an invitation loses a use; NULL: none */
    const struct um_name *key; /**< a key waits from now on; NULL: none does */
    struct um_str name;        /**< what it calls itself */
    uint64_t wall_ms;
    /** If not NULL, called with the ear's user, behind the entry in the disk's
     * row, so that what it writes is in the same batch; an error undoes the
     * entry. */
    int (*after)(void *user);
};

/**
 * Takes a use, puts down a key, or both at once.
 * @return 0; or nothing was done and nobody is told: P2P_ENOTFOUND,
 *         P2P_ETIMEDOUT (expired), P2P_ELIMIT (used up), P2P_EAGAIN (too many
 *         wait), P2P_ETOOBIG (the name), P2P_ENOMEM, what `after` said
 */
int um_ledger_write(struct um_ledger *l, const struct um_ledger_entry *entry,
                    struct um_ledger_ear ear);

/** The i-th key that waits, in the order in which they asked; NULL: no more.
 * Valid until the next change. */
const struct um_pending *um_ledger_pending_at(const struct um_ledger *l,
                                              size_t i);

/** Whether a key waits. */
bool um_ledger_waits(const struct um_ledger *l, const struct um_name *key);

/** How many wait who had no code; after a start, all count as such. */
size_t um_ledger_waiting(const struct um_ledger *l);

/** Forgets a key that waits. Errors: P2P_ENOTFOUND, P2P_ENOMEM. */
int um_ledger_settle(struct um_ledger *l, const struct um_name *key);

#endif
