/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A value as text. The compact form is the one serialisation of a document:
 * what is stored, sent, and hashed. The indented form is Unit's, byte for
 * byte, for whoever asks with GET.
 */
#ifndef UM_DOC_PRINT_H
#define UM_DOC_PRINT_H

#include "mesh/base/buf.h"
#include "mesh/doc/value.h"
#include "p2p/hash.h"

/**
 * Appends v: no white space, members in order, numbers as they came, escapes
 * only where they must be.
 * @return 0, P2P_ENOMEM, or P2P_ETOOBIG: what was appended is cut off then
 */
int um_doc_print(struct um_buf *out, const struct um_val *v);

/** The same with tabs and CRLF, and a CRLF at the end. */
int um_doc_print_pretty(struct um_buf *out, const struct um_val *v);

/**
 * SHA-256 of the compact form: the name of a document, `doc` in a revision.
 * @return 0, P2P_ENOMEM or P2P_ETOOBIG
 */
int um_doc_hash(const struct um_val *v, uint8_t out[P2P_SHA256_BYTES]);

#endif
