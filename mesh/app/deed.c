/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See deed.h. Happy path: the command, its reply when it is on the disk, then
 * the model is looked at whenever something changed. Once it is done it is
 * answered with success, however long the rest takes; but if this node's Unit
 * refuses it, that is the answer. */
#include "mesh/app/deed.h"

#include <stdio.h>
#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/span.h"
#include "mesh/app/spread.h"
#include "mesh/node/desk.h"
#include "mesh/applier/refusal.h"
#include "mesh/applier/runner.h"
#include "mesh/trust/revname.h"

#define TIMEOUT_MS 30000U

/* How long who has the turn waits until Unit has the current revision, in ms: a
 * Unit that takes longer is given it when there is another one. */
#define QUEUE_MS 10000U

void um_deed_header(struct um_deed *deed, const char *name, unsigned digits)
{
    const struct um_past *p = um_history_find(
        &um_node_model(um_wait_node(&deed->wait))->history, &deed->revision);
    char text[UM_REVNAME_TEXT_MAX], quoted[UM_REVNAME_TEXT_MAX + 2];

    if (p == NULL) {
        return;
    }
    (void)um_revname_text(p->rev.number, &deed->revision, digits, text);
    (void)snprintf(quoted, sizeof quoted,
                   digits == UM_DESK_DIGITS ? "\"%s\"" : "%s", text);
    um_http_reply_header(deed->wait.req, name, quoted);
}

/* What this node's Unit says to the revision; 0: nothing yet. */
static unsigned outcome(const struct um_deed *deed, const char **text)
{
    struct um_node *n = um_wait_node(&deed->wait);
    struct um_model *m = um_node_model(n);
    const struct um_past *mine =
        um_view_desired(&m->view, &m->history, &m->roster, &m->cfg.me);

    if (um_name_eq(&m->own.applied, &deed->revision) ||
        um_node_hands(n) == NULL || mine == NULL ||
        !um_name_eq(&mine->rev.id, &deed->revision)) {
        return 200; /* it runs, or it is not to run here (any more) */
    }
    if (um_own_refused(&m->own, &deed->revision, NULL)) {
        *text = m->refusal;
        return 400;
    }
    return 0;
}

/* Answers that it went well. */
static void reply(struct um_deed *deed, unsigned status, const char *waited)
{
    if (!um_name_none(&deed->command.doc)) {
        um_deed_checked(deed);
    }
    deed->reply(deed, status, waited);
}

static const char *word(const struct um_deed *deed)
{
    return deed->until == UM_UNTIL_HEALTHY ? "healthy" : "applied";
}

/* Whether all that are waited for are there: the status; 0: not yet. */
static unsigned spread(struct um_deed *deed)
{
    struct um_spread s;

    um_spread_count(um_wait_node(&deed->wait), &deed->revision,
                    deed->until == UM_UNTIL_HEALTHY, &s);
    if (s.coming > 0) {
        return 0;
    }
    return s.refused == 0 ? 200 : 202;
}

static void refuse(struct um_deed *deed, const char *text)
{
    um_deed_header(deed, "X-Revision", UM_REVNAME_DIGITS);
    um_wait_fail(&deed->wait, 400,
                 "This node's Unit refuses the configuration; what ran before "
                 "still does.",
                 text);
}

void um_deed_settle(struct um_deed *deed)
{
    const char *text = NULL;
    unsigned status = 200;
    bool wide = deed->until > UM_UNTIL_HERE;

    deed->done = true;
    if (deed->until != UM_UNTIL_DISK && !(deed->decides && !wide)) {
        status = outcome(deed, &text);
    }
    if (status == 400) {
        refuse(deed, text);
        return;
    }
    if (status == 200 && wide) {
        status = spread(deed);
    }
    if (status == 0) {
        um_wait_watch(&deed->wait, wide ? deed->timeout_ms : UM_WAIT_MS);
    } else {
        reply(deed, status, wide ? word(deed) : NULL);
    }
}

static void look_at_unit(struct um_deed *deed);
static void order(struct um_deed *deed, bool dry, um_node_replied *replied);
static void on_replied(void *user, enum um_reply answer,
                       const struct um_name *revision);

static void look(struct um_wait *w)
{
    struct um_deed *deed = (struct um_deed *)w;

    if (deed->done) {
        um_deed_settle(deed);
    } else if (deed->holds) {
        look_at_unit(deed);
    } else {
        deed->go_on(deed);
    }
}

static void late(struct um_wait *w)
{
    struct um_deed *deed = (struct um_deed *)w;
    bool wide = deed->until > UM_UNTIL_HERE;

    if (deed->done) { /* it holds; somebody is slow, or not there */
        reply(deed, wide ? 202 : 200, wide ? word(deed) : NULL);
        return;
    }
    if (deed->holds) {
        deed->holds = false;
        order(deed, false, on_replied);
        return;
    }
    um_http_reply_header(w->req, "Retry-After", "2");
    um_wait_fail(w, 503, "The configuration is not here yet.",
                 "No connected member has it, or none is connected.");
}

static bool read_query(struct um_deed *deed)
{
    const struct um_wait *w = &deed->wait;
    const char *wait = um_http_query(w->req, "wait");
    const char *timeout = um_http_query(w->req, "timeout");

    deed->until = um_wait_asks(w, "no-wait") ? UM_UNTIL_DISK : UM_UNTIL_HERE;
    deed->timeout_ms = TIMEOUT_MS;
    if (wait != NULL && strcmp(wait, "healthy") == 0) {
        deed->until = UM_UNTIL_HEALTHY;
    } else if (wait != NULL && strcmp(wait, "applied") == 0) {
        deed->until = UM_UNTIL_APPLIED;
    } else if (wait != NULL) {
        return false;
    }
    return timeout == NULL || um_span_parse(timeout, &deed->timeout_ms);
}

bool um_deed_begin(struct um_deed *deed, struct um_daemon *d,
                   struct um_http_req *req, void (*drop)(struct um_wait *w))
{
    deed->wait.look = look;
    deed->wait.late = late;
    deed->wait.drop = um_deed_drop;
    deed->drop = drop;
    um_wait_begin(&deed->wait, d, req);
    if (!read_query(deed)) {
        um_wait_fail(&deed->wait, 400, "Invalid request.",
                     "wait is applied or healthy, timeout a span of time such "
                     "as 30s.");
        return false;
    }
    return true;
}

/* A guard is against it. */
static void turn_down(struct um_deed *deed, enum um_reply answer,
                      const struct um_name *revision)
{
    struct um_wait *w = &deed->wait;
    const struct um_past *p;
    char about[UM_REVNAME_TEXT_MAX] = "";

    if (w->closed || revision == NULL) {
        um_wait_fail(w, 503, "This node is ending, or leaves its mesh.", NULL);
        return;
    }
    p = um_history_find(&um_node_model(um_wait_node(w))->history, revision);
    if (p != NULL) {
        (void)um_revname_text(p->rev.number, revision, UM_REVNAME_DIGITS,
                              about);
    }
    um_answer_refusal(w->req, answer, about);
    um_wait_end(w);
}

/* ---- whose turn it is with this node's Unit */

static void ask_guards(struct um_deed *deed);

static void on_turn(void *user)
{
    struct um_deed *deed = user;

    deed->wait.alarm = NULL;
    ask_guards(deed);
}

/* Its turn comes, from its guards on: what was first may be in the way. */
static void come_again(struct um_deed *deed)
{
    const struct um_alarms *a = &deed->wait.d->loop.alarms;

    um_wait_rest(&deed->wait);
    deed->wait.alarm = a->set(a->user, 0, on_turn, deed);
    if (deed->wait.alarm == NULL) {
        um_wait_fail(&deed->wait, 500, "Out of memory.", NULL);
    }
}

/* Whether it is its turn; else it is the last of the queue. */
static bool has_turn(struct um_deed *deed)
{
    struct um_deed **at = &deed->wait.d->trying;

    if (*at == NULL || *at == deed) {
        *at = deed;
        return true;
    }
    while (*at != NULL && *at != deed) {
        at = &(*at)->behind;
    }
    *at = deed;
    return false;
}

/* It is out of the queue; who had the turn gives it to the next. */
static void leave_queue(struct um_deed *deed)
{
    struct um_deed **at = &deed->wait.d->trying, *next;
    bool first = *at == deed;

    while (*at != NULL && *at != deed) {
        at = &(*at)->behind;
    }
    if (*at == NULL) {
        return;
    }
    *at = next = deed->behind;
    deed->behind = NULL;
    if (first && next != NULL) {
        come_again(next);
    }
}

void um_deed_drop(struct um_wait *w)
{
    struct um_deed *deed = (struct um_deed *)w;

    leave_queue(deed);
    deed->drop(w);
}

/* Whether it begins anew, because somebody was first. */
static bool begins_anew(struct um_deed *deed, enum um_reply answer)
{
    return answer == UM_MOVED && !deed->wait.closed && deed->again != NULL &&
           deed->again(deed);
}

static void on_replied(void *user, enum um_reply answer,
                       const struct um_name *revision)
{
    struct um_deed *deed = user;
    struct um_wait *w = &deed->wait;

    w->asked = false;
    um_wait_rest(w);
    if (answer == UM_OK && !w->closed) {
        leave_queue(deed); /* there was a revision already */
        deed->revision = *revision;
        um_deed_settle(deed);
        return;
    }
    if (deed->tried && !deed->out && !w->closed) {
        um_node_untry(um_wait_node(w));
        deed->tried = false;
    }
    if (!begins_anew(deed, answer)) {
        turn_down(deed, answer, revision);
    }
}

/* Gives it the command. If that makes a revision, the deed is still there, and
 * this node's Unit is the next one's: what that needs to have on the disk first
 * goes there with the revision. */
static void order(struct um_deed *deed, bool dry, um_node_replied *replied)
{
    struct um_wait *w = &deed->wait;
    struct um_node *n = um_wait_node(w);
    const struct um_history *h = &um_node_model(n)->history;
    size_t before = h->revs_n;
    void (*made)(struct um_deed *, const struct um_name *) = deed->made;

    deed->command.dry = dry;
    deed->command.tried = deed->tried;
    w->asked = true;
    if (um_node_command(n, &deed->command, replied, deed) != 0) {
        w->asked = false;
        um_wait_fail(w, 500, "Out of memory.", NULL);
    } else if (!dry && h->revs_n == before + 1) {
        deed->out = true;
        if (made != NULL) {
            made(deed, &um_history_at(h, (uint32_t)before)->rev.id);
        }
        leave_queue(deed);
    }
}

/* Whose words they are is told by how they begin. */
static void refuse_trial(struct um_deed *deed, const char *unit,
                         struct um_str text)
{
    char words[UM_REFUSAL_BYTES];

    (void)snprintf(words, sizeof words, "%.*s", UM_STR_ARG(text));
    um_wait_fail(
        &deed->wait, 400,
        strncmp(words, UM_REFUSAL_POLICY, sizeof UM_REFUSAL_POLICY - 1) == 0
            ? "This node's policy refuses the configuration."
            : unit,
        words);
}

/* What this node's Unit said. Without an answer it is published all the same:
 * Unit is absent, and is given it when it is there. */
static void on_tried(void *user, enum um_result outcome, struct um_str text)
{
    struct um_deed *deed = user;

    deed->tried = outcome == UM_RESULT_DONE;
    if (outcome == UM_RESULT_REFUSED) {
        refuse_trial(deed, "This node's Unit refuses the configuration.", text);
        return;
    }
    order(deed, false, on_replied);
}

static bool has_scratch(const struct um_deed *deed)
{
    return deed->wait.d->settings.scratch_unit != NULL;
}

static void on_judged(void *user, enum um_result outcome, struct um_str text)
{
    struct um_deed *deed = user;

    deed->judged = outcome == UM_RESULT_DONE;
    deed->scratched = deed->judged && has_scratch(deed);
    if (outcome == UM_RESULT_REFUSED) {
        refuse_trial(deed, "The scratch Unit refuses the configuration.", text);
        return;
    }
    if (outcome == UM_RESULT_NO_ANSWER && has_scratch(deed)) {
        um_log_line(&deed->wait.d->log, UM_LOG_WARN,
                    "the scratch Unit does not say what it makes of a change: "
                    "%.*s",
                    UM_STR_ARG(text));
    }
    deed->checked(deed);
}

bool um_deed_judge(struct um_deed *deed, const struct um_name *doc,
                   void (*done)(struct um_deed *deed))
{
    deed->judged = deed->scratched = false;
    deed->scratch_of = *doc;
    deed->checked = done;
    return um_node_scratch(um_wait_node(&deed->wait), doc, on_judged, deed) ==
           0;
}

void um_deed_checked(struct um_deed *deed)
{
    char text[40];

    (void)snprintf(text, sizeof text, "document%s%s",
                   deed->scratched                ? ", scratch"
                   : deed->judged && !deed->tried ? ", policy"
                                                  : "",
                   deed->tried ? ", unit" : "");
    um_http_reply_header(deed->wait.req, "X-Checked", text);
}

/* Waits for this node's Unit. */
static void hold(struct um_deed *deed)
{
    const struct um_alarms *a = &deed->wait.d->loop.alarms;
    uint64_t now = a->now_ms(a->user);

    if (deed->hold_ms == 0) {
        deed->hold_ms = now + QUEUE_MS;
    }
    deed->holds = true;
    um_wait_watch(&deed->wait, deed->hold_ms > now ? deed->hold_ms - now : 0);
}

/* Something has changed: it may be that Unit is at rest. */
static void look_at_unit(struct um_deed *deed)
{
    if (um_node_try_later(um_wait_node(&deed->wait))) {
        hold(deed);
        return;
    }
    deed->holds = false;
    um_wait_rest(&deed->wait);
    ask_guards(deed);
}

/* This node's Unit is asked before anybody hears of it, if what it runs is what
 * the change is made from. Who asks Unit is not told when the node ends. */
static void try_here(struct um_deed *deed)
{
    bool tries = deed->command.policy == UM_IMMEDIATE &&
                 um_node_has_unit(um_wait_node(&deed->wait));
    int rv;

    if (tries && !has_turn(deed)) {
        return;
    }
    rv = tries ? um_node_try(um_wait_node(&deed->wait), &deed->command.doc,
                             on_tried, deed)
               : P2P_ESTATE;

    if (rv == P2P_EAGAIN) {
        hold(deed);
    } else if (rv != 0) {
        order(deed, false, on_replied);
    }
}

/* Whether the scratch Unit took it, in a turn before. */
static bool is_scratched(const struct um_deed *deed)
{
    return deed->scratched && um_name_eq(&deed->scratch_of, &deed->command.doc);
}

/* No guard is against it: the scratch Unit is asked, then this node's. */
static void on_checked(void *user, enum um_reply answer,
                       const struct um_name *revision)
{
    struct um_deed *deed = user;

    deed->wait.asked = false;
    if (begins_anew(deed, answer)) {
        return;
    }
    if (answer != UM_OK || deed->wait.closed) {
        turn_down(deed, answer, revision);
    } else if (!has_scratch(deed) || is_scratched(deed) ||
               !um_deed_judge(deed, &deed->command.doc, try_here)) {
        try_here(deed);
    }
}

/* A command that only asks its guards, then Units, then the command. */
static void ask_guards(struct um_deed *deed)
{
    order(deed, true, on_checked);
}

void um_deed_ask(struct um_deed *deed, const struct um_command *c)
{
    deed->command = *c;
    um_wait_rest(&deed->wait);
    /* Its guards say at once that somebody was first; the command's own answer
     * waits for the disk. */
    if (!um_name_none(&c->doc) &&
        (c->policy == UM_IMMEDIATE || has_scratch(deed))) {
        ask_guards(deed);
    } else {
        order(deed, false, on_replied);
    }
}

void um_deed_show(struct um_deed *deed, const char *waited, struct um_json *j)
{
    if (waited != NULL) {
        um_json_text(j, "waited", waited);
        um_spread_show(um_wait_node(&deed->wait), &deed->revision,
                       deed->until == UM_UNTIL_HEALTHY, j);
    }
}
