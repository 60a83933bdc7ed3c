/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file A text as a QR code, for people with a camera. */
#ifndef UM_APP_QR_H
#define UM_APP_QR_H

#include "mesh/app/json.h"

/** Bytes of a text of which a code is made; of a longer one there is none. A
 * join code with four long addresses has some 400. */
#define UM_QR_TEXT_BYTES 1024U

/**
 * A member: an array of texts, one for each row of modules, of "0" (light) and
 * "1" (dark); without the quiet zone. Upper case is fewer modules, and a join
 * code is read in either, so it is made upper. Nothing where there can be no
 * code.
 */
void um_qr_put(struct um_json *j, const char *key, const char *text);

#endif
