/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Certificate bundles: PEM with a chain and one private key.
 */
#ifndef UM_STANDIN_PEM_H
#define UM_STANDIN_PEM_H

#include "mesh/standin/value.h"

/** Certificates of a bundle; with more it is none. */
#define UM__CAP_STANDIN_CHAIN 64U

/**
 * Reads a bundle and describes it as Unit does: the key's kind, and of each
 * certificate the names and the dates.
 * @param arena where the description is made
 * @param matches set to whether the key belongs to the first certificate
 * @return 0, P2P_EFORMAT (no bundle) or P2P_ENOMEM
 */
int um_spem_describe(struct um_str pem, struct um_arena *arena,
                     struct um_sval *out, bool *matches);

#endif
