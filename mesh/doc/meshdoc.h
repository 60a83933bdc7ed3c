/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The document of a mesh: one configuration for all nodes, and what is
 * different where.
 *
 *     {"base": CONFIG,
 *      "overlays": {SELECTOR: OVERLAY},
 *      "certificates": {NAME: {"sealed": HASH}},
 *      "js_modules": {NAME: HASH},
 *      "variables": {NAME: VALUE},
 *      "probes": {NAME: PROBE}}
 *
 * Only the base has to be there. docs/reference/documents.md is its page.
 */
#ifndef UM_DOC_MESHDOC_H
#define UM_DOC_MESHDOC_H

#include "mesh/doc/bundles.h"
#include "mesh/doc/error.h"
#include "mesh/doc/probes.h"
#include "mesh/doc/selector.h"
#include "mesh/doc/value.h"
#include "mesh/doc/variables.h"

/** Bytes of the name of a certificate or script. */
#define UM__CAP_DOC_BUNDLE_NAME_BYTES 128U

/** Overlays that may select one node; each may make a copy. */
#define UM__CAP_DOC_OVERLAYS 64U

/** A document that was checked; its parts are views of the value. */
struct um_meshdoc {
    const struct um_val *base;
    const struct um_val *overlays; /**< NULL: none, and so on */
    const struct um_val *certificates;
    const struct um_val *js_modules;
    const struct um_val *variables;
    const struct um_val *probes;
};

/** For whom a configuration is made, and with what; all borrowed. */
struct um_meshdoc_node {
    struct um_node_facts facts;
    const struct um_secrets *secrets; /**< NULL: none can be opened */
    struct um_bundles bundles;
};

/** Where a configuration could not be made. */
struct um_meshdoc_error {
    struct um_doc_error what;
    bool in_config; /**< its pointer is one into the configuration; else into
                         the document */
};

/**
 * Checks the shape of a document.
 * @param a where err's pointer is made
 * @param v borrowed as long as out is used
 * @param err may be NULL
 * @return 0, P2P_EFORMAT, P2P_ELIMIT or P2P_ENOMEM
 */
int um_meshdoc_init(struct um_meshdoc *out, struct um_arena *a,
                    const struct um_val *v, struct um_doc_error *err);

/** The probes of one node. */
struct um_meshdoc_probes {
    struct um_probe list[UM__CAP_DOC_PROBES];
    size_t n;
};

/**
 * Makes the probes of one node, as its configuration is made: the document's,
 * what overlays have beside them, variables. A secret has no place in them.
 * @param a where they are made
 * @param err may be NULL; its pointer is one into the document
 * @return as um_meshdoc_effective()
 */
int um_meshdoc_probes(struct um_arena *a, const struct um_meshdoc *doc,
                      const struct um_node_facts *facts,
                      struct um_meshdoc_probes *out, struct um_doc_error *err);

/**
 * Makes the configuration of one node: the base, the overlays that select it
 * (all, then groups, labels, the node; by name among equals), variables, the
 * names of certificates and scripts. It is none without its probes.
 * @param a where it is made; it shares what it can with the document
 * @param out the configuration
 * @param err may be NULL
 * @return 0, P2P_ENOMEM, or what um_overlay_apply and um_variables_apply say;
 *         P2P_ELIMIT, too, if too many overlays select the node
 */
int um_meshdoc_effective(struct um_arena *a, const struct um_meshdoc *doc,
                         const struct um_meshdoc_node *node, struct um_val *out,
                         struct um_meshdoc_error *err);

#endif
