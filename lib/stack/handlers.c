/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A map by name and a list for identify, which tells the names. Entries stay
 * until the swarm ends: streams point to their names. */
#include "stack/handlers.h"

#include "base/mem.h"
#include "stack/limits.h"

#define NAME_MAX_BYTES 255U

void p2p__handlers_init(struct p2p__handlers *h, const uint64_t seed[2])
{
    p2p__map_init(&h->map, seed);
    p2p__list_init(&h->list);
    h->count = 0;
}

void p2p__handlers_fini(struct p2p__handlers *h)
{
    struct p2p__list *link = p2p__list_pop(&h->list);

    while (link != NULL) {
        struct p2p__handler *e =
            P2P__CONTAINER(link, struct p2p__handler, link);

        p2p__map_remove(&h->map, &e->node);
        p2p__free(e);
        link = p2p__list_pop(&h->list);
    }
    p2p__map_fini(&h->map);
}

static struct p2p__handler *lookup(const struct p2p__handlers *h,
                                   const void *name, size_t len)
{
    struct p2p__map_node *n = p2p__map_get(&h->map, name, len);

    return n == NULL ? NULL : P2P__CONTAINER(n, struct p2p__handler, node);
}

struct p2p__handler *p2p__handlers_find(const struct p2p__handlers *h,
                                        const void *name, size_t len)
{
    struct p2p__handler *e = lookup(h, name, len);

    return e == NULL || e->accept == NULL ? NULL : e;
}

/* A new entry without an accept function. */
static struct p2p__handler *add(struct p2p__handlers *h, const char *name,
                                size_t len)
{
    struct p2p__handler *e = p2p__zalloc(sizeof *e + len + 1);

    if (e == NULL) {
        return NULL;
    }
    memcpy(e->name, name, len);
    if (p2p__map_put(&h->map, &e->node, e->name, len) != 0) {
        p2p__free(e);
        return NULL;
    }
    p2p__list_push(&h->list, &e->link);
    return e;
}

int p2p__handlers_set(struct p2p__handlers *h, const char *name,
                      void (*accept)(void *, struct p2p_stream *, p2p_ns),
                      void *user)
{
    size_t len = strlen(name);
    struct p2p__handler *e;

    if (len == 0 || len > NAME_MAX_BYTES) {
        return P2P_EINVAL;
    }
    e = lookup(h, name, len);
    if (e == NULL) {
        if (h->map.count >= P2P__CAP_HANDLERS) {
            return P2P_ELIMIT;
        }
        e = add(h, name, len);
    }
    if (e == NULL) {
        return P2P_ENOMEM;
    }
    h->count += e->accept == NULL ? 1 : 0;
    e->accept = accept;
    e->user = user;
    return 0;
}

void p2p__handlers_remove(struct p2p__handlers *h, const char *name)
{
    struct p2p__handler *e = lookup(h, name, strlen(name));

    if (e != NULL && e->accept != NULL) {
        e->accept = NULL;
        h->count--;
    }
}
