/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the applier asks itself before it touches Unit: whether what it is told
 * to run was signed by somebody who may, is in force, and does not go back
 * behind what ran here before. Whoever tells it is not believed: only what is
 * signed is, and the applier's own record. No I/O, no clock.
 *
 * It holds the roster, and a record of what was given to this Unit. All else
 * comes with each order, as a case: the signed items that show that the order
 * is one (docs/internals/applier.md). An item that is missing from a case can
 * only make an order fail.
 */
#ifndef UM_APPLIER_WARDEN_H
#define UM_APPLIER_WARDEN_H

#include "mesh/applier/trail.h"

/** Items of a case; more are refused before one is looked at. */
#define UM__CAP_CASE_ITEMS 1024

/** Bytes of roster statements; with more of them further ones are refused.
 * Only owners make statements. */
#define UM__CAP_WARDEN_ROSTER_BYTES (64U << 20)

/** Room for why not, with its end. */
#define UM_WARDEN_WHY_BYTES 160

struct um_warden;

/** Items that go with an order, as envelopes; borrowed for the call. */
struct um_case {
    const struct um_str *revisions; /**< headers, in any order */
    size_t revisions_n;
    const struct um_str *facts; /**< control facts, in any order */
    size_t facts_n;
};

/** What came of an order, for the record. */
enum um_warden_end {
    UM_WARDEN_RUNS,    /**< Unit took it */
    UM_WARDEN_REFUSED, /**< this Unit, this node's policy, or its maker said no:
                            what ran before may come back */
    UM_WARDEN_UNKNOWN  /**< there was no answer: it may run */
};

/**
 * A warden of a mesh that knows nothing yet.
 * @param mesh this mesh @param me this node's name in it
 * @return owned; NULL: no memory
 */
struct um_warden *um_warden_new(const struct um_name *mesh,
                                const struct um_name *me);

/** Frees it. */
void um_warden_free(struct um_warden *w);

/**
 * Takes a roster statement.
 * @param envelope borrows; its signature is verified
 * @return 0, P2P_EDUP, P2P_EAGAIN (what it rests on did not come yet: send in
 *         the order of acceptance), P2P_EPEER (another mesh), P2P_ELIMIT (too
 *         many), P2P_ENOMEM, or as um_statement_open()
 */
int um_warden_statement(struct um_warden *w, struct um_str envelope);

/** The roster, to read. Valid as long as the warden. */
struct um_roster *um_warden_roster(struct um_warden *w);

/** Its statements, in an order in which they can be taken: the envelope at a
 * place, from 0 on; empty: there are no more. Valid as long as the warden. */
struct um_str um_warden_stated(const struct um_warden *w, size_t place);

/** What an order is about, once it was judged. */
struct um_order {
    struct um_name doc; /**< the document's hash */
    uint32_t doc_bytes;
    uint64_t number;               /**< of the revision, for people */
    char why[UM_WARDEN_WHY_BYTES]; /**< a text for people, if it is refused */
};

/**
 * Judges an order: to run a revision. The answer is yes if its author may, if
 * it is not void, and in force here, and if none of what was given to this Unit
 * stands above it; what runs here may be given again whatever came of it, and
 * needs no case. Confirmations in the case are kept, whatever the answer.
 * @param revision its id; its header is in the case
 * @param now_ms   since 1970
 * @param out      set on success; its `why` on P2P_EACCES
 * @return 0; P2P_EACCES: no; P2P_EFORMAT, P2P_EAUTH, P2P_ETOOBIG: the case
 *         holds what is no item, or too many; P2P_ENOMEM
 */
int um_warden_judge(struct um_warden *w, const struct um_name *revision,
                    const struct um_case *c, uint64_t now_ms,
                    struct um_order *out);

/**
 * Takes the confirmations that a case holds of revisions of the record, without
 * an order: from then on nobody goes back behind those. To be told soon, as
 * what was not heard of in time guards nothing.
 * @return as um_warden_judge(), but for P2P_EACCES
 */
int um_warden_hear(struct um_warden *w, const struct um_case *c);

/** Whether this node may try a document that is no revision yet: its key has
 * the role writer, so that it could sign one itself. */
bool um_warden_may_try(struct um_warden *w);

/**
 * Notes that a revision is about to be given to Unit, which
 * um_warden_judge() said yes to last. To be on disk before Unit is asked:
 * um_warden_save().
 */
void um_warden_begins(struct um_warden *w, const struct um_name *revision);

/** Notes what it comes to here, so that Unit can be seen to run it. */
void um_warden_comes_to(struct um_warden *w, const struct um_name *revision,
                        const struct um_name *effective);

/** Unit was seen to run a configuration, see um_trail_shows(). @return whether
 * the record is another now */
bool um_warden_shows(struct um_warden *w, const struct um_name *shown);

/** Whether something is under way of which nobody said what came of it. */
bool um_warden_wonders(const struct um_warden *w);

/** Notes what came of it; `revision` need not be known. To be on disk before
 * anybody is told: else what was refused here would stand in the way of what
 * its node falls back to. */
void um_warden_ended(struct um_warden *w, const struct um_name *revision,
                     enum um_warden_end end);

/** The member has another name from now on: its node has another key. Both
 * parts are to be saved. */
void um_warden_succeed(struct um_warden *w, const struct um_name *me);

/** The revisions of the record, at most UM__CAP_TRAIL_RUNS: what shows that
 * they are over belongs into a case. Appends names to out. */
void um_warden_names(const struct um_warden *w, struct um_buf *out);

/** What runs here, as far as the record knows; NULL: nobody can say. Valid
 * until the next run begins. */
const struct um_name *um_warden_runs(const struct um_warden *w);

/** What is kept of a warden, a file each: the roster changes seldom and may be
 * long, the record changes with each order and is short. */
enum um_warden_part { UM_WARDEN_ROSTER, UM_WARDEN_RECORD };

/** Whether um_warden_save() would write something else than before. */
bool um_warden_dirty(const struct um_warden *w, enum um_warden_part part);

/** Appends a part; it is not dirty then, unless out has failed. */
void um_warden_save(struct um_warden *w, enum um_warden_part part,
                    struct um_buf *out);

/** Reads a part into a new warden of that mesh and node, the roster first. What
 * is in it is verified like what comes. Errors: P2P_EFORMAT (damaged: nothing
 * was taken), P2P_EPEER (of another mesh or node), P2P_ENOMEM. */
int um_warden_load(struct um_warden *w, enum um_warden_part part,
                   struct um_str saved);

#endif
