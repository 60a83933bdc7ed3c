/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What of our own is said of a configuration that a Unit takes: nothing. */
#ifndef TESTS_LIB_REFUSAL_H
#define TESTS_LIB_REFUSAL_H

#include "mesh/base/str.h"

/* A configuration that Unit's checker took, judged by um_doc_check() and by a
 * policy that allows every member that it knows. The first objection, POINTER:
 * TEXT, in room of n bytes; NULL: there is none, or the text is none to us. A
 * listener that leads nowhere is none, either: Unit refuses that later. */
const char *refusal_of(struct um_str config, char *room, size_t n);

#endif
