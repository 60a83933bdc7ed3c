/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See inner.h. What the model wants done, thing by thing: most of it is said to
 * others or to people here; what concerns Unit is in ours.c.
 */
#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/node/inner.h"
#include "mesh/sync/hint.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/revname.h"
#include "p2p/err.h"

/* How a notice reads; "%s" is the revision, or the member. */
static const struct {
    enum um_log_level level;
    const char *word;
    const char *text;
} notices[UM_NOTICES] = {
    [UM_SAW_TARGET] = {UM_LOG_INFO, "current", "the current revision is %s"},
    [UM_SAW_CONFLICTS] = {UM_LOG_WARN, "conflicts",
                          "conflicts came or went: `unitmesh conflicts`%s"},
    [UM_SAW_EXPIRED] = {UM_LOG_WARN, "expired",
                        "%s has ended: nobody confirmed it"},
    [UM_SAW_APPLIED] = {UM_LOG_INFO, "applied", "Unit runs %s"},
    [UM_SAW_REFUSED] = {UM_LOG_ERROR, "refused", "Unit refuses %s"},
    [UM_SAW_UNHEALTHY] = {UM_LOG_WARN, "unhealthy",
                          "%s runs here, and does not do well"},
    [UM_SAW_FALLBACK] = {UM_LOG_WARN, "fallback",
                         "%s runs instead of what Unit refuses"},
    [UM_SAW_NO_FALLBACK] = {UM_LOG_ERROR, "no-fallback",
                            "Unit refuses %s, what runs has ended, and there "
                            "is nothing to fall back to"},
    [UM_SAW_DRIFT] = {UM_LOG_WARN, "drift",
                      "somebody changed Unit by hand: it does not run %s as "
                      "it is"},
    [UM_SAW_ADOPTED] = {UM_LOG_INFO, "adopted", "the change by hand became %s"},
    [UM_SAW_NOT_ADOPTED] = {UM_LOG_WARN, "not-adopted",
                            "the change by hand of %s is not adopted: a guard "
                            "is against it"},
    [UM_SAW_OPENED] = {UM_LOG_INFO, "opened", "%s goes to more members"},
    [UM_SAW_HELD] = {UM_LOG_WARN, "held", "%s waits for silent members"},
    [UM_SAW_UNCONFIRMED] = {UM_LOG_WARN, "unconfirmed",
                            "%s does well, and waits for somebody else to "
                            "confirm it"},
    [UM_SAW_CONFIRMED] = {UM_LOG_INFO, "confirmed", "%s is confirmed"},
    [UM_SAW_ABORTED] = {UM_LOG_WARN, "aborted", "%s is aborted"},
    [UM_SAW_REBASED] = {UM_LOG_INFO, "rebased",
                        "a conflict was merged into %s"},
    [UM_SAW_FORGERY] = {UM_LOG_WARN, "forgery",
                        "%s sent what nobody may accept"},
    [UM_SAW_TWIN] = {UM_LOG_ERROR, "twin",
                     "another node has this node's key, or this one an old "
                     "state folder%s"},
    [UM_SAW_OVERFLOW] = {UM_LOG_WARN, "overflow",
                         "items of %s were left out: too many wait for others"},
};

/* What a notice is about, as people say it. */
static void name_it(const struct um_node *n, const struct um_effect *e,
                    char text[P2P_PEER_ID_TEXT_MAX])
{
    const struct um_name *id = &e->u.notice.revision;
    const struct um_past *p = um_history_find(&n->model.history, id);
    char shown[UM_REVNAME_TEXT_MAX];
    struct p2p_peer_id peer;

    text[0] = '\0';
    if (e->u.notice.what == UM_SAW_FORGERY ||
        e->u.notice.what == UM_SAW_OVERFLOW) {
        um_peer_of(id, &peer);
        (void)p2p_peer_id_text(&peer, text);
    } else if (p != NULL && e->u.notice.what != UM_SAW_TWIN) {
        (void)snprintf(
            text, P2P_PEER_ID_TEXT_MAX, "%s",
            um_revname_text(p->rev.number, id, UM_REVNAME_DIGITS, shown));
    }
}

void um_node_tell(struct um_node *n, const char *event, const char *about,
                  const char *text)
{
    if (n->cfg.told != NULL) {
        n->cfg.told(n->cfg.user, event, about, text);
    }
}

/* A revision runs here: how long that took, if it was made since this node
 * began, and is no older one that runs once more. */
static void measure(struct um_node *n, const struct um_name *revision)
{
    const struct um_past *p = um_history_find(&n->model.history, revision);
    uint64_t now = n->cfg.wall_ms(n->cfg.user);

    if (p != NULL && p->rev.wall_ms >= n->began_ms &&
        p->rev.number > n->delay_number) {
        n->delay_number = p->rev.number;
        um_histogram_add(&n->delay,
                         now > p->rev.wall_ms ? now - p->rev.wall_ms : 0);
    }
}

static void say(const struct um_node *n, const struct um_effect *e,
                const char *about, const char *line)
{
    enum um_notice what = e->u.notice.what;
    bool of_peer = what == UM_SAW_FORGERY || what == UM_SAW_OVERFLOW;
    const char *said = about[0] != '\0' ? about : NULL;
    const struct um_log_field fields[UM_LOG_FIELDS] = {
        {"UNITMESH_EVENT", notices[what].word},
        {"UNITMESH_PEER", of_peer ? said : NULL},
        {"UNITMESH_REVISION", of_peer ? NULL : said}};

    um_log_with(n->cfg.log, notices[what].level, fields, "%s", line);
}

static void notice(struct um_node *n, const struct um_effect *e)
{
    char about[P2P_PEER_ID_TEXT_MAX];
    char line[UM_REFUSAL_BYTES + 128];
    enum um_notice what = e->u.notice.what;

    name_it(n, e, about);
    if (what == UM_SAW_CONFLICTS && n->model.view.heads_n <= 1) {
        return; /* there are none (any more) */
    }
    if (what == UM_SAW_FORGERY) {
        n->forged = true;
    }
    if (what == UM_SAW_REFUSED && n->model.refusal[0] != '\0') {
        (void)snprintf(line, sizeof line, "%s %s: %s",
                       n->model.unmade
                           ? "no configuration can be made for this node of"
                           : "Unit refuses",
                       about, n->model.refusal);
    } else if (what == UM_SAW_UNHEALTHY && n->model.ill[0] != '\0') {
        (void)snprintf(line, sizeof line,
                       "%s runs here, and does not do well: "
                       "%s",
                       about, n->model.ill);
    } else {
        const char *at = strstr(notices[what].text, "%s");

        (void)snprintf(line, sizeof line, "%.*s%s%s",
                       (int)(at - notices[what].text), notices[what].text,
                       about, at + 2);
    }
    n->noticed[what]++;
    if (what == UM_SAW_APPLIED) {
        measure(n, &e->u.notice.revision);
    }
    say(n, e, about, line);
    um_node_tell(n, notices[what].word, about, line);
    um_node_stir(n);
}

bool um_node_noticed(const struct um_node *n, size_t i, const char **word,
                     uint64_t *times)
{
    if (i >= UM_NOTICES) {
        return false;
    }
    *word = notices[i].word;
    *times = n->noticed[i];
    return true;
}

int um_node_statement(struct um_str envelope, struct um_statement *out)
{
    struct um_item it;
    int rv = um_item_read(um_item_payload(envelope, UM_STATEMENT), UM_STATEMENT,
                          &it);

    return rv != 0 ? rv : um_statement_decode(&it, out);
}

/* The key that a GRANT names, for what waits for it. */
static void tell_granted(struct um_node *n, struct um_str envelope)
{
    struct um_statement s;

    if (um_node_statement(envelope, &s) == 0 && s.what == UM_GRANT) {
        um_links_known(n->links, &s.key);
    }
}

void um_node_shelve(struct um_node *n, enum um_kind kind,
                    const struct um_name *id, struct um_str envelope)
{
    int rv = um_shelf_add(n->shelf, kind, id, envelope);

    if (rv == P2P_ENOMEM) {
        um_node_break(n, "out of memory");
        return;
    }
    if (rv == 0 && n->loaded) {
        um_links_known(n->links, id);
        if (kind == UM_STATEMENT) {
            um_node_tell_unit(n, envelope);
            tell_granted(n, envelope);
        } else if (um_name_eq(id, &n->model.own.applied)) {
            um_node_note(n);
        }
    }
}

/* A revision's document goes with its hint if it is small. */
static struct um_str document_of(struct um_node *n, const struct um_name *id)
{
    const struct um_past *p = um_history_find(&n->model.history, id);
    struct um_str bytes = {NULL, 0};

    if (p != NULL && p->rev.doc_bytes <= UM__CAP_HINT_DOCUMENT_BYTES) {
        (void)um_papers_get(n->papers, &p->rev.doc, &bytes);
    }
    return bytes;
}

void um_node_say(struct um_node *n, enum um_kind kind, const struct um_name *id,
                 struct um_str envelope)
{
    um_hints_item(n->hints, kind, id, envelope,
                  kind == UM_REVISION ? document_of(n, id) : um_str_n(NULL, 0));
}

/* Others hear of it first, see um_node_note(). */
static void publish(struct um_node *n, const struct um_effect *e)
{
    um_node_say(n, e->u.publish.kind, &e->u.publish.id, e->u.publish.envelope);
    um_node_shelve(n, e->u.publish.kind, &e->u.publish.id,
                   e->u.publish.envelope);
}

static void row(struct um_node *n, const struct um_effect *e)
{
    struct um_row r;

    if (um_row_read(e->u.row.envelope, &r) == 0) {
        um_node_keep_row(n, &r, e->u.row.envelope, false);
        um_node_say(n, UM_ROW, &n->me, e->u.row.envelope);
    }
}

static void reply(struct um_node *n, const struct um_effect *e)
{
    struct um_node_request **at = &n->requests;
    struct um_node_request *r;

    while (*at != NULL && (*at)->number != e->u.reply.request) {
        at = &(*at)->next;
    }
    r = *at;
    if (r != NULL) {
        struct um_name revision = e->u.reply.revision;
        enum um_reply answer = e->u.reply.answer;

        *at = r->next;
        r->done(r->user, answer, &revision);
        um_mem_free(r);
    }
}

void um_node_carry(struct um_node *n, const struct um_effect *e)
{
    if (n->ending && e->what != UM_FX_REPLY) {
        return;
    }
    switch (e->what) {
        case UM_FX_PERSIST:
            break; /* step.c */
        case UM_FX_PUBLISH:
            publish(n, e);
            break;
        case UM_FX_WANT:
            um_links_want(n->links, &e->u.want.need, &e->u.want.from);
            break;
        case UM_FX_MAKE:
            um_node_make(n, e);
            break;
        case UM_FX_APPLY:
            um_node_apply(n, e);
            break;
        case UM_FX_MERGE:
            um_node_merge(n, e);
            break;
        case UM_FX_KEEP:
            um_node_keep(n, e);
            break;
        case UM_FX_ROW:
            row(n, e);
            break;
        case UM_FX_REPLY:
            reply(n, e);
            break;
        case UM_FX_NOTICE:
            notice(n, e);
            break;
    }
}

void um_node_forget(struct um_node *n)
{
    while (n->requests != NULL) {
        struct um_node_request *r = n->requests;

        n->requests = r->next;
        r->done(r->user, UM_UNFIT, NULL);
        um_mem_free(r);
    }
    while (n->own != NULL) {
        struct um_node_own *o = n->own;

        n->own = o->next;
        if (o->done != NULL) {
            o->done(o->user, P2P_ECLOSED);
        }
        um_mem_free(o);
    }
    n->makes_n = 0;
    while (n->watchers != NULL) {
        um_node_unwatch(n, n->watchers);
    }
}
