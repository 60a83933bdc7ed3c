/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See agent.h. What Unit does is told to the node as it comes; what the node
 * orders is in agent_orders.c. Failure modes: a node that is of another mesh
 * than the files here, and files that are damaged: then nothing is done, and
 * that is said, until a person has looked.
 */
#include "mesh/applier/agent_inner.h"

#include "mesh/applier/facts.h"
#include "mesh/base/mem.h"
#include "p2p/err.h"

_Static_assert(UM__CAP_UNIT_ANSWER_BYTES + 65536U < UM__CAP_WIRE_FRAME_BYTES,
               "what Unit shows fits into a message");

/* Bytes of statements in one message, about. */
#define MESSAGE_BYTES (1U << 20)

#define ROSTER "roster"
#define UNBIND "unbind"

struct um_str um_agent_text(struct um_str text)
{
    struct um_str head = um_str_head(text, UM__CAP_WIRE_TEXT_BYTES);
    const char *end = head.len > 0 ? memchr(head.p, 0, head.len) : NULL;

    return end != NULL ? um_str_n(head.p, (size_t)(end - head.p)) : head;
}

void um_agent_say(struct um_agent *a, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;

    um_wire_write(&out, m);
    if (um_buf_failed(&out)) {
        um_log_line(a->cfg.log, UM_LOG_ERROR,
                    "out of memory: the node cannot be told anything");
        um_buf_fini(&out);
    }
    a->cfg.send(a->cfg.user, um_buf_view(&out));
    um_buf_fini(&out);
}

static void say_absent(struct um_agent *a, const char *text)
{
    const struct um_wire_msg m = {.what = UM_WIRE_ABSENT,
                                  .text = um_agent_text(um_str(text))};

    um_agent_say(a, &m);
}

/* ---- what the runner tells */

/* What is under way in the record may be settled by what Unit shows; not by
 * what the node says that Unit showed for it. */
static void settle(struct um_agent *a, struct um_str shown)
{
    struct um_name hash;

    if (!um_warden_wonders(a->warden)) {
        return; /* nearly always: a configuration may be long to hash */
    }
    hash = um_runner_hash(shown);
    if (um_warden_shows(a->warden, &hash)) {
        (void)um_agent_save(a, UM_WARDEN_RECORD);
        um_agent_say_record(a);
    }
}

static void on_live(void *user, const struct um_runner_live *live)
{
    struct um_agent *a = user;
    const char *modules = um_runner_modules(a->runner);
    const struct um_wire_msg m = {
        .what = UM_WIRE_LIVE,
        .effective = live->effective,
        .ours = live->ours,
        .blank = live->blank,
        .other = live->other_unit,
        .text = live->version,
        .bytes = live->config,
        .modules = um_str(modules != NULL ? modules : "")};

    settle(a, live->config);
    um_agent_say(a, &m);
}

static void on_absent(void *user, const char *text)
{
    say_absent(user, text);
}

static void on_shown(void *user, const struct um_name *effective,
                     struct um_str config)
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_SHOWN, .effective = *effective, .bytes = config};

    um_agent_say(user, &m);
}

static void on_health(void *user, bool healthy)
{
    const struct um_wire_msg m = {.what = UM_WIRE_HEALTH, .healthy = healthy};

    um_agent_say(user, &m);
}

static void on_status(void *user, struct um_str body)
{
    const struct um_wire_msg m = {.what = UM_WIRE_STATUS, .bytes = body};

    um_agent_say(user, &m);
}

static const struct um_runner_cb runner_cb = {.live = on_live,
                                              .absent = on_absent,
                                              .applied = um_agent_applied,
                                              .shown = on_shown,
                                              .health = on_health,
                                              .status = on_status};

/* ---- its files */

static const char *const file_names[] =
    {[UM_WARDEN_ROSTER] = ROSTER, [UM_WARDEN_RECORD] = UM_AGENT_RECORD};

int um_agent_save(struct um_agent *a, enum um_warden_part part)
{
    struct um_buf out = UM_BUF_INIT;
    const char *name = file_names[part];
    int rv = 0;

    if (um_warden_dirty(a->warden, part)) {
        um_warden_save(a->warden, part, &out);
        rv = um_buf_failed(&out) ? P2P_ENOMEM
                                 : a->cfg.files.save(a->cfg.files.user, name,
                                                     um_buf_view(&out));
    }
    if (rv != 0) {
        um_log_line(a->cfg.log, UM_LOG_ERROR,
                    "the applier cannot write its %s: %s", name,
                    p2p_err_text(rv));
    }
    um_buf_fini(&out);
    return rv;
}

static void on_owed(void *user)
{
    struct um_agent *a = user;

    a->owed = NULL;
    (void)um_agent_save(a, UM_WARDEN_RECORD);
}

void um_agent_save_soon(struct um_agent *a)
{
    const struct um_alarms *alarms = a->cfg.alarms;

    if (a->owed == NULL) {
        a->owed = alarms->set(alarms->user, UM_AGENT_OWED_MS, on_owed, a);
    }
    if (a->owed == NULL) {
        (void)um_agent_save(a, UM_WARDEN_RECORD);
    }
}

static void pay(struct um_agent *a)
{
    if (a->owed != NULL) {
        a->cfg.alarms->clear(a->cfg.alarms->user, a->owed);
        on_owed(a);
    }
}

static int load(struct um_agent *a, enum um_warden_part part)
{
    struct um_buf in = UM_BUF_INIT;
    int rv = a->cfg.files.load(a->cfg.files.user, file_names[part], &in);

    if (rv == 0) {
        rv = um_warden_load(a->warden, part, um_buf_view(&in));
    }
    um_buf_fini(&in);
    return rv;
}

static const char *why_not(int rv)
{
    return rv == P2P_EPEER
               ? "the applier is bound to another mesh or node: as root, "
                 "remove roster and record from the folder applier/ in the "
                 "state folder, if it is to change"
           : rv == P2P_EFORMAT
               ? "the applier's record is damaged: as root, remove roster and "
                 "record from the folder applier/ in the state folder to begin "
                 "anew"
           : rv == P2P_ENOTSUP
               ? "the applier's record was written by a newer unitmesh: start "
                 "that one again, or this one on a copy of the state folder "
                 "from before it"
               : p2p_err_text(rv);
}

/* What was said of revisions; the node gathers cases by that. */
void um_agent_say_record(struct um_agent *a)
{
    struct um_buf names = UM_BUF_INIT;
    struct um_wire_msg m = {.what = UM_WIRE_RECORD};
    const struct um_name *runs = um_warden_runs(a->warden);

    if (runs != NULL) {
        m.revision = *runs;
    }
    um_warden_names(a->warden, &names);
    m.names = (struct um_namelist){(const struct um_name *)(void *)names.p,
                                   names.len / UM_NAME_BYTES};
    if (!um_buf_failed(&names)) {
        um_agent_say(a, &m);
    }
    um_buf_fini(&names);
}

static void say_stated(struct um_agent *a, struct um_buf *list)
{
    const struct um_wire_msg m = {.what = UM_WIRE_STATED,
                                  .statements = um_buf_view(list)};

    if (list->len > 0 && !um_buf_failed(list)) {
        um_agent_say(a, &m);
    }
    um_buf_clear(list);
}

/* The node has told all that it knows. It may have lost some of it since it
 * told: a disk that was full, a copy of its state that was brought back. Who
 * was put out hears of that from nobody else. */
static void say_what_it_lacks(struct um_agent *a)
{
    struct um_buf list = UM_BUF_INIT;
    struct um_str one = um_warden_stated(a->warden, 0);

    if (um_roster_count(um_warden_roster(a->warden)) <= a->node_has) {
        return;
    }
    for (size_t i = 1; one.len > 0; i++) {
        um_wire_put_statement(&list, one);
        if (list.len > MESSAGE_BYTES) {
            say_stated(a, &list);
        }
        one = um_warden_stated(a->warden, i);
    }
    say_stated(a, &list);
    um_buf_fini(&list);
}

/* ---- begin and end */

/* The warden is kept for the next START: to read it takes long, and a node may
 * say START as often as it likes. */
static void stop(struct um_agent *a)
{
    um_runner_free(a->runner);
    um_runner_free(a->scratch);
    a->runner = a->scratch = NULL;
    um_agent_forget_orders(a);
    pay(a);
    if (a->warden != NULL) {
        um_warden_free(a->parked);
        a->parked = a->warden;
        a->warden = NULL;
    }
    um_stash_free(a->stash);
    a->stash = NULL;
    um_vault_fini(&a->vault);
    um_buf_fini(&a->unmet);
}

static void forget_parked(struct um_agent *a)
{
    um_warden_free(a->parked);
    a->parked = NULL;
}

/* Takes the warden that was kept, if it is of that mesh. */
static bool unpark(struct um_agent *a, const struct um_name *mesh)
{
    if (a->parked == NULL ||
        !um_name_eq(&um_warden_roster(a->parked)->mesh, mesh)) {
        return false;
    }
    a->warden = a->parked;
    a->parked = NULL;
    return true;
}

/* Reads a file that is of this node's key, or of the one that it had before:
 * that is written anew at once, since there may be another key soon. */
static int load_of_either(struct um_agent *a, enum um_warden_part part)
{
    struct um_name old;
    int rv = load(a, part);

    if (rv != P2P_EPEER || a->cfg.old == NULL ||
        um_item_signer(a->cfg.old, &old) != 0) {
        return rv;
    }
    um_warden_succeed(a->warden, &old);
    rv = load(a, part);
    um_warden_succeed(a->warden, &a->me);
    if (rv == 0) {
        rv = um_agent_save(a, part);
    }
    return rv;
}

/* Reads both files into a warden of a mesh. P2P_ENOTFOUND: there is no
 * record. */
static int load_warden(struct um_agent *a, const struct um_name *mesh)
{
    int rv;

    a->warden = um_warden_new(mesh, &a->me);
    if (a->warden == NULL) {
        return P2P_ENOMEM;
    }
    rv = load_of_either(a, UM_WARDEN_ROSTER);
    return rv == 0 || rv == P2P_ENOTFOUND ? load_of_either(a, UM_WARDEN_RECORD)
                                          : rv;
}

/* ran: something did, as the node says. */
static int make_warden(struct um_agent *a, const struct um_name *mesh, bool ran)
{
    int rv = um_item_signer(a->cfg.key, &a->me);

    if (rv != 0) {
        return rv;
    }
    a->stash = um_stash_new(UM__CAP_AGENT_STASH_BYTES);
    if (a->stash == NULL) {
        return P2P_ENOMEM;
    }
    if (unpark(a, mesh)) {
        return 0;
    }
    rv = load_warden(a, mesh);
    if (rv != 0 && rv != P2P_ENOTFOUND) {
        um_warden_free(a->warden);
        a->warden = NULL;
    }
    if (rv == P2P_ENOTFOUND && ran) {
        um_log_line(a->cfg.log, UM_LOG_WARN,
                    "the applier has no record of what ran here: whatever is "
                    "in force may run, as on a new node");
    }
    return rv == P2P_ENOTFOUND ? 0 : rv;
}

/* Whether a slot came is the node's word: what lacks one is not here, and no
 * mistake of the document. */
static bool on_locked(void *user, const struct um_name *object)
{
    (void)user;
    (void)object;
    return true;
}

/* Of the scratch Unit nothing is told but what came of what was tried. */
static void no_live(void *user, const struct um_runner_live *live)
{
    (void)user;
    (void)live;
}

static void no_scratch(void *user, const char *text)
{
    struct um_agent *a = user;

    um_log_line(a->cfg.log, UM_LOG_WARN, "the scratch Unit is absent: %s",
                text);
}

static void no_outcome(void *user, enum um_result outcome,
                       const struct um_name *revision,
                       const struct um_name *effective, struct um_str text)
{
    (void)user;
    (void)outcome;
    (void)revision;
    (void)effective;
    (void)text;
}

static void no_shown(void *user, const struct um_name *effective,
                     struct um_str config)
{
    (void)user;
    (void)effective;
    (void)config;
}

static void no_health(void *user, bool healthy)
{
    (void)user;
    (void)healthy;
}

static const struct um_runner_cb scratch_cb = {.live = no_live,
                                               .absent = no_scratch,
                                               .applied = no_outcome,
                                               .shown = no_shown,
                                               .health = no_health};

static int make_scratch(struct um_agent *a)
{
    const struct um_runner_cfg cfg = {.unit = a->cfg.scratch.unit,
                                      .alone = true,
                                      .applier = a->cfg.scratch.applier,
                                      .unit_log = a->cfg.scratch.log,
                                      .alarms = a->cfg.alarms,
                                      .log = a->cfg.log,
                                      .cb = &scratch_cb,
                                      .user = a};

    if (cfg.unit == NULL) {
        return 0;
    }
    a->scratch = um_runner_new(&cfg);
    return a->scratch != NULL ? 0 : P2P_ENOMEM;
}

static int make_runner(struct um_agent *a, const struct um_wire_msg *m)
{
    const struct um_runner_cfg cfg = {.unit = a->cfg.unit,
                                      .applier = a->cfg.applier,
                                      .policy = a->cfg.policy,
                                      .unit_log = a->cfg.unit_log,
                                      .alarms = a->cfg.alarms,
                                      .log = a->cfg.log,
                                      .effective = m->effective,
                                      .shown = m->bytes,
                                      .cb = &runner_cb,
                                      .user = a};

    a->vault = (struct um_vault){.papers = um_stash_port(a->stash),
                                 .key = a->cfg.key,
                                 .old = a->cfg.old,
                                 .mesh = m->mesh,
                                 .missing = um_agent_missing,
                                 .locked = on_locked,
                                 .user = a};
    if (cfg.unit == NULL) {
        return 0;
    }
    a->runner = um_runner_new(&cfg);
    return a->runner != NULL ? 0 : P2P_ENOMEM;
}

static void start(struct um_agent *a, const struct um_wire_msg *m)
{
    int rv;

    stop(a);
    rv = make_warden(a, &m->mesh, !um_name_none(&m->effective));
    if (rv == 0) {
        um_agent_say_record(a);
        rv = make_runner(a, m);
    }
    if (rv == 0) {
        rv = make_scratch(a);
    }
    if (rv != 0) {
        stop(a);
        um_log_line(a->cfg.log, UM_LOG_ERROR, "%s", why_not(rv));
        say_absent(a, why_not(rv));
        return;
    }
    a->node_has = a->to_hear = m->number;
    if (a->to_hear == 0) {
        say_what_it_lacks(a);
    }
    if (!um_name_none(&m->hash) && a->runner != NULL) {
        um_agent_list(a, &m->hash);
    }
}

/* Whether nothing was ever given to Unit. */
static bool is_fresh(const struct um_agent *a)
{
    struct um_buf names = UM_BUF_INIT;
    bool fresh;

    if (a->warden == NULL) {
        return false;
    }
    um_warden_names(a->warden, &names);
    fresh = names.len == 0 && !um_buf_failed(&names);
    um_buf_fini(&names);
    return fresh;
}

static int forget_mesh(struct um_agent *a)
{
    static const char *const names[] = {ROSTER, UM_AGENT_RECORD, UNBIND};
    const struct um_agent_files *f = &a->cfg.files;
    int rv = 0;

    for (size_t i = 0; i < sizeof names / sizeof *names && rv == 0; i++) {
        rv = f->drop(f->user, names[i]);
        if (rv != 0) {
            um_log_line(a->cfg.log, UM_LOG_ERROR,
                        "the applier cannot remove its %s: %s", names[i],
                        p2p_err_text(rv));
        }
    }
    return rv;
}

/* Whether neither file is there: it was never bound, or is so no more. */
static bool is_unbound(struct um_agent *a)
{
    const struct um_agent_files *f = &a->cfg.files;
    struct um_buf bytes = UM_BUF_INIT;
    bool none = f->load(f->user, ROSTER, &bytes) == P2P_ENOTFOUND &&
                f->load(f->user, UM_AGENT_RECORD, &bytes) == P2P_ENOTFOUND;

    um_buf_fini(&bytes);
    return none;
}

int um_agent_leave(struct um_agent *a)
{
    const struct um_agent_files *f = &a->cfg.files;
    struct um_buf asked = UM_BUF_INIT;
    bool may = a->cfg.may_leave || is_fresh(a) ||
               (a->warden == NULL && is_unbound(a)) ||
               f->load(f->user, UNBIND, &asked) == 0;

    um_buf_fini(&asked);
    stop(a);
    if (may) {
        forget_parked(a);
        return forget_mesh(a);
    }
    um_log_line(a->cfg.log, UM_LOG_WARN,
                "the applier stays bound to the mesh that was left: %s",
                why_not(P2P_EPEER));
    return P2P_EACCES;
}

void um_agent_succeed(struct um_agent *a, const struct p2p_key *key,
                      const struct p2p_key *old)
{
    stop(a);
    forget_parked(a);
    a->cfg.key = key;
    a->cfg.old = old;
}

void um_agent_place(struct um_agent *a, struct um_keyring_place *out)
{
    *out = (struct um_keyring_place){.wall_ms = a->cfg.wall_ms(a->cfg.clock)};
    if (a->warden != NULL) {
        out->roster = um_warden_roster(a->warden);
        out->mesh = out->roster->mesh;
    } else {
        out->fresh = is_unbound(a);
    }
}

/* ---- what the node says */

/* Takes those that wait for others, as long as that helps. */
static void take_unmet(struct um_agent *a)
{
    bool again = true;

    while (again && a->unmet.len > 0) {
        struct um_buf left = UM_BUF_INIT;
        struct um_str all = um_buf_view(&a->unmet), one;

        again = false;
        while (um_pb_list_next(&all, &one)) {
            if (um_warden_statement(a->warden, one) == P2P_EAGAIN) {
                um_wire_put_statement(&left, one);
            } else {
                again = true;
            }
        }
        um_buf_fini(&a->unmet);
        a->unmet = left;
    }
}

static size_t count(struct um_str list)
{
    struct um_str one;
    size_t n = 0;

    while (um_pb_list_next(&list, &one)) {
        n++;
    }
    return n;
}

/* Some of the statements that the node has have come. */
static void told(struct um_agent *a, uint64_t n)
{
    bool last = a->to_hear > 0 && n >= a->to_hear;

    a->to_hear -= n < a->to_hear ? n : a->to_hear;
    if (last) {
        say_what_it_lacks(a);
    }
}

static void statements(struct um_agent *a, const struct um_wire_msg *m)
{
    struct um_str all = m->statements, one;
    bool taken = false;
    size_t waiting = count(um_buf_view(&a->unmet));

    while (um_pb_list_next(&all, &one)) {
        int rv = um_warden_statement(a->warden, one);

        taken = taken || rv == 0;
        if (rv == P2P_EAGAIN && waiting < UM__CAP_AGENT_UNMET) {
            um_wire_put_statement(&a->unmet, one);
            waiting++;
        } else if (rv != 0 && rv != P2P_EDUP) {
            um_log_line(a->cfg.log, UM_LOG_WARN,
                        "the applier does not take a statement: %s",
                        p2p_err_text(rv));
        }
    }
    if (taken) { /* each that waits is verified each time */
        take_unmet(a);
    }
    (void)um_agent_save(a, UM_WARDEN_ROSTER);
    told(a, count(m->statements));
}

static void slot(struct um_agent *a, const struct um_wire_msg *m)
{
    uint8_t bytes[UM_SEALED_SLOT_BYTES];

    memcpy(bytes, m->bytes.p, sizeof bytes);
    um_vault_slot(&a->vault, &m->hash, bytes);
}

/* What is only for the applier of a mesh. */
static void heard_started(struct um_agent *a, const struct um_wire_msg *m)
{
    switch (m->what) {
        case UM_WIRE_ORDER:
            um_agent_order(a, m);
            break;
        case UM_WIRE_TRY:
            um_agent_try(a, m);
            break;
        case UM_WIRE_LOOK:
            um_runner_look(a->runner);
            break;
        case UM_WIRE_PAPER:
            um_agent_paper(a, m);
            break;
        case UM_WIRE_SLOT:
            slot(a, m);
            break;
        case UM_WIRE_HEAR:
            um_agent_hear(a, m);
            break;
        default:
            um_runner_adopted(a->runner, &m->effective);
            break;
    }
}

/* A stand-in is where the node says. */
static void take_unit(struct um_agent *a, const struct um_wire_msg *m)
{
    char target[UM__CAP_WIRE_PATH_BYTES + 1];

    if (a->cfg.unit_at == NULL || a->cfg.unit != NULL) {
        return;
    }
    memcpy(target, m->text.p, m->text.len);
    target[m->text.len] = '\0';
    if (a->cfg.unit_at(a->cfg.user, target, &a->cfg.unit, &a->cfg.applier) !=
        0) {
        um_log_line(a->cfg.log, UM_LOG_ERROR,
                    "the applier does not go to a Unit at %s", target);
    }
}

/* What the policy and the scratch Unit are asked with, too, where there may be
 * no other one. */
static bool is_scratchs(const struct um_wire_msg *m)
{
    return m->what == UM_WIRE_SCRATCH || m->what == UM_WIRE_PAPER ||
           m->what == UM_WIRE_SLOT;
}

static void heard_scratch(struct um_agent *a, const struct um_wire_msg *m)
{
    if (m->what == UM_WIRE_SCRATCH) {
        um_agent_scratch(a, m);
    } else {
        heard_started(a, m);
    }
}

static int heard(struct um_agent *a, const struct um_wire_msg *m)
{
    if (m->what > UM_WIRE_LAST_TO) {
        return P2P_EFORMAT; /* one of ours */
    }
    if (m->what == UM_WIRE_START) {
        start(a, m);
    } else if (m->what == UM_WIRE_STOP) {
        stop(a);
    } else if (m->what == UM_WIRE_GET) {
        um_agent_get(a, m);
    } else if (m->what == UM_WIRE_UNIT) {
        take_unit(a, m);
    } else if (a->warden != NULL && m->what == UM_WIRE_STATEMENTS) {
        statements(a, m);
    } else if (a->warden != NULL && is_scratchs(m)) {
        heard_scratch(a, m);
    } else if (a->runner != NULL && m->what != UM_WIRE_SCRATCH) {
        heard_started(a, m);
    } else if (m->what == UM_WIRE_ORDER || m->what == UM_WIRE_TRY ||
               m->what == UM_WIRE_SCRATCH) {
        um_agent_no(a, m->number,
                    UM_STR("the applier is of no mesh, or has no Unit"));
    }
    return 0;
}

int um_agent_feed(struct um_agent *a, struct um_str bytes)
{
    return um_wire_in_add(&a->in, bytes);
}

int um_agent_step(struct um_agent *a)
{
    struct um_wire_msg m;
    struct um_str frame;
    int rv = um_wire_in_next(&a->in, &frame);

    if (rv != 1) {
        return rv;
    }
    rv = um_wire_read(frame, &m);
    if (rv == 0) {
        rv = heard(a, &m);
    }
    return rv == 0 ? 1 : rv;
}

int um_agent_recv(struct um_agent *a, struct um_str bytes)
{
    int rv = um_agent_feed(a, bytes);

    if (rv != 0) {
        return rv;
    }
    do {
        rv = um_agent_step(a);
    } while (rv == 1);
    return rv;
}

struct um_agent *um_agent_new(const struct um_agent_cfg *cfg)
{
    struct um_agent *a = um_mem_zalloc(sizeof *a);

    if (a != NULL) {
        a->cfg = *cfg;
    }
    return a;
}

void um_agent_free(struct um_agent *a)
{
    if (a == NULL) {
        return;
    }
    stop(a);
    forget_parked(a);
    um_agent_forget_gets(a);
    um_wire_in_fini(&a->in);
    um_mem_free(a);
}
