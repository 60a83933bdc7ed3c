/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Intrusive doubly linked list with a sentinel head. */
#ifndef P2P_BASE_LIST_H
#define P2P_BASE_LIST_H

#include "base/types.h"

struct p2p__list {
    struct p2p__list *next;
    struct p2p__list *prev;
};

/* Makes `l` an empty list, or a link that is on none. */
static inline void p2p__list_init(struct p2p__list *l)
{
    l->next = l;
    l->prev = l;
}

/* Whether the list has no links (for a link: whether it is on no list). */
static inline bool p2p__list_empty(const struct p2p__list *l)
{
    return l->next == l;
}

/* Puts `link` at the end. It must be on no list. */
static inline void p2p__list_push(struct p2p__list *head,
                                  struct p2p__list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Puts `link` at the front. It must be on no list. */
static inline void p2p__list_push_front(struct p2p__list *head,
                                        struct p2p__list *link)
{
    p2p__list_push(head->next, link);
}

/* Takes `link` off its list; harmless when it is on none. */
static inline void p2p__list_remove(struct p2p__list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    p2p__list_init(link);
}

/* The first link, or NULL. */
static inline struct p2p__list *p2p__list_first(const struct p2p__list *head)
{
    return head->next == head ? NULL : head->next;
}

/* Takes the first link off and returns it, or NULL. */
static inline struct p2p__list *p2p__list_pop(struct p2p__list *head)
{
    struct p2p__list *link = p2p__list_first(head);

    if (link != NULL) {
        p2p__list_remove(link);
    }
    return link;
}

/* Moves all links of `from` to the end of `head`. */
static inline void p2p__list_append(struct p2p__list *head,
                                    struct p2p__list *from)
{
    struct p2p__list *link = p2p__list_pop(from);

    while (link != NULL) {
        p2p__list_push(head, link);
        link = p2p__list_pop(from);
    }
}

/* Walks a list that does not change meanwhile. */
#define P2P__LIST_EACH(it, head) \
    for (struct p2p__list *it = (head)->next; it != (head); it = it->next)

/* Walks a list; the body may remove `it`, but no other link. */
#define P2P__LIST_EACH_SAFE(it, head)                                \
    for (struct p2p__list *it = (head)->next, *it##_next = it->next; \
         it != (head); it = it##_next, it##_next = it->next)

#endif
