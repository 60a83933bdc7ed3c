/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. What other members send is verified here and judged by the
 * model; what they ask for is read from the shelf and the papers. An item of a
 * later version is kept aside, unjudged.
 */
#include <stdio.h>
#include <string.h>

#include "mesh/base/mem.h"
#include "mesh/base/version.h"
#include "mesh/model/report.h"
#include "mesh/node/inner.h"
#include "mesh/node/sealer.h"
#include "mesh/node/random.h"
#include "mesh/store/aside.h"
#include "mesh/store/rows.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/hash.h"

static bool may(void *user, const struct um_name *peer)
{
    struct um_node *n = user;

    return um_node_member_may(n, peer);
}

static bool is_aside(const struct um_node *n, const struct um_name *id)
{
    for (size_t i = 0; i < n->aside_n; i++) {
        if (um_name_eq(&n->aside[i], id)) {
            return true;
        }
    }
    return false;
}

/* An item on its way to the disk. */
struct parcel {
    enum um_kind kind;
    struct um_name id;
    uint64_t seen_ms;
    size_t len;
    char envelope[];
};

static int write_aside(void *arg, struct um_store *s)
{
    const struct parcel *p = arg;
    const struct um_stored item = {.kind = p->kind,
                                   .id = p->id,
                                   .seen_ms = p->seen_ms,
                                   .envelope = um_str_n(p->envelope, p->len)};

    return um_aside_add(s, &item);
}

static void written(void *arg, int err)
{
    (void)err;
    um_mem_free(arg);
}

static void put_aside(struct um_node *n, enum um_kind kind,
                      const struct um_name *id, struct um_str envelope)
{
    struct parcel *p;
    struct um_disk_job job = {.write = write_aside, .done = written};

    if (is_aside(n, id) || n->aside_n == UM__CAP_NODE_ASIDE) {
        return;
    }
    p = um_mem_alloc(sizeof *p + envelope.len);
    if (p == NULL) {
        return;
    }
    *p = (struct parcel){kind, *id, n->cfg.wall_ms(n->cfg.user), envelope.len};
    memcpy(p->envelope, envelope.p, envelope.len);
    job.arg = p;
    if (um_disk_write(n->disk, &job) != 0) {
        um_mem_free(p);
        return;
    }
    if (n->aside_n == 0) {
        um_log_line(n->cfg.log, UM_LOG_ERROR,
                    "this daemon is too old for what others write: items of a "
                    "later version are kept, and not followed");
    }
    n->aside[n->aside_n++] = *id;
}

static enum um_kind kind_of(enum um_sync_set set)
{
    switch (set) {
        case UM_SYNC_ROSTER:
            return UM_STATEMENT;
        case UM_SYNC_REVISIONS:
            return UM_REVISION;
        case UM_SYNC_FACTS:
            break;
    }
    return UM_FACT;
}

/* An audit hears of what is no item, or is signed by another than it says. */
static enum um_sync_verdict refuse(struct um_node *n,
                                   const struct um_arrival *a,
                                   const struct um_name *id,
                                   const struct um_name *from)
{
    const struct um_node_heard what = {
        .kind = a->kind, .id = *id, .from = *from, .envelope = a->envelope};

    if (n->cfg.heard != NULL) {
        n->cfg.heard(n->cfg.user, &what);
    }
    return UM_SYNC_REFUSED;
}

static enum um_sync_verdict judge(void *user, const struct um_name *from,
                                  enum um_sync_set set, struct um_str envelope)
{
    static const struct um_name none;
    struct um_node *n = user;
    const struct um_arrival a = {kind_of(set), envelope};
    struct um_event e = {.what = UM_EV_ITEMS,
                         .u.items = {.from = *from, .list = &a, .n = 1}};
    struct um_item it;
    int rv = um_item_open(envelope, a.kind, &it);

    if (rv == P2P_ENOTSUP) {
        put_aside(n, a.kind, &it.id, envelope);
        return UM_SYNC_HAD;
    }
    if (rv != 0) {
        return rv == P2P_ENOMEM ? UM_SYNC_HAD : refuse(n, &a, &none, from);
    }
    if (um_shelf_get(n->shelf, &it.id).p != NULL ||
        um_unmet_has(&n->model.waiting, &it.id)) {
        return UM_SYNC_HAD;
    }
    if (um_disk_waiting(n->disk) >= UM__CAP_NODE_BEHIND) {
        return UM_SYNC_HAD; /* a later round brings it once more */
    }
    n->forged = false;
    um_node_step(n, &e);
    if (um_shelf_get(n->shelf, &it.id).p != NULL) {
        return UM_SYNC_TAKEN;
    }
    return n->forged ? refuse(n, &a, &it.id, from) : UM_SYNC_HAD;
}

enum um_imported um_node_import(struct um_node *n, enum um_kind kind,
                                struct um_str envelope, struct um_name *id)
{
    enum um_sync_verdict verdict;
    struct um_item it;
    int rv = um_item_open(envelope, kind, &it);

    if (rv != 0 && rv != P2P_ENOTSUP) {
        return UM_IMPORT_FORGED;
    }
    *id = it.id;
    if (um_shelf_get(n->shelf, id).p != NULL) {
        return UM_IMPORT_KNOWN;
    }
    verdict = judge(n, &n->me, um_shelf_set(kind), envelope);
    return verdict == UM_SYNC_TAKEN              ? UM_IMPORT_TAKEN
           : rv == P2P_ENOTSUP                   ? UM_IMPORT_ASIDE
           : um_unmet_has(&n->model.waiting, id) ? UM_IMPORT_WAITS
                                                 : UM_IMPORT_REFUSED;
}

/* Whether a row that is here already is a sign of life: its member says it
 * itself, and was not heard of since this node began. */
static bool is_sign(const struct um_node *n, const struct um_name *from,
                    const struct um_row *row, const struct um_shelf_row *old)
{
    return old->seq == row->seq && um_name_eq(from, &row->by) &&
           um_others_find(&n->model.rows, &row->by) == NULL;
}

/* Reads a row. What its member says itself is his: the message that brought it
 * proves who spoke. A row that others tell of is verified, unless it is known.
 */
static int read_row(const struct um_node *n, const struct um_name *from,
                    struct um_str envelope, struct um_row *out)
{
    const struct um_shelf_row *old;
    int rv = um_row_read(envelope, out);

    if (rv != 0) {
        return rv;
    }
    old = um_shelf_row_of(n->shelf, &out->by);
    if (old != NULL && old->seq >= out->seq && !is_sign(n, from, out, old)) {
        return P2P_EDUP;
    }
    return um_name_eq(from, &out->by) ? 0 : um_row_open(envelope, out);
}

/* A row that others tell of: of a member, and newer than what is here. */
static enum um_sync_verdict judge_row(void *user, const struct um_name *from,
                                      struct um_str envelope)
{
    struct um_node *n = user;
    const struct um_arrival a = {UM_ROW, envelope};
    struct um_event e = {.what = UM_EV_ITEMS,
                         .u.items = {.from = *from, .list = &a, .n = 1}};
    struct um_row row;
    int rv = read_row(n, from, envelope, &row);

    if (rv != 0) {
        return rv == P2P_ENOTSUP || rv == P2P_ENOMEM || rv == P2P_EDUP
                   ? UM_SYNC_HAD
                   : UM_SYNC_REFUSED;
    }
    if (!um_name_eq(&row.mesh, &n->model.cfg.mesh)) {
        return UM_SYNC_HAD;
    }
    if ((um_roster_roles(&n->model.roster, &row.by) & UM_NODE) == 0) {
        um_early_keep(&n->early, &row, envelope);
        return UM_SYNC_HAD;
    }
    um_node_step(n, &e);
    if (um_name_eq(&row.by, &n->me)) {
        return UM_SYNC_HAD; /* of another with our key, or of before a loss */
    }
    um_node_keep_row(n, &row, envelope, um_name_eq(from, &row.by));
    um_node_stir(n);
    return UM_SYNC_TAKEN;
}

void um_node_hear_early(struct um_node *n)
{
    struct um_roster *r = &n->model.roster;
    size_t i = 0;

    while (i < n->early.n) {
        struct um_name by = n->early.list[i].by;
        struct um_str envelope;

        if ((um_roster_roles(r, &by) & UM_NODE) == 0) {
            i++;
            continue;
        }
        envelope = um_early_take(&n->early, &by);
        (void)judge_row(n, &by, envelope);
        um_mem_free((void *)(uintptr_t)envelope.p);
        i = 0; /* judging is a step, and more may have come of it */
    }
}

int um_node_give(struct um_node *n, struct um_str bytes, struct um_name *hash)
{
    int rv = um_papers_put(n->papers, bytes, hash);

    if (rv == 0) {
        um_links_unfetch(n->links, hash);
        um_node_remake(n);
        um_node_stir(n);
    }
    return rv;
}

/* A document came: it is kept if somebody waits for it. */
static void document(void *user, const struct um_name *hash,
                     struct um_str bytes)
{
    struct um_node *n = user;
    struct um_name mine;

    p2p_sha256(bytes.p, bytes.len, mine.b);
    if (um_name_eq(&mine, hash)) {
        (void)um_node_give(n, bytes, &mine);
    }
}

/* A slot came: what waits for it is made, and so is what was refused without
 * it. */
static void slot_came(void *user, const struct um_name *object,
                      const uint8_t slot[UM_SEALED_SLOT_BYTES])
{
    struct um_node *n = user;
    struct um_model *m = &n->model;
    const struct um_past *p =
        um_view_desired(&m->view, &m->history, &m->roster, &n->me);

    um_vault_slot(&n->vault, object, slot);
    if (n->told_unit) {
        um_hands_slot(n->cfg.hands, object, slot);
    }
    um_node_remake(n);
    if (p != NULL) {
        const struct um_effect e = {
            .what = UM_FX_MAKE,
            .u.make = {p->rev.id, p->rev.doc, p->rev.doc_bytes}};

        um_node_make(n, &e);
    }
    um_node_stir(n);
}

static void equal(void *user, const struct um_name *member)
{
    um_node_met(user, member);
}

const struct um_links_cb um_node_links_cb = {.may = may,
                                             .equal = equal,
                                             .item = judge,
                                             .row = judge_row,
                                             .document = document,
                                             .slot = slot_came};

static void ids(void *user, const struct um_name *from, enum um_sync_set set,
                struct um_namelist names)
{
    struct um_node *n = user;

    um_links_hinted(n->links, set, names, from);
}

/* Whether a document that a hint brings is waited for. */
static bool waits(void *user, const struct um_name *hash)
{
    return um_node_waits(user, hash);
}

const struct um_hints_cb um_node_hints_cb = {.may = may,
                                             .item = judge,
                                             .row = judge_row,
                                             .ids = ids,
                                             .waits = waits,
                                             .document = document};

static bool has(void *user, enum um_sync_set set, const struct um_name *id)
{
    struct um_node *n = user;

    (void)set;
    return is_aside(n, id) || um_unmet_has(&n->model.waiting, id);
}

static int item(void *user, enum um_sync_set set, const struct um_name *id,
                struct um_buf *out)
{
    const struct um_node *n = user;
    struct um_str envelope = um_shelf_get(n->shelf, id);

    (void)set;
    if (envelope.p == NULL) {
        return P2P_ENOTFOUND;
    }
    um_buf_str(out, envelope);
    return 0;
}

static bool row_at(void *user, size_t i, struct um_name *member, uint64_t *seq)
{
    const struct um_node *n = user;
    const struct um_shelf_row *row = um_shelf_row_at(n->shelf, i);

    if (row == NULL) {
        return false;
    }
    *member = row->member;
    *seq = row->seq;
    return true;
}

static int row(void *user, const struct um_name *member, struct um_buf *out)
{
    struct um_node *n = user;
    const struct um_shelf_row *r = um_shelf_row_proven(n->shelf, member);

    if (r == NULL) {
        return P2P_ENOTFOUND;
    }
    um_buf_str(out, r->envelope);
    return 0;
}

static int part(void *user, const struct um_name *hash, uint64_t offset,
                struct um_buf *out, uint64_t *size)
{
    struct um_node *n = user;
    struct um_str bytes;
    int rv = um_papers_get(n->papers, hash, &bytes);

    if (rv != 0) {
        return rv == P2P_ENOMEM ? rv : P2P_ENOTFOUND;
    }
    if (offset < bytes.len) {
        um_buf_str(out, um_str_head(um_str_skip(bytes, offset), *size));
    }
    *size = bytes.len;
    return 0;
}

/* A slot for a member who came after an object was sealed, as this one may
 * have; for whom it would be sealed now. */
static int slot(void *user, const struct um_name *object,
                const struct um_name *member, uint8_t out[UM_SEALED_SLOT_BYTES])
{
    struct um_node *n = user;
    uint8_t entropy[32];
    struct um_sealed_opener by;
    struct um_sealed s;
    struct um_str bytes;
    unsigned roles = um_roster_roles(&n->model.roster, member);
    int rv = (roles & UM_SEALER_ROLES) != 0
                 ? um_papers_get(n->papers, object, &bytes)
                 : P2P_EACCES;

    if (rv == 0) {
        rv = um_sealed_read(bytes, &s);
    }
    if (rv == 0) {
        rv = um_random_fill(entropy, sizeof entropy);
    }
    if (rv == 0) {
        by = um_vault_opener(&n->vault, &s, object);
        rv = um_sealed_slot_make(&s, &by, entropy, member, out);
    }
    if (rv == P2P_EACCES && n->cfg.old != NULL) {
        by = (struct um_sealed_opener){.key = n->cfg.old};
        rv = um_sealed_slot_make(&s, &by, entropy, member, out);
    }
    explicit_bzero(entropy, sizeof entropy);
    return rv == 0 || rv == P2P_ENOMEM ? rv : P2P_ENOTFOUND;
}

void um_node_source(struct um_node *n, struct um_sync_source *out)
{
    *out = (struct um_sync_source){.user = n,
                                   .has = has,
                                   .item = item,
                                   .row_at = row_at,
                                   .row = row,
                                   .document = part,
                                   .slot = slot};
    for (int set = UM_SYNC_ROSTER; set <= UM_SYNC_FACTS; set++) {
        out->digests[set - 1] =
            um_shelf_digest(n->shelf, (enum um_sync_set)set);
    }
}

/* Rows on their way to the disk, one lot at a time. */
struct rows {
    struct um_node *node;
    struct um_arena bytes;
    struct um_kept_row *list;
    size_t n;
};

/* One that the store does not take keeps no other from being written. */
static int write_rows(void *arg, struct um_store *s)
{
    const struct rows *r = arg;
    int rv = 0;

    for (size_t i = 0; i < r->n && rv == 0; i++) {
        rv = um_rows_put(s, &r->list[i]);
        rv = rv == P2P_EDUP || rv == P2P_ELIMIT ? 0 : rv;
    }
    return rv;
}

static void rows_written(void *arg, int err)
{
    struct rows *r = arg;

    (void)err; /* what is lost comes again in a few seconds */
    r->node->rows_busy = false;
    um_arena_fini(&r->bytes);
    um_mem_free(r);
}

/* Copies the rows that are not on disk. */
static bool fill(struct um_node *n, struct rows *r)
{
    const struct um_name *names = (const struct um_name *)n->rows.p;
    size_t count = n->rows.len / sizeof *names;

    r->list = um_arena_zalloc(&r->bytes, count, sizeof *r->list);
    if (r->list == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct um_shelf_row *row =
            um_shelf_row_proven(n->shelf, &names[i]);
        struct um_kept_row *k = &r->list[r->n];

        if (row == NULL) {
            continue;
        }
        *k = (struct um_kept_row){
            .member = row->member, .seq = row->seq, .seen_ms = row->seen_ms};
        if (!um_arena_dup(&r->bytes, row->envelope, &k->envelope)) {
            return false;
        }
        r->n++;
    }
    return true;
}

void um_node_write_rows(struct um_node *n)
{
    bool due = n->rows.len > 0 && !n->rows_busy;
    struct rows *r = due ? um_mem_zalloc(sizeof *r) : NULL;
    struct um_disk_job job = {
        .write = write_rows, .done = rows_written, .arg = r};

    if (r == NULL) {
        return;
    }
    r->node = n;
    if (!fill(n, r) || um_disk_write(n->disk, &job) != 0) {
        um_arena_fini(&r->bytes);
        um_mem_free(r);
        return;
    }
    n->rows_busy = true;
    um_buf_clear(&n->rows);
}

static void on_rows_alarm(void *arg);

static void set_rows_alarm(struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    if (n->rows_alarm == NULL) {
        n->rows_alarm = a->set(a->user, UM_NODE_ROWS_MS, on_rows_alarm, n);
    }
}

static void on_rows_alarm(void *arg)
{
    struct um_node *n = arg;

    n->rows_alarm = NULL;
    um_node_write_rows(n);
    um_node_remake(n); /* what was lost is asked for once more */
    if (n->rows.len > 0) {
        set_rows_alarm(n);
    }
}

static bool noted(const struct um_node *n, const struct um_name *member)
{
    const struct um_name *names = (const struct um_name *)n->rows.p;

    for (size_t i = 0; i < n->rows.len / sizeof *names; i++) {
        if (um_name_eq(&names[i], member)) {
            return true;
        }
    }
    return false;
}

/* A member whose daemon is newer than this one: said once of each version. */
static void look_at_version(struct um_node *n, const struct um_row *r)
{
    struct um_str ours = n->model.cfg.version;
    struct p2p_peer_id peer;
    char id[P2P_PEER_ID_TEXT_MAX], text[160];

    if (ours.len == 0 || um_version_compare(r->daemon, ours) <= 0 ||
        um_version_compare(r->daemon, um_str(n->newest)) <= 0) {
        return;
    }
    (void)snprintf(n->newest, sizeof n->newest, "%.*s", UM_STR_ARG(r->daemon));
    (void)snprintf(text, sizeof text,
                   "a member runs unitmesh %s, this node %.*s: they go on "
                   "together, and this node is to be upgraded",
                   n->newest, UM_STR_ARG(ours));
    um_peer_of(&r->by, &peer);
    um_log_line(n->cfg.log, UM_LOG_WARN, "%s (%s)", text,
                p2p_peer_id_text(&peer, id));
    um_node_tell(n, "newer", id, text);
}

void um_node_keep_row(struct um_node *n, const struct um_row *r,
                      struct um_str envelope, bool believed)
{
    const struct um_shelf_row like = {.member = r->by,
                                      .seq = r->seq,
                                      .seen_ms = n->cfg.wall_ms(n->cfg.user),
                                      .envelope = envelope,
                                      .believed = believed};

    look_at_version(n, r);
    if (um_shelf_row(n->shelf, &like) != 0 || noted(n, &r->by)) {
        return;
    }
    um_buf_add(&n->rows, &r->by, sizeof r->by);
    set_rows_alarm(n);
}

static void on_repeat(void *arg)
{
    struct um_node *n = arg;
    const struct um_shelf_row *row = um_shelf_row_of(n->shelf, &n->me);

    n->repeat = NULL;
    if (row != NULL && !n->over && !n->ending) {
        um_node_say(n, UM_ROW, &n->me, row->envelope);
    }
}

void um_node_repeat_row(struct um_node *n)
{
    const struct um_alarms *a = n->cfg.alarms;

    if (n->repeat == NULL && n->loaded) {
        uint64_t lag = um_report_lag_ms(&n->model);

        n->repeat =
            a->set(a->user, lag > UM_NODE_REPEAT_MS ? lag : UM_NODE_REPEAT_MS,
                   on_repeat, n);
    }
}
