/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What goes with an order to the applier: the signed items that show a warden,
 * which has no history, that the order is one, and that what it would go back
 * behind is over. mesh/applier/warden.h says what it looks for.
 *
 *     rv = um_evidence_gather(&model, shelf, &revision, record, &e);
 *     e.made goes with the order
 *     um_evidence_fini(&e);
 */
#ifndef UM_NODE_EVIDENCE_H
#define UM_NODE_EVIDENCE_H

#include "mesh/applier/warden.h"
#include "mesh/model/model.h"
#include "mesh/node/shelf.h"

/** A case that was gathered. */
struct um_evidence {
    struct um_case made;     /**< borrows from the shelf */
    struct um_buf revisions; /**< private */
    struct um_buf facts;
};

/**
 * Gathers a case. It takes no longer than a walk over the history for each
 * revocation that matters, which is none in most meshes.
 * @param m        whose view is of its sets as they are; is not changed but for
 *                 what a roster works out
 * @param shelf    borrows, as long as out: the envelopes
 * @param revision which the order is about; NULL: none, but what of `record`
 *                 was confirmed is to be heard of, um_warden_hear()
 * @param record   the revisions of the warden's record; those that are not
 *                 here are passed over
 * @param out      set; um_evidence_fini() in any case
 * @return 0; P2P_ELIMIT: more than UM__CAP_CASE_ITEMS would be needed, out has
 *         as many: it shows less than it should; P2P_ENOTFOUND: the revision,
 *         or an envelope, is not here; P2P_ENOMEM
 */
int um_evidence_gather(struct um_model *m, const struct um_shelf *shelf,
                       const struct um_name *revision,
                       struct um_namelist record, struct um_evidence *out);

/** Frees it. */
void um_evidence_fini(struct um_evidence *e);

#endif
