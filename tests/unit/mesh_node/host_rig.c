/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See host_rig.h. */
#include "host_rig.h"

#include <stdio.h>
#include <string.h>

static const enum um_kind kinds[] = {[UM_SYNC_ROSTER] = UM_STATEMENT,
                                     [UM_SYNC_REVISIONS] = UM_REVISION,
                                     [UM_SYNC_FACTS] = UM_FACT};

/* ---- what a node has */

static int item_of(void *user, enum um_sync_set set, const struct um_name *id,
                   struct um_buf *out)
{
    const struct host *h = user;
    struct um_str envelope = um_shelf_get(h->shelf, id);

    (void)set;
    if (envelope.p == NULL)
        return P2P_ENOTFOUND;
    um_buf_str(out, envelope);
    return 0;
}

static bool row_at(void *user, size_t i, struct um_name *member, uint64_t *seq)
{
    const struct host *h = user;
    const struct um_shelf_row *row = um_shelf_row_at(h->shelf, i);

    if (row == NULL)
        return false;
    *member = row->member;
    *seq = row->seq;
    return true;
}

static int row_of(void *user, const struct um_name *member, struct um_buf *out)
{
    const struct host *h = user;
    const struct um_shelf_row *row = um_shelf_row_of(h->shelf, member);

    if (row == NULL)
        return P2P_ENOTFOUND;
    um_buf_str(out, row->envelope);
    return 0;
}

static int document_of(void *user, const struct um_name *hash, uint64_t offset,
                       struct um_buf *out, uint64_t *size)
{
    struct host *h = user;

    for (unsigned i = 0; i < RIG_DOCS; i++) {
        struct um_str doc = rig_doc(i);

        if (!h->docs[i] || !um_name_eq(&h->pool->docs[i], hash))
            continue;
        doc = offset < doc.len
                  ? um_str_head(um_str_skip(doc, (size_t)offset), (size_t)*size)
                  : um_str_n(NULL, 0);
        *size = rig_doc(i).len;
        um_buf_str(out, doc);
        h->served += doc.len;
        return 0;
    }
    return P2P_ENOTFOUND;
}

/* ---- what it is told */

static bool may(void *user, const struct um_name *peer)
{
    const struct host *h = user;

    for (size_t i = 0; i < h->strangers_n; i++) {
        if (um_name_eq(&h->strangers[i], peer))
            return false;
    }
    return true;
}

static enum um_sync_verdict take(struct host *h, size_t place,
                                 const struct um_name *from)
{
    const struct rig_item *it = &h->pool->items[place];
    const struct um_need need = {UM_NEED_REVISION,
                                 h->pool->items[place - (place > 0)].id};
    int err;

    if (place > 0 && place == h->wants &&
        um_shelf_get(h->shelf, &need.name).p == NULL) {
        um_links_want(h->links, &need, from);
        return UM_SYNC_HAD;
    }
    err = um_shelf_add(h->shelf, kinds[it->set], &it->id,
                       um_buf_view(&it->bytes));
    if (err != 0)
        return UM_SYNC_HAD;
    h->taken++;
    um_links_known(h->links, &it->id);
    return UM_SYNC_TAKEN;
}

static enum um_sync_verdict item(void *user, const struct um_name *from,
                                 enum um_sync_set set, struct um_str envelope)
{
    struct host *h = user;
    enum um_sync_verdict verdict = UM_SYNC_REFUSED;

    h->from = *from;
    if (h->unrole) {
        h->unrole = false;
        h->strangers = &h->from;
        h->strangers_n = 1;
        um_links_roster(h->links);
    }
    for (size_t i = 0; i < h->pool->n; i++) {
        const struct rig_item *it = &h->pool->items[i];

        if (it->set == set && um_str_eq(um_buf_view(&it->bytes), envelope) &&
            (i == 0 || i != h->refuses))
            verdict = take(h, i, from);
    }
    return verdict;
}

static enum um_sync_verdict row(void *user, const struct um_name *from,
                                struct um_str envelope)
{
    struct host *h = user;
    struct um_shelf_row it = {.envelope = envelope};
    struct um_row read;

    (void)from;
    if (um_row_read(envelope, &read) != 0)
        return UM_SYNC_REFUSED;
    it.member = read.by;
    it.seq = read.seq;
    return um_shelf_row(h->shelf, &it) == 0 ? UM_SYNC_TAKEN : UM_SYNC_HAD;
}

static void document(void *user, const struct um_name *hash,
                     struct um_str bytes)
{
    struct host *h = user;

    for (unsigned i = 0; i < RIG_DOCS; i++) {
        if (!um_name_eq(&h->pool->docs[i], hash))
            continue;
        assert_true(um_str_eq(bytes, rig_doc(i)));
        h->docs[i] = true;
        h->got[i]++;
    }
}

static const struct um_links_cb callbacks = {.may = may,
                                             .item = item,
                                             .row = row,
                                             .document = document};

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct host *h = user;
    size_t len = strlen(h->lines);

    (void)level;
    (void)snprintf(h->lines + len, sizeof h->lines - len, "%s\n", line);
}

void host_make(struct host *h, const struct pool *pool, unsigned key,
               struct um_bus *bus, const struct um_alarms *alarms)
{
    struct um_links_cfg cfg = {.bus = bus,
                               .mesh = pool->mesh,
                               .alarms = alarms,
                               .seed = 17 + key,
                               .cb = &callbacks,
                               .user = h};

    memset(h, 0, sizeof *h);
    h->pool = pool;
    h->bus = bus;
    h->shelf = um_shelf_new();
    assert_non_null(h->shelf);
    h->log = (struct um_log){.level = UM_LOG_INFO, .user = h, .sink = sink};
    h->source = (struct um_sync_source){.user = h,
                                        .item = item_of,
                                        .row_at = row_at,
                                        .row = row_of,
                                        .document = document_of};
    for (unsigned i = 0; i < UM_SYNC_SETS; i++)
        h->source.digests[i] = um_shelf_digest(h->shelf, 1 + i);
    cfg.source = &h->source;
    cfg.log = &h->log;
    h->links = um_links_new(&cfg);
    assert_non_null(h->links);
}

void host_drop(struct host *h)
{
    um_links_free(h->links);
    h->links = NULL;
    um_shelf_free(h->shelf);
}

void host_give(struct host *h, size_t place)
{
    const struct rig_item *it = &h->pool->items[place];

    assert_int_equal(um_shelf_add(h->shelf, kinds[it->set], &it->id,
                                  um_buf_view(&it->bytes)),
                     0);
}

size_t host_count(const struct host *h)
{
    size_t n = 0;

    for (unsigned i = 1; i <= UM_SYNC_SETS; i++)
        n += um_digest_count(um_shelf_digest(h->shelf, i));
    return n;
}

bool host_has(const struct host *h, size_t place)
{
    return um_shelf_get(h->shelf, &h->pool->items[place].id).p != NULL;
}

struct um_links_stats host_stats(const struct host *h)
{
    struct um_links_stats stats;

    um_links_stats(h->links, &stats);
    return stats;
}
