/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The roster: the set of accepted statements of one mesh, and what they come
 * to, whatever the order in which they came. docs/reference/formats.md, "What
 * the roster says".
 *
 *     um_roster_init(&r, &mesh);
 *     err = um_roster_add(&r, &statement, &known, &need);
 *         0: added; P2P_EDUP; P2P_EAGAIN: get what `need` names, then again
 *     um_roster_roles(&r, &key)                 what a key may do now
 *     um_accept_revision(&r, &known, &rev, &need)     rule 2
 *     n = um_roster_keeps(&r, &rev.by, out, cap)      rule 12, its half
 *
 * Acceptance looks at what was ever granted, and never at a revocation, so it
 * only grows. All else is worked out anew, without memory, by the first
 * question after statements were added. What is void is for who knows
 * ancestors: a revision is void unless every statement of um_roster_keeps() has
 * it below its `keep`.
 */
#ifndef UM_TRUST_ROSTER_H
#define UM_TRUST_ROSTER_H

#include "mesh/trust/fact.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/statement.h"

struct um_roster_entry;

/** A key that a statement names or that signed one. */
struct um_roster_key {
    struct um_name name;
    uint8_t ever;  /**< roles that an accepted statement gave it */
    uint8_t given; /**< roles that a standing one gives it */
    uint8_t now;   /**< roles that it has: given, and not taken */
    uint8_t noted; /**< roles that it had, see um_roster_note() */
    struct um_roster_entry *about; /**< private */
};

/** All members are private; keys may be walked, see um_roster_key_at(). */
struct um_roster {
    bool settled; /* what stands is worked out */
    uint64_t walks;
    struct um_name mesh;
    struct um_roster_entry *genesis;
    struct um_roster_entry **entries; /* ascending by id */
    size_t entries_n;
    size_t entries_cap;
    struct um_roster_key **keys; /* ascending by name */
    size_t keys_n;
    size_t keys_cap;
};

/** What an item waits for. */
enum um_need_what {
    UM_NEED_NOTHING,
    UM_NEED_GENESIS,   /**< `name` is the mesh */
    UM_NEED_GRANT,     /**< of the right to this item, to the key `name` */
    UM_NEED_STATEMENT, /**< `name` is its id */
    UM_NEED_REVISION   /**< `name` is its id */
};

/** A dependency that is missing: the first one. */
struct um_need {
    enum um_need_what what;
    struct um_name name;
};

/** Which revisions the caller has accepted. */
struct um_known {
    /** The number of a revision; 0: it is not here. */
    uint64_t (*number)(const void *user, const struct um_name *id);
    const void *user;
};

/** Begins an empty roster of a mesh. */
void um_roster_init(struct um_roster *r, const struct um_name *mesh);

/** Frees it. */
void um_roster_fini(struct um_roster *r);

/**
 * Adds a statement to the set.
 * @param s     borrows a statement whose signature was verified; it is copied
 * @param known borrows: which revisions are here, for REVOKE
 * @param need  set when P2P_EAGAIN
 * @return 0, P2P_EDUP (it is in it), P2P_EAGAIN, P2P_EPEER (another mesh),
 *         P2P_ENOMEM
 */
int um_roster_add(struct um_roster *r, const struct um_statement *s,
                  const struct um_known *known, struct um_need *need);

/** How many statements are in it. */
static inline size_t um_roster_count(const struct um_roster *r)
{
    return r->entries_n;
}

/** The i-th statement by id, and whether it stands. Valid until fini. */
const struct um_statement *um_roster_at(struct um_roster *r, size_t i,
                                        bool *stands);

/** The statement with an id, or NULL. Valid until fini. */
const struct um_statement *um_roster_find(const struct um_roster *r,
                                          const struct um_name *id);

/** Whether a statement that is in the set counts for anything now: it stands,
 * a grant gives a role, a revocation takes one. */
bool um_roster_counts(struct um_roster *r, const struct um_name *id);

/** The genesis, or NULL before it came. Valid until fini. */
const struct um_statement *um_roster_genesis(const struct um_roster *r);

/** The roles of a key now; 0 for a stranger. */
unsigned um_roster_roles(struct um_roster *r, const struct um_name *key);

/** Notes the roles of all keys, for um_roster_lost(). */
void um_roster_note(struct um_roster *r);

/** Whether a key has no role now and had one when they were noted; once. */
bool um_roster_lost(struct um_roster *r, const struct um_name *key);

/** The roles that a key was ever granted. */
unsigned um_roster_ever(const struct um_roster *r, const struct um_name *key);

/** How many keys have the role node: what majorities are measured by. */
size_t um_roster_members(struct um_roster *r);

/** The i-th of r->keys_n keys, ascending by name. Valid until the next add. */
const struct um_roster_key *um_roster_key_at(struct um_roster *r, size_t i);

/**
 * The revocations that a revision or fact by a key has to be kept by: rule 12.
 * @param key whose work
 * @param out room for `cap` statements, valid until fini; may be NULL
 * @return how many there are, which may be more than cap; 0: nothing is void
 */
size_t um_roster_keeps(struct um_roster *r, const struct um_name *key,
                       const struct um_statement **out, size_t cap);

/** Whether a standing VOID names a revision (never r1). */
bool um_roster_voids(struct um_roster *r, const struct um_name *revision);

/**
 * The SET that counts for a name: the highest (seq, id) of those that stand.
 * @param key  whose label; NULL: a setting of the mesh
 * @param name borrows
 * @return the statement, valid until fini, or NULL: none, or it was unset
 */
const struct um_statement *um_roster_value(struct um_roster *r,
                                           const struct um_name *key,
                                           struct um_str name);

/** The same of those that a root, or the recovery key, said. */
const struct um_statement *um_roster_root_value(struct um_roster *r,
                                                const struct um_name *key,
                                                struct um_str name);

/**
 * Whether a revision may be accepted (rule 2): its parents are here, its number
 * is right, its author was ever a writer; r1 is the one that the genesis names.
 * @return 0, P2P_EAGAIN (need), P2P_EPEER (another mesh), P2P_EPROTO (can never
 *         be accepted)
 */
int um_accept_revision(const struct um_roster *r, const struct um_known *known,
                       const struct um_revision *rev, struct um_need *need);

/** The same for a control fact. Errors: P2P_EAGAIN (need), P2P_EPEER. */
int um_accept_fact(const struct um_roster *r, const struct um_known *known,
                   const struct um_fact *fact, struct um_need *need);

#endif
