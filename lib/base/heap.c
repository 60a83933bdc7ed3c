/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pairing heap: insert and meld are O(1), removal is amortised O(log n). */
#include "base/heap.h"

static bool before(const struct p2p__heap_node *a,
                   const struct p2p__heap_node *b)
{
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

/* Joins two trees, either of which may be NULL. */
static struct p2p__heap_node *meld(struct p2p__heap_node *a,
                                   struct p2p__heap_node *b)
{
    if (a == NULL || b == NULL) {
        return a == NULL ? b : a;
    }
    if (before(b, a)) {
        struct p2p__heap_node *t = a;

        a = b;
        b = t;
    }
    b->next = a->child;
    if (a->child != NULL) {
        a->child->prev = b;
    }
    b->prev = a;
    a->child = b;
    return a;
}

/* Joins a list of siblings into one tree: pairs first, then from the back. */
static struct p2p__heap_node *merge_pairs(struct p2p__heap_node *list)
{
    struct p2p__heap_node *pairs = NULL, *root = NULL;

    while (list != NULL) {
        struct p2p__heap_node *a = list, *b = list->next;

        list = b == NULL ? NULL : b->next;
        a->next = a->prev = NULL;
        if (b != NULL) {
            b->next = b->prev = NULL;
        }
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        struct p2p__heap_node *next = pairs->next;

        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

void p2p__heap_init(struct p2p__heap *h)
{
    *h = (struct p2p__heap){0};
}

struct p2p__heap_node *p2p__heap_first(const struct p2p__heap *h)
{
    return h->root;
}

/* Cuts a node that is not the root out of its siblings. */
static void unlink_node(struct p2p__heap_node *n)
{
    assert(n->prev != NULL);
    if (n->prev->child == n) {
        n->prev->child = n->next;
    } else {
        n->prev->next = n->next;
    }
    if (n->next != NULL) {
        n->next->prev = n->prev;
    }
    n->next = n->prev = NULL;
}

void p2p__heap_remove(struct p2p__heap *h, struct p2p__heap_node *n)
{
    struct p2p__heap_node *rest;

    if (!n->armed) {
        return;
    }
    if (n != h->root) {
        unlink_node(n);
    } else {
        h->root = NULL;
    }
    rest = merge_pairs(n->child);
    n->child = NULL;
    n->armed = false;
    h->root = meld(h->root, rest);
}

void p2p__heap_set(struct p2p__heap *h, struct p2p__heap_node *n, p2p_ns at)
{
    p2p__heap_remove(h, n);
    n->child = n->next = n->prev = NULL;
    n->at = at;
    n->seq = h->seq++;
    n->armed = true;
    h->root = meld(h->root, n);
}
