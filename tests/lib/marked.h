/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An owner for a core under test, which tells whether it was marked. */
#ifndef TESTS_LIB_MARKED_H
#define TESTS_LIB_MARKED_H

#include "base/turn.h"

struct marked {
    struct p2p__runq q;
    struct p2p__job job;
};

/* An owner that is not marked. Not to be moved. */
void marked_init(struct marked *m);

/* Whether the owner was marked since it was last asked. */
bool marked_taken(struct marked *m);

#endif
