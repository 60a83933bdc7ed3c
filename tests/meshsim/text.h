/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Documents that people write: a few routes that return numbers, and perhaps a
 * python application, which not every Unit takes, or one in ruby, which none
 * does. Further routes come from overlays, of the nodes with a label and of one
 * node, and from a variable. */
#ifndef TESTS_MESHSIM_TEXT_H
#define TESTS_MESHSIM_TEXT_H

#include "mesh/base/buf.h"
#include "world.h"

enum {
    TEXT_ROUTES = 6,
    TEXT_ZONED = TEXT_ROUTES, /* from an overlay, where the label zone is so */
    TEXT_NAMED,               /* from an overlay of one node */
    TEXT_VARIED,              /* from a variable */
    TEXT_ALL,
    TEXT_ZONES = 3,
    TEXT_NAMES = 64 /* re-bases bring those of several documents together */
};

struct text {
    unsigned code[TEXT_ALL];   /* 0: there is no such route; of a document up to
                                  TEXT_ROUTES */
    unsigned zone[TEXT_ZONES]; /* of a document: what zone a, b, c has */
    struct {
        unsigned of; /* which node */
        unsigned code;
    } named[TEXT_NAMES]; /* and what single ones have */
    size_t named_n;
    unsigned varied; /* and its variable */
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

/* What a document is on a node: `zone` is its label, 0 if it has none. */
void text_on(struct text *t, char zone, size_t node);

#endif
