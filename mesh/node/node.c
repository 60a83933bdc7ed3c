/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A node begins and ends. Happy path: what was stored is told to the model in
 * the order in which it was stored, then the parts begin: the shelf, links,
 * hints, the door, the runner; what happens from then on is step.c's.
 */
#include "mesh/node/node.h"

#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/applier/facts.h"
#include "mesh/model/apply.h"
#include "mesh/node/founder.h"
#include "mesh/node/inner.h"
#include "mesh/node/owner.h"
#include "mesh/node/prune.h"
#include "mesh/node/hide.h"
#include "mesh/node/sealer.h"
#include "mesh/node/ties.h"
#include "mesh/store/aside.h"
#include "mesh/store/items.h"
#include "mesh/store/rows.h"
#include "mesh/store/self.h"
#include "mesh/sync/hint.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"

static void missing(void *user, const struct um_name *hash)
{
    struct um_node *n = user;

    um_links_fetch(n->links, hash, 0);
}

static bool locked(void *user, const struct um_name *object)
{
    struct um_node *n = user;

    return um_links_slot(n->links, object);
}

static int refuse(const struct um_node *n, int rv, const char *what)
{
    um_log_line(n->cfg.log, UM_LOG_ERROR, "the store: %s: %s", what,
                rv == P2P_EFORMAT && n->cfg.store->text[0] != '\0'
                    ? n->cfg.store->text
                    : p2p_err_text(rv));
    return rv;
}

/* Tells the model one thing that was stored. */
static int load(struct um_node *n, const struct um_record *r)
{
    struct um_event e = {.what = UM_EV_LOADED,
                         .wall_ms = n->cfg.wall_ms(n->cfg.user),
                         .u.loaded = *r};
    struct um_effects fx = {0};
    int rv = um_model_step(&n->model, &e, &fx);

    um_effects_fini(&fx);
    return rv;
}

static int load_item(struct um_node *n, const struct um_stored *s)
{
    struct um_record r = {.what = UM_RECORD_ITEM,
                          .kind = s->kind,
                          .id = s->id,
                          .bytes = s->envelope,
                          .seen_ms = s->seen_ms};
    int rv = load(n, &r);

    if (rv == 0 && s->overdue_ms != 0) {
        r.what = UM_RECORD_OVERDUE;
        rv = load(n, &r);
    }
    if (rv == 0) {
        rv = um_shelf_add(n->shelf, s->kind, &s->id, s->envelope);
    }
    return rv;
}

static int load_items(struct um_node *n)
{
    struct um_stored s = {0};
    int rv;

    while ((rv = um_items_next(n->cfg.store, s.place, &s)) == 1) {
        rv = load_item(n, &s);
        if (rv != 0) {
            return refuse(n, rv, "an item does not fit to those before it");
        }
    }
    return rv == 0 ? 0 : refuse(n, rv, "items");
}

static int load_own(struct um_node *n)
{
    struct um_record r = {.what = UM_RECORD_OWN};
    int rv = um_self_own_get(n->cfg.store, &r.bytes);

    if (rv == 0 && r.bytes.len > 0) {
        rv = load(n, &r);
    }
    return rv == 0 ? 0 : refuse(n, rv, "what this node knew of itself");
}

static int load_aside(struct um_node *n)
{
    struct um_stored s = {0};
    int rv;

    while ((rv = um_aside_next(n->cfg.store, s.place, &s)) == 1) {
        if (n->aside_n < UM__CAP_NODE_ASIDE) {
            n->aside[n->aside_n++] = s.id;
        }
    }
    return rv == 0 ? 0 : refuse(n, rv, "items of a later version");
}

/* Rows are shown, and given to others; for the model who is silent is silent.
 */
static int load_rows(struct um_node *n)
{
    struct um_kept_row k = {0};
    int rv;

    while ((rv = um_rows_next(n->cfg.store, &k.member, &k)) == 1) {
        const struct um_shelf_row row = {.member = k.member,
                                         .seq = k.seq,
                                         .seen_ms = k.seen_ms,
                                         .envelope = k.envelope};

        if (um_shelf_row(n->shelf, &row) == P2P_ENOMEM) {
            return P2P_ENOMEM;
        }
    }
    return rv == 0 ? 0 : refuse(n, rv, "rows");
}

/* What is known of this node's Unit before it is looked at. */
static void know_unit(struct um_node *n)
{
    const struct um_shelf_row *mine = um_shelf_row_of(n->shelf, &n->me);
    struct um_row row;

    if (mine != NULL && um_row_read(mine->envelope, &row) == 0) {
        um_apply_knew_unit(&n->model, row.unit);
    }
}

static int read_store(struct um_node *n)
{
    int rv = load_items(n);

    if (rv == 0) {
        rv = load_own(n);
    }
    if (rv == 0) {
        rv = load_aside(n);
    }
    if (rv == 0) {
        rv = load_rows(n);
    }
    if (rv == 0) {
        know_unit(n);
    }
    return rv;
}

/* Shorter spans, so that tests need not wait for those of a real mesh. */
static void quicken(struct um_model_cfg *cfg, unsigned speed)
{
    uint64_t *const spans[] = {&cfg->heartbeat_ms,  &cfg->fresh_ms,
                               &cfg->retry_min_ms,  &cfg->retry_max_ms,
                               &cfg->rebase_min_ms, &cfg->rebase_jitter_ms,
                               &cfg->soak_ms};

    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        *spans[i] /= speed;
    }
}

static int make_model(struct um_node *n)
{
    struct um_model_cfg cfg;
    struct um_self self;
    int rv = um_self_get(n->cfg.store, &self);

    if (rv == 0 && um_name_none(&self.mesh)) {
        rv = P2P_ENOTFOUND;
    }
    if (rv != 0) {
        return refuse(n, rv, "which mesh it is of");
    }
    um_model_defaults(&cfg);
    cfg.mesh = self.mesh;
    memcpy(cfg.salt, self.salt, sizeof cfg.salt);
    cfg.me = n->me;
    cfg.signer = um_ties_signer(n);
    cfg.name = um_str(n->cfg.name);
    cfg.version = um_str(n->cfg.version != NULL ? n->cfg.version : "");
    cfg.drift = n->cfg.drift;
    if (n->cfg.speed > 1) {
        quicken(&cfg, n->cfg.speed);
    }
    cfg.proven_ms = cfg.fresh_ms;
    um_model_init(&n->model, &cfg);
    return 0;
}

static void on_broken(void *user, const char *text)
{
    struct um_node *n = user;

    n->cfg.broken(n->cfg.user, text);
}

/* Whether the model is about to be asked what follows from what it was told:
 * what it decides then goes into the same batch. */
static bool expects(void *user)
{
    const struct um_node *n = user;
    const struct um_alarms *a = n->cfg.alarms;

    return n->tick != NULL && n->tick_ms <= a->now_ms(a->user);
}

static int make_parts(struct um_node *n)
{
    const struct um_disk_cfg disk = {.store = n->cfg.store,
                                     .worker = n->cfg.worker,
                                     .alarms = n->cfg.alarms,
                                     .log = n->cfg.log,
                                     .broken = on_broken,
                                     .expects = expects,
                                     .user = n};

    n->disk = um_disk_new(&disk);
    n->papers = n->disk != NULL ? um_papers_new(n->disk) : NULL;
    if (n->papers == NULL) {
        return P2P_ENOMEM;
    }
    n->vault = (struct um_vault){.papers = um_papers_port(n->papers),
                                 .key = n->cfg.key,
                                 .old = n->cfg.old,
                                 .mesh = n->model.cfg.mesh,
                                 .missing = missing,
                                 .locked = locked,
                                 .user = n};
    um_node_source(n, &n->source);
    return 0;
}

static int make_links(struct um_node *n)
{
    const struct um_links_cfg links = {.bus = n->cfg.bus,
                                       .source = &n->source,
                                       .mesh = n->model.cfg.mesh,
                                       .alarms = n->cfg.alarms,
                                       .log = n->cfg.log,
                                       .seed = n->model.cfg.salt[0],
                                       .cb = &um_node_links_cb,
                                       .user = n};
    const struct um_hints_cfg hints = {.bus = n->cfg.bus,
                                       .mesh = n->model.cfg.mesh,
                                       .alarms = n->cfg.alarms,
                                       .log = n->cfg.log,
                                       .cb = &um_node_hints_cb,
                                       .user = n};

    n->links = um_links_new(&links);
    n->hints = n->links != NULL ? um_hints_new(&hints) : NULL;
    return n->hints != NULL ? 0 : P2P_ENOMEM;
}

static int statement(void *user, const struct um_name *id, struct um_buf *out)
{
    const struct um_node *n = user;
    struct um_str envelope = um_shelf_get(n->shelf, id);

    if (envelope.p == NULL) {
        return P2P_ENOTFOUND;
    }
    um_buf_str(out, envelope);
    return 0;
}

/* Whether a key is an owner's now. */
static bool is_owners(struct um_node *n, const struct p2p_key *key)
{
    struct um_name by;

    return key != NULL && um_item_signer(key, &by) == 0 &&
           um_owner_may(&n->model, &by);
}

bool um_node_owns(struct um_node *n)
{
    return is_owners(n, um_node_owner(n));
}

bool um_node_is_last_owner(struct um_node *n)
{
    struct um_name by;

    if (n->cfg.owner == NULL || um_item_signer(n->cfg.owner, &by) != 0) {
        by = *um_node_me(n);
    }
    return um_owner_is_last(&n->model, um_node_me(n), &by);
}

static int grant(void *user, const struct um_name *key, unsigned roles,
                 struct um_buf *out)
{
    struct um_node *n = user;
    struct um_statement s = {.mesh = n->model.cfg.mesh,
                             .key = *key,
                             .wall_ms = n->cfg.wall_ms(n->cfg.user),
                             .what = UM_GRANT,
                             .roles = (uint8_t)roles};

    return um_node_owns(n) ? um_statement_seal(&s, um_node_owner(n), out)
                           : P2P_EACCES;
}

static int take(void *user, struct um_str envelope)
{
    um_node_bring(user, UM_STATEMENT, envelope, NULL, NULL);
    return 0;
}

static void asked(void *user, const struct um_inviter_ev *ev)
{
    struct um_node *n = user;
    bool in = ev->what == UM_INVITER_COUNT;
    char id[P2P_PEER_ID_TEXT_MAX], line[256];
    struct p2p_peer_id peer;

    um_peer_of(&ev->joiner, &peer);
    (void)p2p_peer_id_text(&peer, id);
    (void)snprintf(line, sizeof line,
                   in ? "%s was let in: it calls itself \"%.*s\""
                      : "%s asks to be let in, and calls itself \"%.*s\": "
                        "`unitmesh members pending`",
                   id, (int)ev->name.len, ev->name.p);
    um_log_line(n->cfg.log, UM_LOG_INFO, "%s", line);
    um_node_tell(n, in ? "joined" : "pending", id, line);
    um_node_stir(n);
}

/* The clock for who knows the node, and not whose clock it is. */
static uint64_t wall_ms(void *user)
{
    const struct um_node *n = user;

    return n->cfg.wall_ms(n->cfg.user);
}

static const struct um_welcome_cb welcome_cb = {.statement = statement,
                                                .grant = grant,
                                                .take = take,
                                                .told = asked};

static int make_welcome(struct um_node *n)
{
    const struct um_welcome_cfg cfg = {.bus = n->cfg.bus,
                                       .disk = n->disk,
                                       .roster = &n->model.roster,
                                       .mesh = n->model.cfg.mesh,
                                       .me = n->me,
                                       .owns = um_node_owns(n),
                                       .alarms = n->cfg.alarms,
                                       .wall_ms = wall_ms,
                                       .log = n->cfg.log,
                                       .cb = &welcome_cb,
                                       .user = n};

    n->welcome = um_welcome_new(&cfg);
    return n->welcome != NULL ? 0 : P2P_ENOMEM;
}

/* When a key was given its first role, by the owner's clock; 0: it is none of
 * those that were let in. */
static uint64_t let_in_ms(struct um_roster *r, const struct um_name *key)
{
    uint64_t first = 0;
    bool stands;

    for (size_t i = 0; i < um_roster_count(r); i++) {
        const struct um_statement *s = um_roster_at(r, i, &stands);

        if (s->what == UM_GRANT && um_name_eq(&s->key, key) &&
            (first == 0 || s->wall_ms < first)) {
            first = s->wall_ms;
        }
    }
    return first;
}

/* Whether a key was let in before this node was. */
static bool came_before(struct um_node *n, const struct um_name *key)
{
    uint64_t its = let_in_ms(&n->model.roster, key);
    uint64_t mine = let_in_ms(&n->model.roster, &n->me);

    return its < mine || (its == mine && um_name_cmp(key, &n->me) < 0);
}

/* Whether it heard of who began the mesh, and was let in at that moment: each
 * member has. */
static bool knows_founder(struct um_node *n)
{
    struct um_roster *r = &n->model.roster;
    const struct um_statement *genesis = um_roster_genesis(r);
    bool stands;
    size_t i = 0;

    while (genesis != NULL && i < um_roster_count(r)) {
        const struct um_statement *s = um_roster_at(r, i++, &stands);

        if (um_founder_let_in(genesis, s)) {
            return true;
        }
    }
    return false;
}

/* Whether it was never given a role, or has less than each member has: what it
 * heard of the mesh came from others that are new, or the one who told it was
 * cut off. */
static bool lacks_all(struct um_node *n)
{
    return um_roster_ever(&n->model.roster, &n->me) == 0 ||
           n->model.history.revs_n == 0 || !knows_founder(n);
}

/* Every hour. */
static void on_prune(void *arg)
{
    struct um_node *n = arg;
    const struct um_alarms *a = n->cfg.alarms;
    int gone = um_prune_run(n);

    if (gone != 0) {
        um_log_line(n->cfg.log, gone < 0 ? UM_LOG_WARN : UM_LOG_DEBUG,
                    gone < 0 ? "documents that are needed no more stay: %s"
                             : "documents that are needed no more go%s",
                    gone < 0 ? p2p_err_text(gone) : "");
    }
    n->prune_alarm = a->set(a->user, UM_NODE_PRUNE_MS, on_prune, n);
}

static int begin(struct um_node *n)
{
    struct um_event started = {.what = UM_EV_STARTED};
    int rv = make_model(n);

    if (rv == 0) {
        rv = read_store(n);
    }
    if (rv == 0) {
        n->is_new = lacks_all(n);
        rv = make_parts(n);
    }
    if (rv == 0) {
        rv = make_links(n);
    }
    if (rv == 0) {
        rv = make_welcome(n);
    }
    if (rv != 0) {
        return rv;
    }
    n->loaded = true;
    um_roster_note(&n->model.roster);
    n->prune_alarm =
        n->cfg.alarms->set(n->cfg.alarms->user, UM_NODE_PRUNE_MS, on_prune, n);
    um_node_step(n, &started);
    return n->over ? P2P_ENOMEM : um_node_take_unit(n);
}

int um_node_new(const struct um_node_cfg *cfg, struct um_node **out)
{
    struct um_node *n = um_mem_zalloc(sizeof *n);
    int rv;

    *out = NULL;
    if (n == NULL) {
        return P2P_ENOMEM;
    }
    n->cfg = *cfg;
    n->began_ms = cfg->wall_ms(cfg->user);
    n->shelf = um_shelf_new();
    n->probing = um_probing_new(n);
    rv = n->shelf == NULL || n->probing == NULL
             ? P2P_ENOMEM
             : um_item_signer(cfg->key, &n->me);
    if (rv == 0) {
        rv = begin(n);
    }
    if (rv != 0) {
        um_node_free(n);
        return rv;
    }
    um_bus_recheck(cfg->bus);
    *out = n;
    return 0;
}

void um_node_free(struct um_node *n)
{
    const struct um_alarms *a = n != NULL ? n->cfg.alarms : NULL;

    if (n == NULL) {
        return;
    }
    if (n->told_unit) {
        um_hands_stop(n->cfg.hands);
    }
    um_node_forget_trial(n);
    um_node_forget_scratch(n);
    um_probing_free(n->probing);
    n->probing = NULL;
    um_welcome_free(n->welcome);
    n->welcome = NULL;
    n->ending = true;
    if (n->disk != NULL) {
        um_node_write_rows(n);
    }
    um_disk_free(n->disk); /* what waits is written, and told of */
    um_links_free(n->links);
    um_hints_free(n->hints);
    um_papers_free(n->papers);
    um_vault_fini(&n->vault);
    a->clear(a->user, n->tick);
    a->clear(a->user, n->rows_alarm);
    a->clear(a->user, n->repeat);
    a->clear(a->user, n->farewell);
    a->clear(a->user, n->prune_alarm);
    a->clear(a->user, n->watch_alarm);
    a->clear(a->user, n->note_alarm);
    a->clear(a->user, n->late);
    um_node_forget(n);
    um_outbox_fini(&n->outbox);
    um_model_fini(&n->model);
    um_shelf_free(n->shelf);
    um_early_fini(&n->early);
    um_buf_fini(&n->rows);
    um_mem_free(n);
}

void um_node_up(struct um_node *n, const struct p2p_peer_id *peer)
{
    um_links_up(n->links, peer);
    n->roster_changed |= n->is_new; /* that may be the first member */
    if (um_node_may(n, peer)) {
        um_node_repeat_row(n);
    }
    um_node_stir(n);
}

/* Who is gone hears nothing any more; when it comes back it is a stranger. */
static void forget_leaving(struct um_node *n, const struct p2p_peer_id *peer)
{
    struct um_name member;
    size_t kept = 0;

    if (um_peer_member(peer, &member) != 0) {
        return;
    }
    for (size_t i = 0; i < n->leaving_n; i++) {
        if (!um_name_eq(&n->leaving[i], &member)) {
            n->leaving[kept++] = n->leaving[i];
        }
    }
    n->leaving_n = kept;
}

void um_node_down(struct um_node *n, const struct p2p_peer_id *peer)
{
    forget_leaving(n, peer);
    um_links_down(n->links, peer);
    um_node_stir(n);
}

/* Who is new has to hear of the others from whoever is connected; what came
 * first of the roster is no reason to take the one who tells it for a stranger.
 */
bool um_node_member_may(struct um_node *n, const struct um_name *member)
{
    return um_roster_roles(&n->model.roster, member) != 0 || n->is_new;
}

bool um_node_still_new(struct um_node *n)
{
    return lacks_all(n) || !n->met;
}

/* A member of which this node has all: it is new no more. But for one that came
 * later, which may be as new. */
void um_node_met(struct um_node *n, const struct um_name *member)
{
    struct um_event e = {.what = UM_EV_TICK};

    if (n->is_new && !n->met &&
        um_roster_roles(&n->model.roster, member) != 0 &&
        came_before(n, member)) {
        n->met = true;
        n->roster_changed = true;
        um_node_step(n, &e);
    }
}

bool um_node_may(struct um_node *n, const struct p2p_peer_id *peer)
{
    struct um_name member;

    return um_peer_member(peer, &member) == 0 && um_node_member_may(n, &member);
}

bool um_node_hears(struct um_node *n, const struct p2p_peer_id *peer)
{
    struct um_name member;
    bool hears = um_node_may(n, peer);

    if (um_peer_member(peer, &member) != 0) {
        return false;
    }
    for (size_t i = 0; i < n->leaving_n && !hears; i++) {
        hears = um_name_eq(&n->leaving[i], &member);
    }
    return hears;
}

static void on_farewell(void *arg)
{
    struct um_node *n = arg;

    n->farewell = NULL;
    n->leaving_n = 0;
    um_bus_recheck(n->cfg.bus);
}

void um_node_farewell(struct um_node *n, const struct um_name *key)
{
    const struct um_alarms *a = n->cfg.alarms;
    struct p2p_peer_id peer;

    um_peer_of(key, &peer);
    if (n->leaving_n == UM_NODE_LEAVING_MAX ||
        !um_bus_is_up(n->cfg.bus, &peer)) {
        return;
    }
    if (n->farewell == NULL) {
        n->farewell = a->set(a->user, UM_NODE_FAREWELL_MS, on_farewell, n);
    }
    if (n->farewell != NULL) {
        n->leaving[n->leaving_n++] = *key;
    }
}

struct um_model *um_node_model(struct um_node *n)
{
    return &n->model;
}

const struct um_shelf *um_node_shelf(const struct um_node *n)
{
    return n->shelf;
}

struct um_papers *um_node_papers(struct um_node *n)
{
    return n->papers;
}

struct um_vault *um_node_vault(struct um_node *n)
{
    return &n->vault;
}

int um_node_seal(struct um_node *n, struct um_str name, struct um_str bytes,
                 struct um_name *hash)
{
    const struct um_sealer s = {n->papers, &n->model.cfg.mesh,
                                &n->model.roster};

    return um_sealer_seal(&s, name, bytes, hash);
}

struct um_welcome *um_node_welcome(struct um_node *n)
{
    return n->welcome;
}

struct um_hands *um_node_hands(struct um_node *n)
{
    return n->cfg.bare ? NULL : n->cfg.hands;
}

const char *um_node_absent(const struct um_node *n)
{
    return n->model.absent ? n->absent : NULL;
}

void um_node_stats(const struct um_node *n, struct um_node_stats *out)
{
    um_links_stats(n->links, &out->links);
    um_hints_stats(n->hints, &out->hints);
    out->delay = n->delay;
}

struct um_disk *um_node_disk(struct um_node *n)
{
    return n->disk;
}

const struct um_name *um_node_me(const struct um_node *n)
{
    return &n->me;
}

uint64_t um_node_mono_ms(struct um_node *n)
{
    return n->cfg.alarms->now_ms(n->cfg.alarms->user);
}

const struct p2p_key *um_node_owner(struct um_node *n)
{
    return !is_owners(n, n->cfg.owner) && is_owners(n, n->cfg.key)
               ? n->cfg.key
               : n->cfg.owner;
}

void um_node_use_owner(struct um_node *n, const struct p2p_key *owner)
{
    n->cfg.owner = owner;
    um_welcome_owns(n->welcome, um_node_owns(n));
}

int um_node_facts(struct um_node *n, const struct um_name *member,
                  struct um_arena *a, struct um_node_facts *out)
{
    const struct um_shelf_row *row = um_shelf_row_of(n->shelf, member);
    struct um_str name = um_str_n(NULL, 0);
    struct um_row r;

    if (um_name_eq(member, &n->me)) {
        name = um_str(n->cfg.name);
    } else if (row != NULL && um_row_read(row->envelope, &r) == 0 &&
               !um_arena_dup(a, r.name, &name)) {
        return P2P_ENOMEM;
    }
    return um_facts_of(a, &n->model.roster, member, name, out);
}

int um_node_fetch(struct um_node *n, const struct um_name *doc, uint32_t size)
{
    if (um_papers_has(n->papers, doc)) {
        return 0;
    }
    um_links_fetch(n->links, doc, size);
    return P2P_EAGAIN;
}
