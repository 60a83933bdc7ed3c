/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See image.h. A page that more than one file has is copied before it is
 * written to. */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "world.h"

struct image_page {
    unsigned refs;
    char b[IMAGE_PAGE];
};

static void let_go(struct image_page **at)
{
    struct image_page *p = *at;

    *at = NULL;
    if (p != NULL && --p->refs == 0)
        free(p);
}

static void share(struct image_page **at, struct image_page *p)
{
    if (*at == p)
        return;
    let_go(at);
    *at = p;
    if (p != NULL)
        p->refs++;
}

/* There is room for so many bytes. */
static void reserve(struct image *m, uint64_t len)
{
    size_t need = (size_t)((len + IMAGE_PAGE - 1) / IMAGE_PAGE), cap = m->cap;

    if (need <= cap)
        return;
    m->cap = need + need / 2 + 4;
    m->pages = realloc(m->pages, m->cap * sizeof(struct image_page *));
    must(m->pages != NULL, "memory");
    memset(m->pages + cap, 0, (m->cap - cap) * sizeof(struct image_page *));
}

/* A page to write to. */
static char *own(struct image_page **at)
{
    struct image_page *old = *at, *p = old;

    if (old == NULL || old->refs > 1) {
        p = must_alloc(sizeof *p);
        p->refs = 1;
        if (old != NULL)
            memcpy(p->b, old->b, IMAGE_PAGE);
        let_go(at);
        *at = p;
    }
    return p->b;
}

void image_fini(struct image *m)
{
    for (size_t i = 0; i < m->cap; i++)
        let_go(&m->pages[i]);
    free(m->pages);
    *m = (struct image){0};
}

/* How much of so many bytes is in the page of an offset. */
static size_t in_page(uint64_t at, size_t len)
{
    size_t room = IMAGE_PAGE - (size_t)(at % IMAGE_PAGE);

    return len < room ? len : room;
}

void image_write(struct image *m, uint64_t at, const char *p, size_t len)
{
    reserve(m, at + len);
    m->len = at + len > m->len ? at + len : m->len;
    while (len > 0) {
        size_t n = in_page(at, len);

        memcpy(own(&m->pages[at / IMAGE_PAGE]) + at % IMAGE_PAGE, p, n);
        at += n;
        p += n;
        len -= n;
    }
}

void image_cut(struct image *m, uint64_t len)
{
    size_t first = (size_t)((len + IMAGE_PAGE - 1) / IMAGE_PAGE);
    size_t rest = (size_t)(len % IMAGE_PAGE);

    for (size_t i = first; i < m->cap && len < m->len; i++)
        let_go(&m->pages[i]);
    if (rest > 0 && len < m->len && m->pages[first - 1] != NULL)
        memset(own(&m->pages[first - 1]) + rest, 0, IMAGE_PAGE - rest);
    m->len = len;
    reserve(m, len);
}

size_t image_read(const struct image *m, uint64_t at, char *p, size_t len)
{
    size_t there = 0;

    if (at < m->len)
        there = len < m->len - at ? len : (size_t)(m->len - at);
    for (size_t i = 0; i < there;) {
        const struct image_page *page = m->pages[(at + i) / IMAGE_PAGE];
        size_t n = in_page(at + i, there - i);

        if (page != NULL)
            memcpy(p + i, page->b + (at + i) % IMAGE_PAGE, n);
        else
            memset(p + i, 0, n);
        i += n;
    }
    return there;
}

void image_same(struct image *m, const struct image *other)
{
    image_cut(m, other->len);
    image_same_there(m, other, 0, (size_t)other->len);
}

void image_same_there(struct image *m, const struct image *other, uint64_t at,
                      size_t len)
{
    uint64_t end = at + len < other->len ? at + len : other->len;

    image_cut(m, other->len);
    for (size_t i = (size_t)(at / IMAGE_PAGE); i * IMAGE_PAGE < end; i++)
        share(&m->pages[i], other->pages[i]);
}
