/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See reply.h. */
#include "mesh/model/reply.h"

#include <assert.h>

static const struct um_reply_words words[] = {
    [UM_OK] = {"done", NULL, 200},
    [UM_NOT_WRITER] = {"this node's key may not write", NULL, 403},
    [UM_UNKNOWN] = {"there is no such revision here", NULL, 404},
    [UM_MOVED] = {"somebody was first: the current revision is another one",
                  NULL, 412},
    [UM_IN_ROLLOUT] = {"a revision is on its way, which this would supersede",
                       "--supersede", 409},
    [UM_CROWDED] = {"eight conflicts of yours wait to be resolved", "--crowded",
                    409},
    [UM_ALONE] = {"fewer than half of the members were heard of lately",
                  "--alone", 409},
    [UM_SKEWED] = {"this node's clock is far from those of the others",
                   "--skewed", 409},
    [UM_SHRINKS] = {"it would leave nothing, or half of what was or less",
                    "--force", 409},
    [UM_NAMED_BAD] = {"a member says that it fails there", "--despite", 409},
    [UM_NOT_TARGET] = {"another revision is the current one", NULL, 409},
    [UM_IS_DEAD] = {"it has ended", NULL, 409},
    [UM_IS_ESTABLISHED] = {"it holds already", NULL, 409},
    [UM_NO_CONFLICT] = {"it is not among the conflicts", NULL, 409},
    [UM_NOT_BY_HAND] = {"nothing was changed by hand", NULL, 409},
    [UM_TOO_LONG] = {"the deadline is later than this mesh allows", NULL, 400},
    [UM_NOT_IMMEDIATE] = {"a root allows no immediate changes here: --trial or "
                          "--staged",
                          NULL, 409},
    [UM_OWN_EYES] = {"somebody else than who made it has to confirm it, at "
                     "another node",
                     NULL, 409},
    [UM_UNFIT] = {"no revision can be made of this", NULL, 400},
    [UM_UNSTORED] = {"this node's disk is full, or cannot be written: nothing "
                     "is acknowledged, and what waits is done when it can be",
                     NULL, 507},
    [UM_NO_DOCUMENT] = {"its document did not come to this node yet, so nobody "
                        "else might run it: it is asked for",
                        NULL, 409},
};

const struct um_reply_words *um_reply_words(enum um_reply a)
{
    assert((size_t)a < sizeof words / sizeof *words);
    return &words[a];
}
