/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hands.h. What is asked has a number, and is told of by it. Failure mode:
 * an applier that says what is no message, or of what was not asked: the former
 * is an error, the latter is passed over, since it may be about what was before
 * a STOP.
 */
#include "mesh/node/hands.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"

/* A GET that waits. */
struct asked {
    struct asked *next;
    uint64_t number;
    um_unit_done *done;
    void *user;
};

/* Something that is tried; one at a time at each Unit. */
struct trial {
    uint64_t number; /* 0: nothing is */
    uint64_t since_ms;
    um_runner_tried *told;
    void *user;
};

struct um_hands {
    struct um_hands_cfg cfg;
    struct um_wire_in in;
    uint64_t number; /* the last that was given */
    struct um_applier_stats stats;
    struct um_histogram took_ms;
    struct asked *asked;
    size_t asked_n;
    bool on; /* they are a member's */
    struct um_hands_member of;
    uint64_t applying;    /* 0: nothing */
    uint64_t applying_ms; /* since when */
    struct um_name revision;
    struct um_name effective;
    struct trial here;
    struct trial scratch;
    bool seen;
    bool took;
    struct um_name known; /* what `shown` is of */
    struct um_buf config;
    struct um_buf shown;
    struct um_buf modules; /* ends with a zero byte; empty: no list */
    struct um_buf record;  /* names */
    bool has_status;
    uint64_t status_ms; /* when it came */
    struct um_buf status;
};

static void set(struct um_buf *b, struct um_str s)
{
    um_buf_clear(b);
    um_buf_str(b, s);
}

static uint64_t now_ms(const struct um_hands *h)
{
    const struct um_alarms *a = h->cfg.alarms;

    return a != NULL ? a->now_ms(a->user) : 0;
}

static void say(struct um_hands *h, const struct um_wire_msg *m)
{
    struct um_buf out = UM_BUF_INIT;

    um_wire_write(&out, m);
    if (um_buf_failed(&out)) {
        um_log_line(h->cfg.log, UM_LOG_ERROR,
                    "out of memory: the applier cannot be told anything");
        um_buf_fini(&out);
    }
    h->cfg.send(h->cfg.user, um_buf_view(&out));
    um_buf_fini(&out);
}

static void say_plain(struct um_hands *h, enum um_wire_what what)
{
    const struct um_wire_msg m = {.what = what};

    say(h, &m);
}

struct um_hands *um_hands_new(const struct um_hands_cfg *cfg)
{
    struct um_hands *h = um_mem_zalloc(sizeof *h);

    if (h != NULL) {
        h->cfg = *cfg;
    }
    return h;
}

/* What is known of Unit for a member. */
static void forget_member(struct um_hands *h)
{
    um_buf_fini(&h->config);
    um_buf_fini(&h->shown);
    um_buf_fini(&h->modules);
    um_buf_fini(&h->record);
    um_buf_fini(&h->status);
    h->has_status = false;
    h->on = h->seen = h->took = false;
    h->applying = h->here.number = h->scratch.number = 0;
}

void um_hands_free(struct um_hands *h)
{
    if (h == NULL) {
        return;
    }
    forget_member(h);
    while (h->asked != NULL) {
        struct asked *q = h->asked;

        h->asked = q->next;
        um_mem_free(q);
    }
    um_wire_in_fini(&h->in);
    um_mem_free(h);
}

/* ---- what the applier says */

static void on_live(struct um_hands *h, const struct um_wire_msg *m)
{
    const struct um_runner_live live = {.effective = m->effective,
                                        .ours = m->ours,
                                        .blank = m->blank,
                                        .other_unit = m->other,
                                        .version = m->text,
                                        .config = m->bytes};

    h->seen = true;
    set(&h->config, m->bytes);
    set(&h->modules, m->modules);
    if (m->modules.len > 0) {
        um_buf_byte(&h->modules, '\0');
    }
    if (um_buf_failed(&h->modules)) {
        um_buf_fini(&h->modules); /* rather no list than one without an end */
    }
    h->of.cb->live(h->of.user, &live);
}

static void on_shown(struct um_hands *h, const struct um_wire_msg *m)
{
    set(&h->config, m->bytes);
    set(&h->shown, m->bytes);
    h->took = m->bytes.len > 0 && !um_buf_failed(&h->shown);
    h->known = m->effective;
    h->of.cb->shown(h->of.user, &m->effective, m->bytes);
}

static void on_absent(struct um_hands *h, const struct um_wire_msg *m)
{
    struct um_buf text = UM_BUF_INIT;

    um_buf_str(&text, m->text);
    um_buf_byte(&text, '\0');
    if (!um_buf_failed(&text)) {
        h->of.cb->absent(h->of.user, text.p);
    }
    um_buf_fini(&text);
}

static enum um_result result_of(unsigned outcome)
{
    return outcome <= UM_RESULT_NO_ANSWER ? (enum um_result)outcome
                                          : UM_RESULT_NO_ANSWER;
}

static void count(struct um_hands *h, enum um_result outcome, uint64_t since)
{
    um_histogram_add(&h->took_ms, now_ms(h) - since);
    h->stats.applied += outcome == UM_RESULT_DONE;
    h->stats.refused += outcome == UM_RESULT_REFUSED;
    h->stats.failed += outcome == UM_RESULT_NO_ANSWER;
}

/* A trial has an outcome: it is over, and told of. */
static void end_trial(struct trial *t, enum um_result outcome,
                      struct um_str text)
{
    assert(t->told != NULL);
    t->number = 0;
    t->told(t->user, outcome, text);
}

static void on_outcome(struct um_hands *h, const struct um_wire_msg *m)
{
    enum um_result outcome = result_of(m->outcome);

    if (m->number == h->applying) {
        struct um_name revision = h->revision, effective = h->effective;

        h->applying = 0;
        count(h, outcome, h->applying_ms);
        h->of.cb->applied(h->of.user, outcome, &revision, &effective, m->text);
    } else if (m->number == h->here.number) {
        count(h, outcome, h->here.since_ms);
        end_trial(&h->here, outcome, m->text);
    } else if (m->number == h->scratch.number) {
        end_trial(&h->scratch, outcome, m->text);
    }
}

static void on_want(struct um_hands *h, const struct um_wire_msg *m)
{
    struct um_wire_msg paper = {.what = UM_WIRE_PAPER, .hash = m->hash};

    if (h->of.paper(h->of.user, &m->hash, &paper.bytes) != 0) {
        paper.bytes = um_str_n(NULL, 0);
    }
    say(h, &paper);
}

static void on_stated(struct um_hands *h, const struct um_wire_msg *m)
{
    struct um_str all = m->statements, one;

    while (h->of.stated != NULL && um_pb_list_next(&all, &one)) {
        h->of.stated(h->of.user, one);
    }
}

/* The GET with a number, taken off the list; or NULL. */
static struct asked *take(struct um_hands *h, uint64_t number)
{
    struct asked **at = &h->asked, *q;

    while (*at != NULL && (*at)->number != number) {
        at = &(*at)->next;
    }
    q = *at;
    if (q != NULL) {
        assert(h->asked_n > 0);
        *at = q->next;
        h->asked_n--;
    }
    return q;
}

static void on_got(struct um_hands *h, const struct um_wire_msg *m)
{
    struct asked *q = take(h, m->number);
    struct um_buf body = UM_BUF_INIT, text = UM_BUF_INIT;
    struct um_unit_answer a = {.status = UM_UNIT_BUSY, .text = "out of memory"};

    if (q == NULL) {
        return;
    }
    um_buf_str(&body, m->bytes);
    um_buf_byte(&body, '\0');
    um_buf_str(&text, m->text);
    um_buf_byte(&text, '\0');
    if (!um_buf_failed(&body) && !um_buf_failed(&text)) {
        a = (struct um_unit_answer){
            .status = m->outcome <= UM_UNIT_BUSY
                          ? (enum um_unit_status)m->outcome
                          : UM_UNIT_UNKNOWN,
            .code = (long)m->code,
            .body = body.p,
            .len = m->bytes.len,
            .text = text.p};
    }
    if (q->done != NULL) {
        q->done(q->user, &a);
    }
    um_mem_free(q);
    um_buf_fini(&body);
    um_buf_fini(&text);
}

static void on_status(struct um_hands *h, const struct um_wire_msg *m)
{
    set(&h->status, m->bytes);
    h->has_status = !um_buf_failed(&h->status);
    h->status_ms = now_ms(h);
}

static void heard_of_unit(struct um_hands *h, const struct um_wire_msg *m)
{
    switch (m->what) {
        case UM_WIRE_LIVE:
            on_live(h, m);
            break;
        case UM_WIRE_ABSENT:
            on_absent(h, m);
            break;
        case UM_WIRE_SHOWN:
            on_shown(h, m);
            break;
        case UM_WIRE_HEALTH:
            h->of.cb->health(h->of.user, m->healthy);
            break;
        case UM_WIRE_OUTCOME:
            on_outcome(h, m);
            break;
        case UM_WIRE_WANT:
            on_want(h, m);
            break;
        case UM_WIRE_STATED:
            on_stated(h, m);
            break;
        case UM_WIRE_STATUS:
            on_status(h, m);
            break;
        default:
            set(&h->record,
                um_str_n((const char *)m->names.p, m->names.n * UM_NAME_BYTES));
            if (!um_name_none(&m->revision) && h->of.runs != NULL) {
                h->of.runs(h->of.user, &m->revision);
            }
            break;
    }
}

int um_hands_recv(struct um_hands *h, struct um_str bytes)
{
    struct um_wire_msg m;
    struct um_str frame;
    int rv = um_wire_in_add(&h->in, bytes);

    while (rv == 0 && (rv = um_wire_in_next(&h->in, &frame)) == 1) {
        rv = um_wire_read(frame, &m);
        if (rv == 0 && m.what <= UM_WIRE_LAST_TO) {
            rv = P2P_EFORMAT; /* one of ours */
        } else if (rv == 0 && m.what == UM_WIRE_GOT) {
            on_got(h, &m);
        } else if (rv == 0 && h->on) {
            heard_of_unit(h, &m);
        }
    }
    return rv;
}

/* ---- for whoever looks at Unit */

static void busy(um_unit_done *done, void *user)
{
    const struct um_unit_answer a = {
        .status = UM_UNIT_BUSY, .body = "", .text = "too many requests wait"};

    done(user, &a);
}

void um_hands_get(struct um_hands *h, const char *path, um_unit_done *done,
                  void *user)
{
    struct um_wire_msg m = {.what = UM_WIRE_GET, .text = um_str(path)};
    struct asked *q = NULL;

    if (h->asked_n < UM__CAP_HANDS_GETS && m.text.len > 0 &&
        m.text.len <= UM__CAP_WIRE_PATH_BYTES) {
        q = um_mem_alloc(sizeof *q);
    }
    if (q == NULL) {
        busy(done, user);
        return;
    }
    m.number = ++h->number;
    *q = (struct asked){h->asked, m.number, done, user};
    h->asked = q;
    h->asked_n++;
    assert(h->asked_n <= UM__CAP_HANDS_GETS);
    say(h, &m);
}

bool um_hands_forget(struct um_hands *h, const void *user)
{
    bool waited = false;

    for (struct asked *q = h->asked; q != NULL; q = q->next) {
        if (q->user == user && q->done != NULL) {
            q->done = NULL; /* its number goes when it is answered */
            waited = true;
        }
    }
    return waited;
}

void um_hands_unit(struct um_hands *h, const char *target)
{
    const struct um_wire_msg m = {.what = UM_WIRE_UNIT, .text = um_str(target)};

    say(h, &m);
}

/* ---- for a member */

void um_hands_start(struct um_hands *h, const struct um_hands_member *m)
{
    const struct um_wire_msg start = {.what = UM_WIRE_START,
                                      .mesh = m->mesh,
                                      .number = m->statements,
                                      .hash = m->doc,
                                      .effective = m->effective,
                                      .bytes = m->shown};

    assert(m->cb != NULL && m->paper != NULL);
    forget_member(h);
    h->on = true;
    h->of = *m;
    set(&h->shown, m->shown);
    h->took = !um_name_none(&m->effective) && m->shown.len > 0;
    h->known = m->effective;
    h->of.shown = um_str_n(NULL, 0);
    say(h, &start);
}

void um_hands_stop(struct um_hands *h)
{
    if (h->on) {
        forget_member(h);
        say_plain(h, UM_WIRE_STOP);
    }
}

void um_hands_statements(struct um_hands *h, struct um_str list)
{
    const struct um_wire_msg m = {.what = UM_WIRE_STATEMENTS,
                                  .statements = list};

    if (list.len > 0) {
        say(h, &m);
    }
}

static uint64_t order(struct um_hands *h, enum um_wire_order what,
                      const struct um_hands_order *o)
{
    const struct um_wire_msg m = {.what = UM_WIRE_ORDER,
                                  .number = ++h->number,
                                  .order = what,
                                  .revision = o->revision,
                                  .effective = o->effective,
                                  .text = um_str(o->why),
                                  .revisions = o->revisions,
                                  .facts = o->facts};

    say(h, &m);
    return m.number;
}

void um_hands_apply(struct um_hands *h, const struct um_hands_order *o)
{
    assert(h->applying == 0);
    h->revision = o->revision;
    h->effective = o->effective;
    h->applying_ms = now_ms(h);
    h->applying = order(h, UM_WIRE_RUN, o);
}

int um_hands_back(struct um_hands *h, const struct um_hands_order *o,
                  um_runner_tried *tried, void *user)
{
    if (h->here.number != 0) {
        return P2P_EAGAIN;
    }
    h->here = (struct trial){order(h, UM_WIRE_BACK, o), now_ms(h), tried, user};
    return 0;
}

void um_hands_examine(struct um_hands *h, const struct um_hands_order *o)
{
    (void)order(h, UM_WIRE_EXAMINE, o);
}

void um_hands_hear(struct um_hands *h, const struct um_hands_order *o)
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_HEAR, .revisions = o->revisions, .facts = o->facts};

    say(h, &m);
}

/* Has a document tried, as `m` says. */
static int try_it(struct um_hands *h, struct um_wire_msg *m, struct trial *t,
                  const struct trial *as)
{
    if (t->number != 0) {
        return P2P_EAGAIN;
    }
    *t = *as;
    t->number = m->number = ++h->number;
    t->since_ms = now_ms(h);
    say(h, m);
    return 0;
}

int um_hands_try(struct um_hands *h, const struct um_name *doc,
                 const struct um_name *effective, um_runner_tried *tried,
                 void *user)
{
    struct um_wire_msg m = {
        .what = UM_WIRE_TRY, .hash = *doc, .effective = *effective};

    return try_it(h, &m, &h->here,
                  &(struct trial){.told = tried, .user = user});
}

int um_hands_scratch(struct um_hands *h, const struct um_name *doc,
                     const struct um_name *effective, um_runner_tried *tried,
                     void *user)
{
    struct um_wire_msg m = {
        .what = UM_WIRE_SCRATCH, .hash = *doc, .effective = *effective};

    return try_it(h, &m, &h->scratch,
                  &(struct trial){.told = tried, .user = user});
}

void um_hands_look(struct um_hands *h)
{
    say_plain(h, UM_WIRE_LOOK);
}

void um_hands_adopted(struct um_hands *h, const struct um_name *effective)
{
    const struct um_wire_msg m = {.what = UM_WIRE_ADOPTED,
                                  .effective = *effective};

    if (!um_name_eq(effective, &h->known)) {
        say(h, &m);
    }
}

void um_hands_slot(struct um_hands *h, const struct um_name *object,
                   const uint8_t slot[UM_SEALED_SLOT_BYTES])
{
    const struct um_wire_msg m = {
        .what = UM_WIRE_SLOT,
        .hash = *object,
        .bytes = um_str_n((const char *)slot, UM_SEALED_SLOT_BYTES)};

    say(h, &m);
}

const char *um_hands_modules(const struct um_hands *h)
{
    return h->modules.len > 0 ? h->modules.p : NULL;
}

struct um_str um_hands_config(const struct um_hands *h)
{
    return h->seen ? um_buf_view(&h->config) : um_str_n(NULL, 0);
}

struct um_str um_hands_shown(const struct um_hands *h)
{
    return h->took ? um_buf_view(&h->shown) : um_str_n(NULL, 0);
}

void um_hands_stats(const struct um_hands *h, struct um_applier_stats *out)
{
    *out = h->stats;
    out->busy = h->applying != 0 || h->here.number != 0;
}

const struct um_histogram *um_hands_took(const struct um_hands *h)
{
    return &h->took_ms;
}

struct um_str um_hands_status(const struct um_hands *h, uint64_t *age_ms)
{
    *age_ms = h->has_status ? now_ms(h) - h->status_ms : 0;
    return h->has_status ? um_buf_view(&h->status) : um_str_n(NULL, 0);
}

struct um_namelist um_hands_record(const struct um_hands *h)
{
    return (struct um_namelist){(const struct um_name *)(void *)h->record.p,
                                h->record.len / UM_NAME_BYTES};
}
