/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The history of a mesh: the accepted revisions and control facts, two sets
 * that only grow, whatever the order in which their items came. Revisions have
 * a place each, a small number that stays what it is: parents, marks and the
 * view speak of places. What they come to is mesh/model/view.h.
 *
 *     err = um_history_add_revision(&h, &roster, &rev, now_ms, &need);
 *         0: added; P2P_EDUP; P2P_EAGAIN: get what `need` names, then again
 */
#ifndef UM_MODEL_HISTORY_H
#define UM_MODEL_HISTORY_H

#include "mesh/trust/roster.h"

/** No place. */
#define UM_NOWHERE UINT32_MAX

/** A control fact about a revision. */
struct um_noted {
    struct um_noted *next; /**< about the same revision, in no order */
    struct um_fact fact;   /**< what it borrows is its own */
};

/** An accepted revision. */
struct um_past {
    struct um_revision rev; /**< what it borrows is its own */
    uint32_t place;
    uint32_t parents[2]; /**< places; UM_NOWHERE where there is none */
    uint64_t seen_ms;    /**< when it was first here, by our clock */
    bool overdue;        /**< its deadline was judged passed, once for all */
    struct um_noted *facts;
};

/** All members but the counts are private; see the functions below. */
struct um_history {
    struct um_past **revs; /* by place */
    uint32_t *ranked;      /* places, ascending by rank */
    size_t revs_n;
    size_t revs_cap;
    uint32_t *slots;          /* a hash table of places, by id */
    size_t slots_n;           /* a power of two, or 0 */
    struct um_name *fact_ids; /* ascending */
    size_t facts_n;
    size_t facts_cap;
    uint64_t salt[8]; /* of the hash table */
};

/**
 * Begins an empty history.
 * @param salt 64 random bytes, so that nobody can choose ids that collide
 */
void um_history_init(struct um_history *h, const uint64_t salt[8]);

/** Frees it. */
void um_history_fini(struct um_history *h);

/**
 * Adds a revision, if it may be accepted now (rule 2).
 * @param roster borrows: who was ever a writer
 * @param rev    borrows a revision whose signature was verified; it is copied
 * @param now_ms our clock, to be kept as the moment when it was first seen
 * @param need   set when P2P_EAGAIN
 * @return 0, P2P_EDUP, P2P_EAGAIN, P2P_EPEER (another mesh), P2P_EPROTO (can
 *         never be accepted), P2P_ENOMEM (nothing changed)
 */
int um_history_add_revision(struct um_history *h,
                            const struct um_roster *roster,
                            const struct um_revision *rev, uint64_t now_ms,
                            struct um_need *need);

/** The same for a control fact. Errors: as above, without P2P_EPROTO. */
int um_history_add_fact(struct um_history *h, const struct um_roster *roster,
                        const struct um_fact *fact, struct um_need *need);

/** The revision with an id, or NULL. Valid until fini. */
struct um_past *um_history_find(const struct um_history *h,
                                const struct um_name *id);

/** The revision at a place below h->revs_n. Valid until fini. */
static inline struct um_past *um_history_at(const struct um_history *h,
                                            uint32_t place)
{
    return h->revs[place];
}

/** The revision with the i-th highest rank, i below h->revs_n: (number, wall
 * clock, id), rule 4. Valid until fini. */
static inline struct um_past *um_history_ranked(const struct um_history *h,
                                                size_t i)
{
    return h->revs[h->ranked[h->revs_n - 1 - i]];
}

/** How um_roster_add() asks which revisions are here. */
struct um_known um_history_known(const struct um_history *h);

#endif
