/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hints.h. At most one message is being made: what does not fit any more is
 * named by its id, and what has no room for that publishes it and begins the
 * next.
 *
 * A hint that came is passed on if its author has a role, whatever it says, and
 * read in the order in which things depend on each other: statements,
 * revisions, facts, rows, then documents and ids. An item that nobody may
 * accept ends the reading; what was in front of it counts.
 */
#include "mesh/node/hints.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/node/shelf.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revision.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* How often an author's fault is logged at most. */
#define TOLD_MS 1000U

struct um_hints {
    struct um_hints_cfg cfg;
    char topic[UM_HINT_TOPIC_MAX];
    struct um_hint hint; /* what is collected */
    bool any;            /* something is */
    void *alarm;
    uint64_t told_ms; /* 0: never */
    struct um_hints_stats stats;
};

/* ---- what is said */

static void forget(struct um_hints *h)
{
    um_hint_fini(&h->hint);
    h->any = false;
}

/* Publishes what is collected. Where nobody is connected nothing is signed: who
 * comes begins with a round, which brings it. */
static void publish(struct um_hints *h)
{
    struct um_buf out = UM_BUF_INIT;
    int rv;

    if (!h->any)
        return;
    if (um_bus_connected(h->cfg.bus) == 0) {
        forget(h);
        return;
    }
    rv = um_hint_write(&h->hint, &out);
    if (rv == 0)
        rv = um_bus_publish(h->cfg.bus, h->topic, out.p, out.len);
    if (rv < 0)
        um_log_line(h->cfg.log, UM_LOG_DEBUG, "a hint is not sent: %s",
                    p2p_err_text(rv));
    else
        h->stats.published++;
    um_buf_fini(&out);
    forget(h);
}

static void on_alarm(void *arg)
{
    struct um_hints *h = arg;

    h->alarm = NULL;
    publish(h);
}

/* Adds an item whole, or its id; false: there is no room for either. */
static bool add(struct um_hints *h, enum um_kind kind, const struct um_name *id,
                struct um_str envelope)
{
    return um_hint_item(&h->hint, kind, envelope) ||
           (kind != UM_ROW && um_hint_id(&h->hint, kind, id));
}

void um_hints_item(struct um_hints *h, enum um_kind kind,
                   const struct um_name *id, struct um_str envelope,
                   struct um_str document)
{
    const struct um_alarms *a = h->cfg.alarms;
    bool added = add(h, kind, id, envelope);

    if (!added && h->any) {
        publish(h);
        added = add(h, kind, id, envelope);
    }
    if (added && document.p != NULL)
        (void)um_hint_document(&h->hint, document);
    h->any = h->any || added;
    if (h->any && h->alarm == NULL)
        h->alarm = a->set(a->user, 0, on_alarm, h);
    if (h->alarm == NULL)
        publish(h);
}

void um_hints_flush(struct um_hints *h)
{
    publish(h);
}

/* ---- what came */

/* A hint that is being read. */
struct reading {
    struct um_hints *h;
    struct um_name from;
    struct um_name *docs; /* of its revisions, ascending */
    size_t docs_n;
    size_t docs_cap;
};

/* Notes the document of a revision; without memory it is not expected. */
static void expect(struct reading *r, struct um_str envelope)
{
    struct um_str payload = um_item_payload(envelope, UM_REVISION);
    struct um_revision rev;
    struct um_item it;

    if (um_item_read(payload, UM_REVISION, &it) != 0 ||
        um_revision_decode(&it, &rev) != 0)
        return;
    if (r->docs_n == r->docs_cap) {
        size_t cap = 2 * r->docs_cap + 4;
        struct um_name *more = um_mem_realloc(r->docs, cap * sizeof *more);

        if (more == NULL)
            return;
        r->docs = more;
        r->docs_cap = cap;
    }
    r->docs[r->docs_n++] = rev.doc;
}

/* Says whose hint is wrong, if it was not said just now. */
static void tell(struct um_hints *h, const struct p2p_peer_id *from,
                 const char *what)
{
    uint64_t now = h->cfg.alarms->now_ms(h->cfg.alarms->user);
    char text[P2P_PEER_ID_TEXT_MAX];

    h->stats.refused++;
    if (h->told_ms != 0 && now - h->told_ms < TOLD_MS)
        return;
    h->told_ms = now;
    um_log_line(h->cfg.log, UM_LOG_WARN, "a hint of %s %s",
                p2p_peer_id_text(from, text), what);
}

/* Reads the items of a kind; false: one is refused. */
static bool read_items(struct reading *r, enum um_kind kind,
                       struct um_str items)
{
    const struct um_hints_cfg *cfg = &r->h->cfg;
    struct um_str envelope;

    while (um_pb_list_next(&items, &envelope)) {
        enum um_sync_verdict verdict =
            kind == UM_ROW ? cfg->cb->row(cfg->user, &r->from, envelope)
                           : cfg->cb->item(cfg->user, &r->from,
                                           um_shelf_set(kind), envelope);

        if (verdict == UM_SYNC_REFUSED)
            return false;
        if (kind == UM_REVISION)
            expect(r, envelope);
    }
    return true;
}

static void read_documents(struct reading *r, struct um_str documents)
{
    const struct um_hints_cfg *cfg = &r->h->cfg;
    const struct um_namelist docs = {r->docs,
                                     um_namelist_sort(r->docs, r->docs_n)};
    struct um_str bytes;
    struct um_name hash;

    while (um_pb_list_next(&documents, &bytes)) {
        p2p_sha256(bytes.p, bytes.len, hash.b);
        if (um_namelist_has(docs, &hash) || cfg->cb->waits(cfg->user, &hash))
            cfg->cb->document(cfg->user, &hash, bytes);
    }
}

/* Reads it; false: an item is refused. */
static bool read_all(struct reading *r, const struct um_hint_read *m)
{
    static const enum um_kind order[] = {UM_STATEMENT, UM_REVISION, UM_FACT,
                                         UM_ROW};
    const struct um_hints_cfg *cfg = &r->h->cfg;

    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (!read_items(r, order[i], m->items[order[i]]))
            return false;
    }
    read_documents(r, m->documents);
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] != UM_ROW && m->ids[order[i]].n > 0)
            cfg->cb->ids(cfg->user, &r->from, um_shelf_set(order[i]),
                         m->ids[order[i]]);
    }
    return true;
}

static enum um_bus_verdict on_message(void *user,
                                      const struct p2p_peer_id *from,
                                      const void *data, size_t len)
{
    struct um_hints *h = user;
    struct reading r = {.h = h};
    struct um_hint_read m;
    int err;

    if (um_peer_member(from, &r.from) != 0 ||
        !h->cfg.cb->may(h->cfg.user, &r.from)) {
        h->stats.strangers++;
        return UM_BUS_IGNORE;
    }
    err = um_hint_read(um_str_n(data, len), &m);
    if (err == P2P_ENOTSUP)
        return UM_BUS_ACCEPT;
    if (err != 0) {
        tell(h, from, "is none");
        return UM_BUS_REJECT;
    }
    h->stats.came++;
    if (!read_all(&r, &m))
        tell(h, from, "has an item that nobody may accept");
    um_mem_free(r.docs);
    return UM_BUS_ACCEPT;
}

/* ---- the whole */

struct um_hints *um_hints_new(const struct um_hints_cfg *cfg)
{
    struct um_hints *h = um_mem_zalloc(sizeof *h);

    if (h == NULL)
        return NULL;
    h->cfg = *cfg;
    (void)um_hint_topic(&cfg->mesh, h->topic);
    if (um_bus_subscribe(cfg->bus, h->topic, on_message, h) != 0) {
        um_mem_free(h);
        return NULL;
    }
    return h;
}

void um_hints_free(struct um_hints *h)
{
    if (h == NULL)
        return;
    publish(h);
    h->cfg.alarms->clear(h->cfg.alarms->user, h->alarm);
    (void)um_bus_unsubscribe(h->cfg.bus, h->topic);
    um_hint_fini(&h->hint);
    um_mem_free(h);
}

void um_hints_stats(const struct um_hints *h, struct um_hints_stats *out)
{
    *out = h->stats;
}
