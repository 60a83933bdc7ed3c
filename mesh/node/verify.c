/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Happy path: the store's own check; then the items in their order, each opened
 * with its signature and added to a roster or a history of nothing but those
 * before it; then the documents of what is in the history, and the members'
 * rows.
 *
 * Failure modes: what the check said is counted and the walk begun all the
 * same, for it names items and not only rows. The walk ends at the first thing
 * that does not hold: what stands behind it hangs on it. A document that is not
 * here is none: it was pruned, or has not come yet.
 */
#include "mesh/node/verify.h"

#include <stdarg.h>
#include <stdio.h>

#include "mesh/model/history.h"
#include "mesh/model/own.h"
#include "mesh/store/aside.h"
#include "mesh/store/documents.h"
#include "mesh/store/rows.h"
#include "mesh/store/self.h"
#include "mesh/trust/row.h"
#include "p2p/err.h"

/* A look that is under way. */
struct walk {
    struct um_store *s;
    const struct um_store_ear *ear;
    struct um_verified *out;
    bool damaged; /* the store's check said something */
    struct um_roster roster;
    struct um_history history;
};

/* Says a line; returns P2P_EFORMAT. */
__attribute__((format(printf, 2, 3))) static int say(
    const struct um_store_ear *ear, const char *format, ...)
{
    char line[UM_STORE_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ear->say(ear->user, line);
    return P2P_EFORMAT;
}

/* What the store said; damage is something that its check said, too. */
static int store_failed(struct walk *w, int err)
{
    if (err == P2P_EFORMAT && !w->damaged)
        return say(w->ear, "%s", w->s->text);
    return err;
}

static const char *kind_text(enum um_kind kind)
{
    switch (kind) {
        case UM_REVISION:
            return "revision";
        case UM_FACT:
            return "fact";
        case UM_STATEMENT:
            return "statement";
        case UM_ROW:
            break;
    }
    return "row";
}

/* Why an item cannot be opened. */
static const char *not_opened(int err)
{
    switch (err) {
        case P2P_EAUTH:
            return "its signature is wrong";
        case P2P_EPEER:
            return "signed by another than it names";
        case P2P_ETOOBIG:
            return "longer than any";
        case P2P_ENOTSUP:
            return "of a later version, and not set aside";
        default:
            return "not of the form of its kind";
    }
}

static const char *need_text(enum um_need_what what)
{
    switch (what) {
        case UM_NEED_GENESIS:
            return "the genesis";
        case UM_NEED_GRANT:
            return "a grant of the right to it, to";
        case UM_NEED_STATEMENT:
            return "the statement";
        case UM_NEED_REVISION:
            return "the revision";
        case UM_NEED_NOTHING:
            break;
    }
    return "nothing";
}

/* Says where an item is, what it is, and why it does not hold. */
static int say_item(struct walk *w, const struct um_stored *item,
                    const char *why)
{
    char id[UM_NAME_TEXT_MAX];

    return say(w->ear, "item %llu, %s %s: %s", (unsigned long long)item->place,
               kind_text(item->kind), um_name_text(&item->id, id), why);
}

static int say_need(struct walk *w, const struct um_stored *item,
                    const struct um_need *need)
{
    char id[UM_NAME_TEXT_MAX];
    char why[160];

    (void)snprintf(why, sizeof why, "not before it: %s %s",
                   need_text(need->what), um_name_text(&need->name, id));
    return say_item(w, item, why);
}

/* What came of adding an item. */
static int added(struct walk *w, const struct um_stored *item, int err,
                 const struct um_need *need)
{
    switch (err) {
        case 0:
        case P2P_ENOMEM:
            return err;
        case P2P_EAGAIN:
            return say_need(w, item, need);
        case P2P_EPEER:
            return say_item(w, item, "of another mesh");
        case P2P_EDUP:
            return say_item(w, item, "here twice");
        default:
            return say_item(w, item, "can never be accepted");
    }
}

static int add_revision(struct walk *w, const struct um_stored *item)
{
    struct um_need need;
    struct um_revision r;
    int err = um_revision_open(item->envelope, &r);

    if (err != 0)
        return err == P2P_ENOMEM ? err : say_item(w, item, not_opened(err));
    err = um_history_add_revision(&w->history, &w->roster, &r, item->seen_ms,
                                  &need);
    w->out->revisions += err == 0;
    return added(w, item, err, &need);
}

static int add_fact(struct walk *w, const struct um_stored *item)
{
    struct um_need need;
    struct um_fact f;
    int err = um_fact_open(item->envelope, &f);

    if (err != 0)
        return err == P2P_ENOMEM ? err : say_item(w, item, not_opened(err));
    err = um_history_add_fact(&w->history, &w->roster, &f, &need);
    w->out->facts += err == 0;
    return added(w, item, err, &need);
}

static int add_statement(struct walk *w, const struct um_stored *item)
{
    const struct um_known known = um_history_known(&w->history);
    struct um_need need;
    struct um_statement s;
    int err = um_statement_open(item->envelope, &s);

    if (err != 0)
        return err == P2P_ENOMEM ? err : say_item(w, item, not_opened(err));
    err = um_roster_add(&w->roster, &s, &known, &need);
    w->out->statements += err == 0;
    return added(w, item, err, &need);
}

static int add(struct walk *w, const struct um_stored *item)
{
    switch (item->kind) {
        case UM_REVISION:
            return add_revision(w, item);
        case UM_FACT:
            return add_fact(w, item);
        case UM_STATEMENT:
            return add_statement(w, item);
        case UM_ROW:
            break;
    }
    return say_item(w, item, "no kind of item");
}

/* Items in their order; the store sees to it that none is missing. */
static int walk_items(struct walk *w)
{
    struct um_stored item = {.place = 0};
    int err = 0;
    int rv;

    while (err == 0 && (rv = um_items_next(w->s, item.place, &item)) != 0) {
        if (rv < 0)
            err = store_failed(w, rv);
        else if (um_name_none(&w->out->mesh))
            err = say_item(w, &item, "the node knows of no mesh");
        else
            err = add(w, &item);
    }
    return err;
}

static int walk_aside(struct walk *w)
{
    struct um_stored item = {.place = 0};
    struct um_item it;
    int err = 0;
    int rv;

    while (err == 0 && (rv = um_aside_next(w->s, item.place, &item)) != 0) {
        if (rv < 0)
            return store_failed(w, rv);
        err = um_item_open(item.envelope, item.kind, &it);
        if (err == P2P_ENOTSUP) /* this is why it is aside */
            err = 0;
        if (err != 0 && err != P2P_ENOMEM) {
            char id[UM_NAME_TEXT_MAX];

            err = say(w->ear, "aside: item %llu, %s %s: %s",
                      (unsigned long long)item.place, kind_text(item.kind),
                      um_name_text(&item.id, id), not_opened(err));
        }
        w->out->aside += err == 0;
    }
    return err;
}

/* The document that a revision names, if it is here. */
static int look_at_document(struct walk *w, const struct um_revision *r,
                            struct um_buf *bytes)
{
    char id[UM_NAME_TEXT_MAX];
    int err;

    um_buf_clear(bytes);
    err = um_documents_get(w->s, &r->doc, bytes);
    if (err == P2P_ENOTFOUND)
        return 0;
    if (err == P2P_EFORMAT)
        return say(w->ear, "revision %s: its document: %s",
                   um_name_text(&r->id, id), w->s->text);
    if (err == 0 && bytes->len != r->doc_bytes)
        return say(w->ear, "revision %s: its document has %zu bytes, not %lu",
                   um_name_text(&r->id, id), bytes->len,
                   (unsigned long)r->doc_bytes);
    w->out->documents += err == 0;
    return err;
}

static int walk_documents(struct walk *w)
{
    struct um_buf bytes = UM_BUF_INIT;
    int err = 0;

    for (uint32_t i = 0; i < w->history.revs_n && err == 0; i++)
        err = look_at_document(w, &um_history_at(&w->history, i)->rev, &bytes);
    um_buf_fini(&bytes);
    return err;
}

/* Why a row does not hold; NULL: it does. */
static const char *row_wrong(const struct walk *w,
                             const struct um_kept_row *kept,
                             const struct um_row *row, int err)
{
    if (err != 0)
        return not_opened(err);
    if (!um_name_eq(&row->by, &kept->member))
        return "of another member";
    if (!um_name_eq(&row->mesh, &w->out->mesh))
        return "of another mesh";
    return row->seq != kept->seq ? "its seq is another" : NULL;
}

static int walk_rows(struct walk *w)
{
    struct um_kept_row kept = {.seq = 0};
    char id[UM_NAME_TEXT_MAX];
    struct um_row row;
    int rv;

    while ((rv = um_rows_next(w->s, &kept.member, &kept)) == 1) {
        int err = um_row_open(kept.envelope, &row);
        const char *why;

        if (err == P2P_ENOMEM)
            return err;
        why = row_wrong(w, &kept, &row, err);
        if (why != NULL)
            return say(w->ear, "the row of %s: %s",
                       um_name_text(&kept.member, id), why);
        w->out->rows++;
    }
    return rv < 0 ? store_failed(w, rv) : 0;
}

/* The record that the model keeps of its node. */
static int look_at_own(struct walk *w)
{
    struct um_own own;
    struct um_str bytes;
    int err = um_self_own_get(w->s, &bytes);

    if (err != 0)
        return store_failed(w, err);
    if (bytes.len > 0 && um_own_read(bytes, &own) != 0)
        return say(w->ear, "the node's own record: not of its form");
    return 0;
}

static int walk_all(struct walk *w)
{
    static int (*const parts[])(struct walk * w) = {
        walk_items, walk_aside, walk_documents, walk_rows, look_at_own};
    struct um_self self;
    int err = um_self_get(w->s, &self);

    if (err != 0)
        return store_failed(w, err);
    w->out->mesh = self.mesh;
    um_roster_init(&w->roster, &self.mesh);
    um_history_init(&w->history, self.salt);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == 0; i++)
        err = parts[i](w);
    um_history_fini(&w->history);
    um_roster_fini(&w->roster);
    return err;
}

int um_verify_store(struct um_store *s, const struct um_store_ear *ear,
                    struct um_verified *out)
{
    struct walk w = {.s = s, .ear = ear, .out = out};
    int checked;
    int err;

    *out = (struct um_verified){.rows = 0};
    checked = um_store_check(s, ear);
    if (checked != 0 && checked != P2P_EFORMAT)
        return checked;
    w.damaged = checked != 0;
    err = walk_all(&w);
    return err != 0 ? err : checked;
}
