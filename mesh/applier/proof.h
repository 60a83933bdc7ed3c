/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What a handful of signed items shows, to who has the roster and no history:
 * the rules of mesh/model/view.h on the part of it that somebody sent. What
 * cannot be told from that part is neither so nor not so, and who asks is to
 * take it against whoever sent it.
 *
 *     um_proof_init(&p, &roster);
 *     um_proof_revision(&p, envelope), um_proof_fact(&p, envelope) for each
 *     err = um_proof_link(&p);
 *     i = um_proof_find(&p, &id);
 *     um_proof_void(&p, i)
 *
 * A revision is named by the hash of its header, and a header names its
 * parents: so whoever is reached from a name that an owner signed is what the
 * owner saw.
 */
#ifndef UM_APPLIER_PROOF_H
#define UM_APPLIER_PROOF_H

#include "mesh/base/arena.h"
#include "mesh/trust/roster.h"

/** The most revocations of one key that are looked at, as in the view: with
 * more, nothing of the key is kept. */
#define UM__CAP_PROOF_REVOCATIONS 64

/** No such header. */
#define UM_NOT_HERE SIZE_MAX

/** Whether something is so. */
enum um_shown {
    UM_SHOWN_NOT, /**< it is shown that it is not */
    UM_SHOWN,     /**< it is shown that it is */
    UM_UNSHOWN    /**< nothing shows either */
};

/** A header. */
struct um_proof_rev {
    struct um_revision rev; /**< borrows */
    struct um_str envelope; /**< as it came; empty if it was known before */
    size_t parents[2];      /**< indices, or UM_NOT_HERE */
    bool judged;            /**< whether `is_void` says so */
    enum um_shown is_void;
};

/** A control fact. */
struct um_proof_fact {
    struct um_fact fact;    /**< borrows */
    struct um_str envelope; /**< as it came; empty if it was known before */
};

/** What a revocation leaves of the headers that are here. */
struct um_proof_kept;

/** What was sent. Members but the two lists are private. */
struct um_proof {
    struct um_roster *roster;
    struct um_proof_rev *revs; /**< ascending by id, once linked */
    size_t revs_n;
    struct um_proof_fact *facts;
    size_t facts_n;
    size_t revs_cap;
    size_t facts_cap;
    struct um_proof_kept *kepts;
    bool failed; /* no memory: nothing that was answered counts */
    struct um_arena arena;
};

/** Begins; roster is borrowed, and may not change meanwhile. */
void um_proof_init(struct um_proof *p, struct um_roster *roster);

/** Frees it. */
void um_proof_fini(struct um_proof *p);

/**
 * Adds a header that somebody sent: its signature is verified.
 * @param envelope borrows, until fini
 * @return 0, P2P_ETOOBIG, P2P_EFORMAT, P2P_EAUTH, P2P_ENOMEM
 */
int um_proof_revision(struct um_proof *p, struct um_str envelope);

/** The same with a control fact. */
int um_proof_fact(struct um_proof *p, struct um_str envelope);

/** Adds one that was verified before; borrows what it borrows until fini.
 * Errors: P2P_ENOMEM. */
int um_proof_know_revision(struct um_proof *p, const struct um_revision *rev);
int um_proof_know_fact(struct um_proof *p, const struct um_fact *fact);

/** After all were added; those that came twice are one. */
void um_proof_link(struct um_proof *p);

/** Where a header is, or UM_NOT_HERE. */
size_t um_proof_find(const struct um_proof *p, const struct um_name *id);

/** Whether a revision is void (rule 12). */
enum um_shown um_proof_void(struct um_proof *p, size_t i);

/** Whether a fact counts for the revision that it is about, which is the i-th
 * (rule 12): of a revoked key, a word in favour of what is kept. */
enum um_shown um_proof_counts(struct um_proof *p, const struct um_fact *fact,
                              size_t i);

/** Whether a fact is a confirmation of the i-th that was made in time and may
 * count, for all that is shown. */
bool um_proof_confirms(struct um_proof *p, const struct um_fact *fact,
                       size_t i);

/** Whether somebody confirmed it in time. */
enum um_shown um_proof_confirmed(struct um_proof *p, size_t i);

/** Whether somebody aborted it; what was not sent is not known. */
bool um_proof_aborted(struct um_proof *p, size_t i);

/** Whether it is opened to a member. */
bool um_proof_opened(struct um_proof *p, size_t i,
                     const struct um_name *member);

/** Whether memory was out at any question since init. */
static inline bool um_proof_failed(const struct um_proof *p)
{
    return p->failed;
}

#endif
