/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The documents that are wanted: see link.h. Each is asked for of one member
 * after the other, beginning with a random one; what came before a session
 * ended is kept, and the next goes on there. Who had it not, or ended, is not
 * asked again until the turn of a round comes to it, or it connects anew.
 */
#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/node/link.h"
#include "mesh/trust/revision.h"
#include "mesh/trust/seal.h"
#include "p2p/err.h"

static void fetch_free(struct um_links_fetch *f)
{
    um_download_fini(&f->d);
    um_mem_free(f->tried);
    um_mem_free(f);
}

/* Forgets what came of it. */
static void begin_anew(struct um_download *d)
{
    struct um_name hash = d->hash;
    uint64_t size = d->size_known ? d->size : 0;

    um_download_fini(d);
    um_download_init(d, &hash, size, d->most);
}

/* Takes one out of the list and frees it. */
static void drop(struct um_links *l, struct um_links_fetch *f)
{
    struct um_links_fetch **at = &l->fetches;

    assert(f->on == NULL);
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    l->fetches_n--;
    fetch_free(f);
}

static struct um_links_fetch *find(const struct um_links *l,
                                   const struct um_name *hash, bool slot)
{
    struct um_links_fetch *f = l->fetches;

    while (f != NULL && (f->slot != slot || !um_name_eq(&f->d.hash, hash)))
        f = f->next;
    return f;
}

/* Forgets the oldest that nobody fetches. */
static void forget_one(struct um_links *l)
{
    struct um_links_fetch *f = l->fetches;

    while (f != NULL && f->on != NULL)
        f = f->next;
    if (f != NULL)
        drop(l, f);
}

/* Puts one behind all others; NULL: no memory, or it cannot be. */
static struct um_links_fetch *add(struct um_links *l,
                                  const struct um_name *hash, uint64_t size)
{
    uint64_t most = size > 0 ? UM__CAP_DOC_BYTES : UM__CAP_SEALED_BYTES;
    struct um_links_fetch **at = &l->fetches;
    struct um_links_fetch *f;

    if (size > most)
        return NULL;
    if (l->fetches_n >= UM__CAP_LINKS_WAITING)
        forget_one(l);
    f = um_mem_zalloc(sizeof *f);
    if (f == NULL)
        return NULL;
    um_download_init(&f->d, hash, size, most);
    while (*at != NULL)
        at = &(*at)->next;
    *at = f;
    l->fetches_n++;
    return f;
}

void um_links_fetch(struct um_links *l, const struct um_name *hash,
                    uint64_t size)
{
    struct um_links_fetch *f = find(l, hash, false);

    if (f != NULL)
        f->unwanted = false;
    else
        (void)add(l, hash, size);
    l->hungry = true;
    um_links_soon(l);
}

static bool was_tried(const struct um_links_fetch *f, uint32_t no);

/* Whether all who are connected have said no. */
static bool is_hopeless(const struct um_links *l,
                        const struct um_links_fetch *f)
{
    size_t asked = 0;

    for (size_t i = 0; i < l->members_n; i++) {
        const struct um_links_member *m = l->members[i];

        if (m->may && !was_tried(f, m->no))
            return false;
        asked += m->may;
    }
    return asked > 0;
}

bool um_links_slot(struct um_links *l, const struct um_name *object)
{
    struct um_links_fetch *f = find(l, object, true);

    if (f != NULL)
        return !is_hopeless(l, f);
    f = add(l, object, 0);
    if (f != NULL)
        f->slot = true;
    l->hungry = true;
    um_links_soon(l);
    return true;
}

void um_links_unfetch(struct um_links *l, const struct um_name *hash)
{
    struct um_links_fetch *f = find(l, hash, false);

    if (f != NULL && f->on == NULL)
        drop(l, f);
    else if (f != NULL)
        f->unwanted = true;
}

void um_fetches_fini(struct um_links *l)
{
    while (l->fetches != NULL)
        drop(l, l->fetches);
}

static bool was_tried(const struct um_links_fetch *f, uint32_t no)
{
    for (size_t i = 0; i < f->tried_n; i++) {
        if (f->tried[i] == no)
            return true;
    }
    return false;
}

/* Notes that a member has it not. */
static void tried(struct um_links_fetch *f, uint32_t no)
{
    if (f->tried_n == f->tried_cap) {
        size_t cap = 2 * f->tried_cap + 4;
        uint32_t *more = um_mem_realloc(f->tried, cap * sizeof *more);

        if (more == NULL) {
            f->rests = true;
            return;
        }
        f->tried = more;
        f->tried_cap = cap;
    }
    f->tried[f->tried_n++] = no;
}

void um_fetches_again(struct um_links *l, const struct um_links_member *m)
{
    for (struct um_links_fetch *f = l->fetches; f != NULL; f = f->next) {
        size_t kept = 0;

        for (size_t i = 0; i < f->tried_n; i++) {
            if (f->tried[i] != m->no)
                f->tried[kept++] = f->tried[i];
        }
        f->tried_n = kept;
        f->rests = false;
    }
    l->hungry = true;
}

void um_fetches_done(struct um_links *l, struct um_link *k)
{
    struct um_links_fetch *f = k->fetch;
    struct um_name hash = f->d.hash;
    struct um_buf bytes = f->d.bytes;

    k->fetch = NULL;
    f->on = NULL;
    l->hungry = true;
    if (f->d.whole) {
        bool unwanted = f->unwanted;

        um_buf_init(&f->d.bytes);
        drop(l, f);
        l->stats.documents += !unwanted;
        if (!unwanted)
            l->cfg.cb->document(l->cfg.user, &hash, um_buf_view(&bytes));
        um_buf_fini(&bytes);
    } else if (f->unwanted) {
        drop(l, f);
    } else {
        tried(f, k->member->no);
    }
}

void um_fetches_slot(struct um_links *l, struct um_link *k, const uint8_t *slot)
{
    struct um_links_fetch *f = k->fetch;
    uint8_t copy[UM_SEALED_SLOT_BYTES];
    struct um_name object;

    if (f == NULL || !f->slot)
        return;
    if (slot == NULL) {
        um_fetches_done(l, k);
        return;
    }
    object = f->d.hash;
    memcpy(copy, slot, sizeof copy);
    k->fetch = NULL;
    f->on = NULL;
    l->hungry = true;
    drop(l, f);
    l->cfg.cb->slot(l->cfg.user, &object, copy);
}

/* Whether a member can be asked for a document now; with `open`, over a session
 * that is there. */
static bool is_free(const struct um_links *l, const struct um_links_member *m,
                    bool open)
{
    if (!m->may || um_links_now(l) < m->blamed_ms)
        return false;
    if (m->own == NULL)
        return !open;
    return !m->own->closing && m->own->fetch == NULL;
}

/* Who is asked next, or NULL. */
static struct um_links_member *choose(struct um_links *l,
                                      const struct um_links_fetch *f)
{
    size_t n = l->members_n;
    size_t from = um_links_below(l, n);

    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            struct um_links_member *m = l->members[(from + i) % n];

            if (is_free(l, m, pass == 0) && !was_tried(f, m->no))
                return m;
        }
    }
    return NULL;
}

/* Makes room for one more that has bytes; false: there is none. */
static bool make_room(struct um_links *l)
{
    struct um_links_fetch *half = NULL;
    size_t n = 0;

    for (struct um_links_fetch *f = l->fetches; f != NULL; f = f->next) {
        n += f->on != NULL || f->d.bytes.len > 0;
        if (half == NULL && f->on == NULL && f->d.bytes.len > 0)
            half = f;
    }
    if (n < UM__CAP_LINKS_FETCHES)
        return true;
    if (half != NULL)
        begin_anew(&half->d);
    return half != NULL;
}

/* Gives a document to a member's session. */
static void give(struct um_links *l, struct um_links_fetch *f,
                 struct um_links_member *m)
{
    struct um_link *k = um_link_own(m, l);

    int err = k == NULL ? P2P_ESTATE
              : f->slot ? um_sync_want_slot(&k->sync, &f->d.hash)
                        : um_sync_fetch(&k->sync, &f->d);

    if (err != 0) {
        tried(f, m->no);
        return;
    }
    f->on = k;
    k->fetch = f;
    um_link_mark(k);
}

void um_fetches_go(struct um_links *l)
{
    l->hungry = false;
    for (struct um_links_fetch *f = l->fetches; f != NULL; f = f->next) {
        struct um_links_member *m;

        if (f->on != NULL || f->rests || l->members_n == 0)
            continue;
        m = choose(l, f);
        if (m == NULL)
            continue;
        if (f->d.bytes.len == 0 && !make_room(l))
            return;
        give(l, f, m);
    }
}
