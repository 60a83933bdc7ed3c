/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See wire.h. What is due is a heap, in which equal times keep their order. */
#include "wire.h"

#include <stdlib.h>

#define MILLION 1000000U

struct held {
    struct p2p__heap_node node;
    size_t len;
    uint8_t bytes[];
};

void wire_init(struct wire *w, const struct wire_config *cfg)
{
    *w = (struct wire){.cfg = *cfg};
    p2p__rng_seed(&w->rng, cfg->seed);
    p2p__heap_init(&w->due);
}

static struct held *first(const struct wire *w)
{
    struct p2p__heap_node *node = p2p__heap_first(&w->due);

    return node != NULL ? P2P__CONTAINER(node, struct held, node) : NULL;
}

static void drop(struct wire *w, struct held *h)
{
    p2p__heap_remove(&w->due, &h->node);
    w->n--;
    free(h);
}

void wire_fini(struct wire *w)
{
    struct held *h;

    while ((h = first(w)) != NULL) {
        drop(w, h);
    }
}

static bool happens(struct wire *w, uint32_t ppm)
{
    return ppm != 0 && p2p__rng_below(&w->rng, MILLION) < ppm;
}

/* When a packet that comes now goes. */
static p2p_ns leaves(struct wire *w, p2p_ns now)
{
    p2p_ns at;

    if (happens(w, w->cfg.reorder_ppm)) {
        return now;
    }
    at = now + w->cfg.delay;
    if (w->cfg.jitter != 0) {
        at += p2p__rng_below(&w->rng, w->cfg.jitter + 1);
    }
    if (at > w->last) {
        w->last = at;
    }
    return w->last;
}

bool wire_push(struct wire *w, const void *packet, size_t len, p2p_ns now)
{
    struct held *h;

    if (happens(w, w->cfg.loss_ppm) || len == 0 || len > WIRE_BYTES ||
        w->n == WIRE_PACKETS) {
        return false;
    }
    h = malloc(sizeof *h + len);
    if (h == NULL) {
        return false;
    }
    *h = (struct held){.len = len};
    memcpy(h->bytes, packet, len);
    p2p__heap_set(&w->due, &h->node, leaves(w, now));
    w->n++;
    return true;
}

p2p_ns wire_next(const struct wire *w)
{
    const struct held *h = first(w);

    return h != NULL ? h->node.at : P2P_NEVER;
}

size_t wire_pull(struct wire *w, uint8_t out[WIRE_BYTES], p2p_ns now)
{
    struct held *h = first(w);
    size_t len;

    if (h == NULL || h->node.at > now) {
        return 0;
    }
    len = h->len;
    memcpy(out, h->bytes, len);
    drop(w, h);
    return len;
}
