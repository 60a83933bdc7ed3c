/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See probing.h. Happy path: the revision that runs has probes; each is aimed
 * at a listener of this node's configuration, and asked when it is due; what
 * they come to is told when it changes. Until each has passed once nobody can
 * say whether the node does well, so that a rollout waits. Failure modes: a
 * probe that goes nowhere makes the node ill, with the reason; a document that
 * is not here is looked for again.
 */
#include "mesh/node/probing.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/doc/meshdoc.h"
#include "mesh/doc/parse.h"
#include "mesh/model/pulse.h"
#include "mesh/node/inner.h"
#include "p2p/err.h"

/* How soon a document that is not here is looked for again, in ms. */
#define AGAIN_MS 1000U

#define NO_PROCESS "an application of the configuration has no process"

/* A probe under way. */
struct asked {
    struct um_probing *probing;
    void *job; /* NULL: none */
};

struct um_probing {
    struct um_node *node;
    bool begun;              /* it followed once */
    bool unread;             /* the probes of what runs are not known yet */
    bool unit_ill;           /* as the applier says */
    struct um_name revision; /* whose probes they are */
    struct um_name effective;
    struct um_arena arena; /* what follows stands in it */
    struct um_meshdoc_probes probes;
    struct um_probe_target targets[UM__CAP_DOC_PROBES];
    struct asked asked[UM__CAP_DOC_PROBES];
    struct um_pulse pulse;
    void *alarm;
};

static void on_alarm(void *arg);

struct um_probing *um_probing_new(struct um_node *n)
{
    struct um_probing *p = um_mem_zalloc(sizeof *p);

    if (p != NULL) {
        p->node = n;
    }
    return p;
}

/* Forgets the probes, and what is under way. */
static void rest(struct um_probing *p)
{
    const struct um_alarms *a = p->node->cfg.alarms;

    for (size_t i = 0; i < p->probes.n; i++) {
        if (p->asked[i].job != NULL) {
            p->node->cfg.prober->cancel(p->node->cfg.prober->user,
                                        p->asked[i].job);
            p->asked[i].job = NULL;
        }
    }
    a->clear(a->user, p->alarm);
    p->alarm = NULL;
    um_arena_fini(&p->arena);
    p->probes.n = p->pulse.n = 0;
    p->unread = false;
}

void um_probing_free(struct um_probing *p)
{
    if (p != NULL) {
        rest(p);
        um_mem_free(p);
    }
}

/* ---- what they come to */

/* Says where a probe went, as people would go there. */
static void describe(const struct um_probing *p, size_t i, const char *found,
                     char *out, size_t cap)
{
    const struct um_probe *probe = &p->probes.list[i];
    const struct um_probe_target *t = &p->targets[i];
    const char *unix_socket = t->socket;

    if (p->pulse.beats[i].lost) {
        (void)snprintf(out, cap, "probe \"%.*s\": %s (%.*s)",
                       UM_STR_ARG(probe->name), found,
                       UM_STR_ARG(probe->listener));
        return;
    }
    (void)snprintf(out, cap, "probe \"%.*s\": %s from %s%s%.*s",
                   UM_STR_ARG(probe->name),
                   found[0] != '\0' ? found : "no answer yet",
                   unix_socket[0] != '\0' ? "unix:"
                   : t->tls               ? "https://"
                                          : "http://",
                   unix_socket[0] != '\0' ? unix_socket : t->authority,
                   UM_STR_ARG(probe->path));
}

static void tell(struct um_probing *p)
{
    struct um_node *n = p->node;
    const struct um_model *m = &n->model;
    char words[UM_ILL_BYTES] = "";
    const char *found = "";
    size_t which = 0;
    enum um_pulse_how how = um_pulse_verdict(&p->pulse, &which, &found);
    struct um_event e = {.what = UM_EV_HEALTH,
                         .u.health = {.revision = m->own.applied}};

    if (p->unit_ill) {
        how = UM_PULSE_ILL;
        (void)snprintf(words, sizeof words, NO_PROCESS);
    } else if (p->unread) {
        how = UM_PULSE_UNKNOWN;
        (void)snprintf(words, sizeof words, "its probes are not here yet");
    } else if (how != UM_PULSE_WELL) {
        describe(p, which, found, words, sizeof words);
    }
    e.u.health.healthy = how == UM_PULSE_WELL;
    e.u.health.untold = how == UM_PULSE_UNKNOWN;
    e.u.health.why = um_str(words);
    if (e.u.health.healthy == m->healthy && e.u.health.untold == m->untold &&
        um_str_eq(e.u.health.why, um_str(m->ill))) {
        return;
    }
    um_node_step(n, &e);
    um_node_stir(n);
}

/* ---- asking */

static void arm(struct um_probing *p, uint64_t at_ms)
{
    const struct um_alarms *a = p->node->cfg.alarms;
    uint64_t now = a->now_ms(a->user);

    a->clear(a->user, p->alarm);
    p->alarm = NULL;
    if (at_ms == UINT64_MAX) {
        return;
    }
    p->alarm = a->set(a->user, at_ms > now ? at_ms - now : 0, on_alarm, p);
    if (p->alarm == NULL) {
        um_node_break(p->node, "out of memory");
    }
}

static void found(struct um_probing *p, size_t which, const char *why)
{
    const struct um_alarms *a = p->node->cfg.alarms;

    um_pulse_found(&p->pulse, which, a->now_ms(a->user), why);
}

static void on_answer(void *arg, unsigned code, const char *text)
{
    struct asked *q = arg;
    struct um_probing *p = q->probing;
    size_t which = (size_t)(q - p->asked);
    const struct um_probe *probe = &p->probes.list[which];
    char words[UM_PULSE_TEXT_BYTES];

    q->job = NULL;
    if (code != 0) {
        (void)snprintf(words, sizeof words, "%u", code);
    } else {
        (void)snprintf(words, sizeof words, "no answer (%s)", text);
    }
    found(
        p, which,
        code >= probe->status_min && code <= probe->status_max ? NULL : words);
    arm(p, um_pulse_due(&p->pulse));
    tell(p);
}

static void ask(struct um_probing *p, size_t which)
{
    const struct um_prober *prober = p->node->cfg.prober;
    const struct um_probe *probe = &p->probes.list[which];
    const struct um_prober_ask a = {
        .authority = p->targets[which].authority,
        .socket = p->targets[which].socket,
        .tls = p->targets[which].tls,
        .path = probe->path,
        .host = probe->host,
        .timeout_ms = UINT64_C(1000) * probe->timeout_s};
    struct asked *q = &p->asked[which];

    assert(q->job == NULL);
    q->probing = p;
    q->job = prober->start(prober->user, &a, on_answer, q);
    if (q->job == NULL) {
        found(p, which, "no answer (it cannot be asked)");
    }
}

/* ---- which they are */

/* Aims the probes at this node's listeners. */
static void aim(struct um_probing *p, const struct um_val *config)
{
    const struct um_alarms *a = p->node->cfg.alarms;
    unsigned speed = p->node->cfg.speed;

    um_pulse_begin(&p->pulse, p->probes.list, p->probes.n, a->now_ms(a->user),
                   speed);
    for (size_t i = 0; i < p->probes.n; i++) {
        const char *why =
            um_probe_aim(&p->probes.list[i], config, &p->targets[i]);

        if (why == NULL && p->node->cfg.prober == NULL) {
            why = "this node asks nobody";
        }
        if (why != NULL) {
            um_pulse_lose(&p->pulse, i, why);
        }
    }
}

/* The document of what runs; P2P_ENOTFOUND: it is not here. */
static int paper(const struct um_probing *p, struct um_name *doc,
                 struct um_str *out)
{
    const struct um_past *past =
        um_history_find(&p->node->model.history, &p->revision);

    if (past == NULL) {
        return P2P_ENOTFOUND;
    }
    *doc = past->rev.doc;
    return um_papers_get(p->node->papers, doc, out);
}

/* Reads the probes of a document, in an arena. */
static int read_probes(struct um_probing *p, struct um_arena *mem,
                       struct um_str bytes, struct um_meshdoc_probes *out)
{
    struct um_node_facts facts = {.label_count = 0};
    struct um_meshdoc doc;
    struct um_str copy;
    struct um_val v;
    int rv = um_arena_dup(mem, bytes, &copy) ? 0 : P2P_ENOMEM;

    out->n = 0;
    if (rv == 0) {
        rv = um_doc_parse(copy, mem, &v, NULL);
    }
    if (rv == 0) {
        rv = um_meshdoc_init(&doc, mem, &v, NULL);
    }
    if (rv == 0) {
        rv = um_node_facts(p->node, &p->node->me, mem, &facts);
    }
    return rv == 0 ? um_meshdoc_probes(mem, &doc, &facts, out, NULL) : rv;
}

/* Whether a document says anything of probes; most do not. */
static bool speaks_of_probes(struct um_str bytes)
{
    static const char word[] = "\"probes\"";

    return bytes.len > 0 &&
           memmem(bytes.p, bytes.len, word, sizeof word - 1) != NULL;
}

/* Reads what is to be probed. P2P_EFORMAT: that is no document, so it does not
 * run here as it is. */
static int read_all(struct um_probing *p)
{
    struct um_maker_out made;
    struct um_str bytes;
    struct um_name doc;
    struct um_val config;
    int rv = paper(p, &doc, &bytes);

    if (rv != 0 || !speaks_of_probes(bytes)) {
        return rv;
    }
    rv = read_probes(p, &p->arena, bytes, &p->probes);
    if (rv != 0 || p->probes.n == 0) {
        return rv;
    }
    rv = um_node_make_it(p->node, &doc, &made);
    if (rv == 0) {
        rv = um_doc_parse(made.config, &made.arena, &config, NULL);
    }
    if (rv == 0) {
        aim(p, &config);
    }
    um_maker_fini(&made);
    return rv;
}

static void begin(struct um_probing *p)
{
    const struct um_alarms *a = p->node->cfg.alarms;
    int rv;

    rest(p);
    rv = um_name_none(&p->revision) ? 0 : read_all(p);
    if (rv != 0) {
        p->probes.n = p->pulse.n = 0;
    }
    if (rv == P2P_EFORMAT) {
        um_log_line(p->node->cfg.log, UM_LOG_WARN,
                    "the probes of what runs here cannot be made");
    }
    p->unread = rv != 0 && rv != P2P_EFORMAT;
    arm(p, p->unread ? a->now_ms(a->user) + AGAIN_MS : um_pulse_due(&p->pulse));
}

static void on_alarm(void *arg)
{
    struct um_probing *p = arg;
    const struct um_alarms *a = p->node->cfg.alarms;
    size_t which;

    p->alarm = NULL;
    if (p->unread) {
        begin(p);
    } else {
        while (um_pulse_take(&p->pulse, a->now_ms(a->user), &which)) {
            ask(p, which);
        }
        arm(p, um_pulse_due(&p->pulse));
    }
    tell(p);
}

/* ---- what happens */

void um_probing_follow(struct um_probing *p)
{
    const struct um_model *m = &p->node->model;
    bool first = !p->begun;

    if (p->begun && um_name_eq(&p->revision, &m->own.applied) &&
        um_name_eq(&p->effective, &m->own.effective)) {
        return;
    }
    p->begun = true;
    p->revision = m->own.applied;
    p->effective = m->own.effective;
    p->unit_ill =
        (p->unit_ill || first) && !m->healthy && !um_name_none(&m->own.applied);
    begin(p);
    if (!um_name_none(&p->revision) && (!first || p->probes.n > 0)) {
        tell(p);
    }
}

static bool is_same(const struct um_probe *a, const struct um_probe *b)
{
    return um_str_eq(a->name, b->name) && um_str_eq(a->listener, b->listener) &&
           um_str_eq(a->path, b->path) && um_str_eq(a->host, b->host) &&
           a->status_min == b->status_min && a->status_max == b->status_max &&
           a->interval_s == b->interval_s && a->timeout_s == b->timeout_s &&
           a->failures == b->failures;
}

void um_probing_relabel(struct um_probing *p)
{
    struct um_meshdoc_probes now = {.n = 0};
    struct um_arena mem = UM_ARENA_INIT;
    struct um_name doc;
    struct um_str bytes;
    bool same = true;

    if (p->begun && !p->unread && paper(p, &doc, &bytes) == 0 &&
        speaks_of_probes(bytes) && read_probes(p, &mem, bytes, &now) == 0) {
        same = now.n == p->probes.n;
        for (size_t i = 0; i < now.n && same; i++) {
            same = is_same(&now.list[i], &p->probes.list[i]);
        }
    }
    um_arena_fini(&mem);
    if (!same) {
        begin(p);
        tell(p);
    }
}

void um_probing_unit(struct um_probing *p, bool healthy)
{
    p->unit_ill = !healthy;
    tell(p);
}
