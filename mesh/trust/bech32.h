/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Bech32m (BIP 350): bytes as text that a person can copy by hand, with a
 * checksum that notices every three wrong characters, and, of one wrong one,
 * says where it is. It never mends. docs/reference/formats.md, "Codes".
 */
#ifndef UM_TRUST_BECH32_H
#define UM_TRUST_BECH32_H

#include <stdint.h>

#include "mesh/base/buf.h"

/** The longest text: what the checksum's code is made for. */
#define UM_BECH32_TEXT_MAX 1023

/** What is wrong with a text. */
enum um_bech32_wrong {
    UM_BECH32_FINE,
    UM_BECH32_LENGTH,   /**< too short or too long */
    UM_BECH32_PREFIX,   /**< another prefix, or none */
    UM_BECH32_CHAR,     /**< a character that is none: at `at` */
    UM_BECH32_CASE,     /**< upper and lower case: at `at` */
    UM_BECH32_CHECKSUM, /**< a mistake; if `at` is not SIZE_MAX, it is there */
    UM_BECH32_VERSION,  /**< of later */
    UM_BECH32_CONTENT   /**< what was encoded is malformed */
};

/** Where and what. */
struct um_bech32_error {
    enum um_bech32_wrong wrong;
    size_t at; /**< an index into the text that was read; SIZE_MAX: nowhere */
};

/**
 * Appends the text of a version (0 to 31) and bytes.
 * @param prefix 1 to 16 lower-case letters, borrows
 * @return 0, P2P_ETOOBIG, P2P_ENOMEM
 */
int um_bech32_put(struct um_buf *out, const char *prefix, unsigned version,
                  struct um_str bytes);

/**
 * Reads a text; white space and '-' in it are skipped.
 * @param text    borrows
 * @param prefix  what it must begin with
 * @param version the only one that is taken
 * @param out     the bytes are appended here; nothing is, on an error
 * @param error   set, also when all is fine
 * @return 0, P2P_EFORMAT, P2P_ENOTSUP (version), P2P_ENOMEM
 */
int um_bech32_get(struct um_str text, const char *prefix, unsigned version,
                  struct um_buf *out, struct um_bech32_error *error);

#endif
