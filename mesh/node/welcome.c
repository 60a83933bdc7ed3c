/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See welcome.h. A stream has an asker, which is an inviter and its time. What
 * the inviter wants to have on disk is a visit: it outlives the stream, since
 * what was begun to be written is written, whoever hangs up. The answer goes
 * when no visit of the same key is under way: so nobody is told that he is in
 * before the disk knows it, on whichever stream he asks.
 */
#include "mesh/node/welcome.h"

#include "mesh/base/mem.h"
#include "mesh/node/ledger.h"
#include "mesh/node/random.h"
#include "mesh/trust/code.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/multiaddr.h"

/* Bytes of a code before its addresses. */
#define HEAD_BYTES 52U

/* A code says in which minute it expires: not before it does. */
#define MINUTE_MS UINT64_C(60000)
#define LAST_MS   (UINT32_MAX * MINUTE_MS)

/* A stream of somebody who asks. */
struct asker {
    struct asker *next;
    struct um_welcome *w; /* NULL: it ended, and its stream has not yet */
    struct p2p_stream *stream;
    void *alarm;
    struct um_inviter inviter;
    struct um_name joiner;
    bool answered; /* or cut: the inviter is freed */
};

/* Something of an asker on its way to the disk. */
struct visit {
    struct visit *next;
    struct um_welcome *w;
    struct asker *asker; /* NULL: hung up */
    struct um_inviter_ev ev;
    struct um_str grant; /* until it was taken */
    char name[UM__CAP_JOIN_NAME_BYTES];
};

/* A code on its way to the disk. */
struct printing {
    um_welcome_code *done;
    void *user;
    struct um_buf text;
};

struct um_welcome {
    struct um_welcome_cfg cfg;
    struct um_inviter_node node;
    struct um_door door;
    struct um_ledger *ledger;
    struct asker *askers;
    size_t askers_n;
    struct visit *visits;
    size_t visits_n;
};

static uint64_t now_ms(const struct um_welcome *w)
{
    return w->cfg.alarms->now_ms(w->cfg.alarms->user);
}

/* What an inviter reads of its node. */

static bool invite_of(void *user, const uint8_t id[UM_INVITE_ID_BYTES],
                      struct um_invite *out)
{
    const struct um_welcome *w = user;

    return um_ledger_invite(w->ledger, id, out);
}

static int statement_of(void *user, const struct um_name *id,
                        struct um_buf *out)
{
    const struct um_welcome *w = user;

    return w->cfg.cb->statement(w->cfg.user, id, out);
}

static int grant_of(void *user, const struct um_name *key, unsigned roles,
                    struct um_buf *out)
{
    const struct um_welcome *w = user;

    return w->cfg.cb->grant(w->cfg.user, key, roles, out);
}

static bool waits(void *user, const struct um_name *key)
{
    const struct um_welcome *w = user;

    return um_ledger_waits(w->ledger, key);
}

static size_t waiting(void *user)
{
    const struct um_welcome *w = user;

    return um_ledger_waiting(w->ledger);
}

/* Streams. */

static void clear_alarm(struct asker *a)
{
    if (a->alarm != NULL)
        a->w->cfg.alarms->clear(a->w->cfg.alarms->user, a->alarm);
    a->alarm = NULL;
}

/* The inviter has done its part. */
static void leave_door(struct asker *a)
{
    if (!a->answered)
        um_inviter_fini(&a->inviter);
    a->answered = true;
}

/* Takes an asker out of what is under way; its stream is on its own. */
static void detach(struct asker *a)
{
    struct asker **at = &a->w->askers;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    a->w->askers_n--;
    for (struct visit *v = a->w->visits; v != NULL; v = v->next) {
        if (v->asker == a)
            v->asker = NULL;
    }
    leave_door(a);
    clear_alarm(a);
    a->w = NULL;
}

static void cut(struct asker *a)
{
    detach(a);
    p2p_stream_reset(a->stream);
}

static void on_alarm(void *arg)
{
    struct asker *a = arg;

    a->alarm = NULL;
    cut(a);
}

static bool set_alarm(struct asker *a, uint64_t ms)
{
    const struct um_alarms *alarms = a->w->cfg.alarms;

    clear_alarm(a);
    a->alarm = alarms->set(alarms->user, ms, on_alarm, a);
    return a->alarm != NULL;
}

static bool is_under_way(const struct um_welcome *w, const struct um_name *key)
{
    const struct visit *v = w->visits;

    while (v != NULL && !um_name_eq(&v->ev.joiner, key))
        v = v->next;
    return v != NULL;
}

/* Gives the answer away, if it may go; an asker who gets none is cut. */
static void answer(struct asker *a)
{
    struct um_buf out = UM_BUF_INIT;
    bool said;

    if (a->answered || is_under_way(a->w, &a->joiner))
        return;
    said = um_inviter_tx(&a->inviter, &out) == 1 &&
           p2p_stream_send(a->stream, out.p, out.len) == 0;
    um_buf_fini(&out);
    if (!said && !um_inviter_over(&a->inviter))
        return;
    if (!said || !set_alarm(a, UM_WELCOME_LINGER_MS)) {
        cut(a);
        return;
    }
    leave_door(a);
    p2p_stream_finish(a->stream);
}

/* A visit is over: whoever waited for it is answered, or cut. */
static void release(struct um_welcome *w, const struct um_name *key, bool well)
{
    struct asker *next;

    for (struct asker *a = w->askers; a != NULL; a = next) {
        next = a->next;
        if (!um_name_eq(&a->joiner, key) || a->answered ||
            um_inviter_deadline(&a->inviter) != UINT64_MAX)
            continue;
        if (well)
            answer(a);
        else
            cut(a);
    }
}

static void forget_visit(struct visit *v)
{
    struct visit **at = &v->w->visits;

    while (*at != v)
        at = &(*at)->next;
    *at = v->next;
    v->w->visits_n--;
    um_mem_free(v);
}

/* What a visit wrote is on the disk, or is not. */
static void on_stored(void *user, int err)
{
    struct visit *v = user;
    struct um_welcome *w = v->w;
    struct um_inviter_ev ev = v->ev;
    struct um_str name = ev.name;
    char text[UM__CAP_JOIN_NAME_BYTES];

    memcpy(text, v->name, sizeof text);
    ev.name = um_str_n(text, name.len);
    if (v->asker != NULL)
        um_inviter_stored(&v->asker->inviter, err == 0 ? 0 : P2P_EIO);
    forget_visit(v);
    if (err == 0 && ev.what == UM_INVITER_COUNT)
        (void)um_ledger_settle(w->ledger, &ev.joiner);
    release(w, &ev.joiner, err == 0);
    if (err == 0)
        w->cfg.cb->told(w->cfg.user, &ev);
}

/* Behind the use, in the same batch: the GRANT. It has to come to something, or
 * the joiner would only believe that he is in. */
static int take_grant(void *user)
{
    struct visit *v = user;
    struct um_welcome *w = v->w;
    int err = w->cfg.cb->take(w->cfg.user, v->grant);
    unsigned roles = um_roster_roles(w->cfg.roster, &v->ev.joiner);

    v->grant = um_str_n(NULL, 0);
    if ((err == 0 || err == P2P_EDUP) && (roles & v->ev.roles) == v->ev.roles)
        return 0;
    um_log_line(w->cfg.log, UM_LOG_ERROR, "a new member cannot be let in: %s",
                err != 0 ? p2p_err_text(err) : "its grant has no effect");
    return P2P_EIO;
}

/* A visit of an asker, not under way yet. NULL: no memory. */
static struct visit *visit_new(struct asker *a, const struct um_inviter_ev *ev)
{
    struct visit *v = um_mem_zalloc(sizeof *v);

    if (v == NULL)
        return NULL;
    v->w = a->w;
    v->asker = a;
    v->ev = *ev;
    v->grant = ev->grant;
    v->ev.grant = um_str_n(NULL, 0);
    if (ev->name.len > 0)
        memcpy(v->name, ev->name.p, ev->name.len);
    v->ev.name = um_str_n(v->name, ev->name.len);
    v->next = a->w->visits;
    a->w->visits = v;
    a->w->visits_n++;
    return v;
}

/* Begins to write what an inviter wants to have on disk. */
static int begin(struct asker *a, const struct um_inviter_ev *ev)
{
    struct um_welcome *w = a->w;
    struct um_ledger_entry entry = {.wall_ms = w->cfg.wall_ms(w->cfg.user)};
    struct visit *v;
    int err;

    if (w->visits_n >= UM__CAP_WELCOME_WRITES)
        return P2P_EAGAIN;
    v = visit_new(a, ev);
    if (v == NULL)
        return P2P_ENOMEM;
    if (ev->coded)
        entry.id = v->ev.id;
    if (ev->what == UM_INVITER_COUNT) {
        entry.after = take_grant;
    } else {
        entry.key = &v->ev.joiner;
        entry.name = v->ev.name;
    }
    err = um_ledger_write(w->ledger, &entry,
                          (struct um_ledger_ear){.done = on_stored, .user = v});
    if (err != 0)
        forget_visit(v);
    return err;
}

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct asker *a = user;
    struct um_str in = um_str_n((const char *)bytes, len);
    struct um_inviter_ev ev;

    (void)stream;
    if (a->w == NULL || a->answered)
        return;
    um_inviter_rx(&a->inviter, &in, now_ms(a->w),
                  a->w->cfg.wall_ms(a->w->cfg.user));
    if (um_inviter_deadline(&a->inviter) == UINT64_MAX)
        clear_alarm(a);
    if (um_inviter_next(&a->inviter, &ev)) {
        int err = begin(a, &ev);

        if (err != 0)
            um_inviter_stored(&a->inviter, err);
    }
    answer(a);
}

/* Who says no more, and has not said Hello, will not. */
static void on_finished(void *user, struct p2p_stream *stream)
{
    struct asker *a = user;

    (void)stream;
    if (a->w != NULL && !a->answered &&
        um_inviter_deadline(&a->inviter) != UINT64_MAX)
        cut(a);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct asker *a = user;

    (void)stream;
    (void)status;
    if (a->w != NULL)
        detach(a);
    um_mem_free(a);
}

static const struct p2p_stream_events asker_events = {.data = on_data,
                                                      .finished = on_finished,
                                                      .closed = on_closed};

/* How many streams a key asks on that has no answer. */
static size_t streams_of(const struct um_welcome *w, const struct um_name *key)
{
    size_t n = 0;

    for (const struct asker *a = w->askers; a != NULL; a = a->next)
        n += !a->answered && um_name_eq(&a->joiner, key) ? 1 : 0;
    return n;
}

/* Whether a stream may ask: who it is then, and on which connection. */
static bool may_ask(const struct um_welcome *w, struct p2p_stream *stream,
                    struct um_inviter_cfg *cfg)
{
    return w->askers_n < UM__CAP_WELCOME_STREAMS &&
           um_peer_member(p2p_stream_peer(stream), &cfg->joiner) == 0 &&
           streams_of(w, &cfg->joiner) < UM__CAP_WELCOME_OF_PEER &&
           p2p_stream_binding(stream, cfg->binding) == 0;
}

static void on_stream(void *user, struct p2p_stream *stream)
{
    struct um_welcome *w = user;
    struct um_inviter_cfg cfg = {
        .node = &w->node, .door = &w->door, .me = w->cfg.me};
    struct asker *a = NULL;

    if (may_ask(w, stream, &cfg))
        a = um_mem_zalloc(sizeof *a);
    if (a == NULL) {
        p2p_stream_reset(stream);
        return;
    }
    a->w = w;
    a->stream = stream;
    a->joiner = cfg.joiner;
    a->next = w->askers;
    w->askers = a;
    w->askers_n++;
    p2p_stream_listen(stream, &asker_events, a);
    um_inviter_init(&a->inviter, &cfg, now_ms(w));
    if (!set_alarm(a, UM_INVITER_PATIENCE_MS))
        cut(a);
    else
        answer(a);
}

void um_welcome_owns(struct um_welcome *w, bool owns)
{
    w->node.grant = owns ? grant_of : NULL;
}

struct um_welcome *um_welcome_new(const struct um_welcome_cfg *cfg)
{
    struct um_welcome *w = um_mem_zalloc(sizeof *w);

    if (w == NULL)
        return NULL;
    w->cfg = *cfg;
    w->node = (struct um_inviter_node){.user = w,
                                       .roster = cfg->roster,
                                       .open = true,
                                       .invite = invite_of,
                                       .statement = statement_of,
                                       .grant = cfg->owns ? grant_of : NULL,
                                       .waits = waits,
                                       .waiting = waiting};
    um_door_init(&w->door, now_ms(w));
    w->ledger = um_ledger_new(cfg->disk, cfg->log);
    if (w->ledger == NULL ||
        um_bus_serve(cfg->bus, UM_JOIN_PROTOCOL, on_stream, w) != 0) {
        um_ledger_free(w->ledger);
        um_mem_free(w);
        return NULL;
    }
    return w;
}

void um_welcome_free(struct um_welcome *w)
{
    if (w == NULL)
        return;
    (void)um_bus_serve(w->cfg.bus, UM_JOIN_PROTOCOL, NULL, NULL);
    while (w->askers != NULL)
        cut(w->askers);
    um_ledger_free(w->ledger);
    um_mem_free(w);
}

/* Invitations. */

/* Puts the addresses into a code that fit. */
static void add_addrs(const struct um_welcome *w,
                      const struct um_welcome_plan *plan, struct um_code *code)
{
    size_t bytes = HEAD_BYTES;

    for (size_t i = 0; i < plan->addrs_n && code->addrs_n < UM__CAP_CODE_ADDRS;
         i++) {
        struct p2p_multiaddr ma;
        int err = p2p_multiaddr_from_text(plan->addrs[i],
                                          strlen(plan->addrs[i]), &ma);

        if (err == 0 && (ma.len == 0 || ma.len > UM_CODE_ADDR_BYTES ||
                         bytes + 1 + ma.len > UM__CAP_CODE_BYTES))
            err = P2P_ETOOBIG;
        if (err != 0) {
            um_log_line(w->cfg.log, UM_LOG_INFO,
                        "the address %s is left out of the code: %s",
                        plan->addrs[i], p2p_err_text(err));
            continue;
        }
        code->addrs[code->addrs_n].len = (uint8_t)ma.len;
        memcpy(code->addrs[code->addrs_n].bytes, ma.bytes, ma.len);
        code->addrs_n++;
        bytes += 1U + ma.len;
    }
}

/* Makes a secret, the code with it, and what this node keeps of it. */
static int make_code(const struct um_welcome *w,
                     const struct um_welcome_plan *plan, struct um_invite *inv,
                     struct um_buf *text)
{
    uint64_t minutes = plan->expires_ms / MINUTE_MS +
                       (plan->expires_ms % MINUTE_MS != 0 ? 1 : 0);
    struct um_code code = {.expires_ms = minutes * MINUTE_MS};
    int err = um_random_fill(code.secret, sizeof code.secret);

    if (err == 0) {
        memcpy(code.mesh, w->cfg.mesh.b, sizeof code.mesh);
        um_code_fingerprint(&plan->owner, code.owner);
        add_addrs(w, plan, &code);
        um_invite_init(inv, code.secret, code.mesh);
        inv->roles = (uint8_t)plan->roles;
        inv->uses = plan->uses;
        inv->expires_ms = plan->expires_ms;
        err = um_code_put(&code, text);
    }
    um_mem_wipe(&code, sizeof code);
    return err;
}

static void printing_free(struct printing *p)
{
    if (p->text.p != NULL)
        um_mem_wipe(p->text.p, p->text.len);
    um_buf_fini(&p->text);
    um_mem_free(p);
}

/* An invitation is on disk, or is not. */
static void on_printed(void *user, int err)
{
    struct printing *p = user;

    p->done(p->user, err, err == 0 ? p->text.p : NULL);
    printing_free(p);
}

int um_welcome_invite(struct um_welcome *w, const struct um_welcome_plan *plan,
                      um_welcome_code *done, void *user)
{
    struct um_invite inv = {.uses = 0};
    struct printing *p;
    int err;

    if (plan->uses == 0 || plan->roles == 0 ||
        (plan->roles & ~UM_ROLES_ALL) != 0 || plan->expires_ms > LAST_MS)
        return P2P_EINVAL;
    p = um_mem_zalloc(sizeof *p);
    if (p == NULL)
        return P2P_ENOMEM;
    p->done = done;
    p->user = user;
    err = make_code(w, plan, &inv, &p->text);
    um_buf_byte(&p->text, '\0');
    if (err == 0 && um_buf_failed(&p->text))
        err = P2P_ENOMEM;
    if (err == 0)
        err = um_ledger_add(
            w->ledger, &inv, w->cfg.wall_ms(w->cfg.user),
            (struct um_ledger_ear){.done = on_printed, .user = p});
    um_mem_wipe(&inv, sizeof inv);
    if (err != 0)
        printing_free(p);
    return err;
}

const struct um_invite *um_welcome_at(const struct um_welcome *w, size_t i)
{
    return um_ledger_invite_at(w->ledger, i);
}

bool um_welcome_awaits(const struct um_welcome *w)
{
    uint64_t now = w->cfg.wall_ms(w->cfg.user);
    const struct um_invite *v;

    for (size_t i = 0; (v = um_welcome_at(w, i)) != NULL; i++) {
        if (v->used < v->uses && now < v->expires_ms)
            return true;
    }
    return false;
}

int um_welcome_drop(struct um_welcome *w, const uint8_t id[UM_INVITE_ID_BYTES])
{
    return um_ledger_drop(w->ledger, id);
}

const struct um_pending *um_welcome_pending(const struct um_welcome *w,
                                            size_t i)
{
    return um_ledger_pending_at(w->ledger, i);
}

int um_welcome_settle(struct um_welcome *w, const struct um_name *key)
{
    return um_ledger_settle(w->ledger, key);
}

void um_welcome_roster(struct um_welcome *w)
{
    const struct um_pending *p;
    size_t i = 0;

    while ((p = um_ledger_pending_at(w->ledger, i)) != NULL) {
        struct um_name key = p->key;

        if (um_roster_roles(w->cfg.roster, &key) == 0 ||
            um_ledger_settle(w->ledger, &key) != 0)
            i++;
    }
}
