/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Certificates and scripts under names that say what is in them. Unit never
 * replaces a certificate or a script, so a new one comes under a new name, the
 * configuration moves to it, and the old one goes. In a document they are
 * called NAME; on a Unit "NAME.9f3c0a12" (a certificate), "NAME_9f3c0a12" (a
 * script, because its name is an identifier in templates), by the first four
 * bytes of a hash of their content, however it was sealed.
 */
#ifndef UM_DOC_BUNDLES_H
#define UM_DOC_BUNDLES_H

#include "mesh/doc/value.h"
#include "p2p/hash.h"

/** What is called by content. */
enum um_bundle_kind {
    UM_BUNDLE_CERTIFICATE,
    UM_BUNDLE_SCRIPT,
};

/** A certificate or a script; borrowed. */
struct um_bundle {
    enum um_bundle_kind kind;
    struct um_str name;   /**< in the document */
    struct um_str called; /**< on this Unit */
};

/** All of them. */
struct um_bundles {
    const struct um_bundle *items;
    size_t count;
};

/**
 * The hash of content that stands in its name on a Unit: SHA-256 of a script,
 * as the document has it; of a certificate with its key one that is used
 * nowhere else (docs/reference/formats.md, "Sealed objects").
 */
void um_bundles_hash(enum um_bundle_kind kind, struct um_str content,
                     uint8_t hash[P2P_SHA256_BYTES]);

/**
 * Makes the name that content has on a Unit.
 * @param hash of its content
 * @param out in a
 * @return false if memory is out
 */
bool um_bundles_name(struct um_arena *a, enum um_bundle_kind kind,
                     struct um_str name, const uint8_t hash[P2P_SHA256_BYTES],
                     struct um_str *out);

/**
 * Replaces names in a configuration: certificates at
 * /listeners/…/tls/certificate, scripts at /settings/js_module and where
 * templates in back-ticks name them. A name that is not in the list stays.
 * @param a where the result is made; it shares what it can with config
 * @return 0, P2P_ELIMIT or P2P_ENOMEM
 */
int um_bundles_apply(struct um_arena *a, const struct um_val *config,
                     const struct um_bundles *bundles, struct um_val *out);

#endif
