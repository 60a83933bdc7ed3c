/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See outbox.h. A list, each of one block with its bytes behind it. What comes
 * later waits for as much or more, so the first one is all there is to ask. */
#include "mesh/model/outbox.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

struct um_outbox_held {
    struct um_outbox_held *next;
    struct um_effect effect;
};

void um_outbox_fini(struct um_outbox *o)
{
    struct um_outbox_held *next;

    for (struct um_outbox_held *h = o->first; h != NULL; h = next) {
        next = h->next;
        um_mem_free(h);
    }
    um_mem_free(o->out);
    *o = (struct um_outbox){0};
}

/* The bytes of an effect, if it has any. */
static struct um_str *bytes_of(struct um_effect *e)
{
    switch (e->what) {
        case UM_FX_PERSIST:
            return &e->u.persist.bytes;
        case UM_FX_PUBLISH:
            return &e->u.publish.envelope;
        case UM_FX_ROW:
            return &e->u.row.envelope;
        default:
            return NULL;
    }
}

int um_outbox_add(struct um_outbox *o, const struct um_effect *e)
{
    struct um_effect copy = *e;
    struct um_str *bytes = bytes_of(&copy);
    size_t len = bytes == NULL ? 0 : bytes->len;
    struct um_outbox_held *h = um_mem_alloc(sizeof *h + len);

    if (h == NULL)
        return P2P_ENOMEM;
    assert(o->last == NULL || o->last->effect.after <= e->after);
    if (len > 0)
        bytes->p = memcpy(h + 1, bytes->p, len);
    h->effect = copy;
    h->next = NULL;
    if (o->last == NULL)
        o->first = h;
    else
        o->last->next = h;
    o->last = h;
    o->n++;
    return 0;
}

const struct um_effect *um_outbox_next(struct um_outbox *o, uint64_t persisted)
{
    struct um_outbox_held *h = o->first;

    um_mem_free(o->out);
    o->out = NULL;
    if (h == NULL || h->effect.after > persisted)
        return NULL;
    o->first = h->next;
    if (o->first == NULL)
        o->last = NULL;
    assert(o->n > 0);
    o->out = h;
    o->n--;
    return &h->effect;
}
