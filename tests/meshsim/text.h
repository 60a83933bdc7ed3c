/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents that people write: a few routes that return numbers, and perhaps a
 * python application, which not every Unit takes, or one in ruby, which none
 * does. */
#ifndef TESTS_MESHSIM_TEXT_H
#define TESTS_MESHSIM_TEXT_H

#include "mesh/base/buf.h"
#include "world.h"

enum { TEXT_ROUTES = 6 };

struct text {
    unsigned code[TEXT_ROUTES]; /* 0: there is no such route */
    bool python;
    bool bad; /* what no Unit takes */
};

/* Whether a configuration is one that no Unit takes. */
bool text_is_bad(const char *config);

/* Reads one; what it does not know is left out. */
void text_read(struct um_str bytes, struct text *out);

/* Changes something in it. */
void text_edit(struct world *w, struct text *t);

void text_write(const struct text *t, struct um_buf *out);

#endif
