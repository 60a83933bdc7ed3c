/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What revocations leave (rule 12): for each of them, the revisions below the
 * heads that it keeps. Worked out once a revocation, since it waits for its
 * heads and nothing comes in between a head and its ancestors later.
 */
#ifndef UM_MODEL_KEPT_H
#define UM_MODEL_KEPT_H

#include "mesh/model/marks.h"

/** The most revocations of one key that are looked at; a key has one, or one
 * by each owner who took part. With more, nothing of the key is kept. */
#define UM__CAP_KEPT_REVOCATIONS 64

/** A revocation and what it leaves. */
struct um_kept_by;

/** All zero is empty; members are private. */
struct um_kept {
    struct um_kept_by *list;
    size_t n;
    size_t cap;
    /* The key that was asked for last, and the revocations of it. */
    struct um_name key;
    size_t of_key[UM__CAP_KEPT_REVOCATIONS];
    size_t of_key_n;
    bool flooded;
};

/** Frees it. */
void um_kept_fini(struct um_kept *k);

/**
 * Turns to the work of a key: um_kept_has() is about it then.
 * @param name borrows
 * @return 0, P2P_ENOMEM
 */
int um_kept_turn(struct um_kept *k, struct um_roster *roster,
                 const struct um_history *h, const struct um_name *name);

/** Whether the key's work is as good as ever: nobody revoked it. */
static inline bool um_kept_all(const struct um_kept *k)
{
    return k->of_key_n == 0 && !k->flooded;
}

/** Whether all revocations of the key keep a revision. */
bool um_kept_has(const struct um_kept *k, uint32_t place);

/** Forgets which key was asked for last: the roster has changed. */
void um_kept_forget(struct um_kept *k);

#endif
