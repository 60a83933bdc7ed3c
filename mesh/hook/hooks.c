/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hooks.h. An event is kept once for all hooks, and each knows how far it
 * is: `next`. What no hook needs any more is taken out of the ring, wherever it
 * is, and the oldest when there is no room. So a hook that is dead for a day
 * costs the others nothing but the room of what it is to be told itself, of
 * which it loses its oldest events first.
 */
#include "mesh/hook/hooks.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "mesh/base/mem.h"
#include "mesh/base/utf8.h"
#include "p2p/err.h"

#define RETRY_MIN_MS UINT64_C(1000)
#define RETRY_MAX_MS UINT64_C(3600000)
#define GIVE_UP_MS   UINT64_C(86400000)

#define STATUS_GONE 410U

/* Doublings that are more than enough. */
#define DOUBLINGS 20U

void um_hooks_init(struct um_hooks *h, unsigned speed)
{
    uint64_t by = speed > 1 ? speed : 1;

    memset(h, 0, sizeof *h);
    h->cfg = (struct um_hooks_cfg){RETRY_MIN_MS / by, RETRY_MAX_MS / by,
                                   GIVE_UP_MS / by};
}

static struct um_hook_event *at(const struct um_hooks *h, size_t i)
{
    assert(i < h->queued);
    return h->queue[(h->first + i) % UM__CAP_HOOKS_QUEUED];
}

/* Takes the oldest event out. */
static void forget_oldest(struct um_hooks *h)
{
    struct um_hook_event *e = at(h, 0);

    assert(h->bytes >= e->len);
    h->bytes -= e->len;
    h->first = (h->first + 1) % UM__CAP_HOOKS_QUEUED;
    h->queued--;
    um_mem_free(e);
}

void um_hooks_fini(struct um_hooks *h)
{
    while (h->queued > 0) {
        forget_oldest(h);
    }
    for (size_t i = 0; i < h->n; i++) {
        um_mem_free(h->list[i]);
    }
    h->n = 0;
}

bool um_hook_wants(const struct um_hook *hook, const char *word)
{
    struct um_str left = um_str(hook->events);

    if (hook->off || strncmp(word, "webhook", 7) == 0) {
        return false;
    }
    while (left.len > 0) {
        size_t n = um_str_find(left, ',');

        if (um_str_eq(um_str_head(left, n), um_str(word))) {
            return true;
        }
        left = um_str_skip(left, n + 1);
    }
    return hook->events[0] == '\0';
}

/* The first event that a hook was not told, of those that are for it; NULL:
 * none waits. */
static const struct um_hook_event *waiting(const struct um_hooks *h,
                                           const struct um_hook *hook)
{
    for (size_t i = 0; i < h->queued; i++) {
        const struct um_hook_event *e = at(h, i);

        if (e->number >= hook->next && um_hook_wants(hook, e->word)) {
            return e;
        }
    }
    return NULL;
}

size_t um_hooks_queued(const struct um_hooks *h, const struct um_hook *hook)
{
    size_t n = 0;

    for (size_t i = 0; i < h->queued; i++) {
        n += at(h, i)->number >= hook->next &&
             um_hook_wants(hook, at(h, i)->word);
    }
    return n;
}

/* Whether somebody waits for it. */
static bool is_needed(const struct um_hooks *h, const struct um_hook_event *e)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->list[i]->next <= e->number &&
            um_hook_wants(h->list[i], e->word)) {
            return true;
        }
    }
    return false;
}

void um_hooks_settle(struct um_hooks *h)
{
    size_t kept = 0;

    for (size_t i = 0; i < h->queued; i++) {
        struct um_hook_event *e = at(h, i);

        if (is_needed(h, e)) {
            h->queue[(h->first + kept) % UM__CAP_HOOKS_QUEUED] = e;
            kept++;
        } else {
            h->bytes -= e->len;
            um_mem_free(e);
        }
    }
    h->queued = kept;
    h->dirty = true;
}

/* A hook goes on behind an event. */
static void step_over(struct um_hook *hook, uint64_t number)
{
    hook->next = number + 1;
    hook->tries = 0;
    hook->since_ms = 0;
    hook->due_ms = 0;
}

/* The oldest event has no room any more. */
static void drop_oldest(struct um_hooks *h)
{
    const struct um_hook_event *e = at(h, 0);

    for (size_t i = 0; i < h->n; i++) {
        struct um_hook *hook = h->list[i];

        if (hook->next <= e->number && um_hook_wants(hook, e->word)) {
            hook->next = e->number + 1; /* the next try is when it was to be */
            hook->dropped++;
            hook->untold = hook->untold || !hook->full;
            hook->full = true;
        }
    }
    forget_oldest(h);
}

int um_hooks_add(struct um_hooks *h, const struct um_hook *plan)
{
    struct um_hook *hook;

    if (um_hooks_find(h, plan->name) != NULL) {
        return P2P_EEXIST;
    }
    if (h->n == UM__CAP_HOOKS) {
        return P2P_ELIMIT;
    }
    hook = um_mem_zalloc(sizeof *hook);
    if (hook == NULL) {
        return P2P_ENOMEM;
    }
    memcpy(hook->name, plan->name, sizeof hook->name);
    memcpy(hook->url, plan->url, sizeof hook->url);
    memcpy(hook->secret, plan->secret, sizeof hook->secret);
    memcpy(hook->events, plan->events, sizeof hook->events);
    hook->made_ms = plan->made_ms;
    hook->link_local = plan->link_local;
    hook->next = h->last + 1;
    hook->id = ++h->ids;
    h->list[h->n++] = hook;
    h->dirty = true;
    return 0;
}

struct um_hook *um_hooks_find(const struct um_hooks *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->list[i]->name, name) == 0) {
            return h->list[i];
        }
    }
    return NULL;
}

void um_hooks_remove(struct um_hooks *h, struct um_hook *hook)
{
    size_t i = 0;

    while (h->list[i] != hook) {
        i++;
        assert(i < h->n);
    }
    memmove(&h->list[i], &h->list[i + 1],
            (h->n - i - 1) * sizeof(struct um_hook *));
    h->n--;
    um_mem_free(hook);
    um_hooks_settle(h);
}

void um_hooks_turn_on(struct um_hooks *h, struct um_hook *hook)
{
    if (hook->off) {
        hook->off = false;
        step_over(hook, h->last);
        hook->error[0] = '\0';
    }
    hook->due_ms = 0;
    h->dirty = true;
}

/* Whether any hook is to be told. */
static bool is_wanted(const struct um_hooks *h, const char *word)
{
    for (size_t i = 0; i < h->n; i++) {
        if (um_hook_wants(h->list[i], word)) {
            return true;
        }
    }
    return false;
}

void um_hooks_happened(struct um_hooks *h, uint64_t number, uint64_t wall_ms,
                       const char *word, struct um_str body)
{
    struct um_hook_event *e;

    assert(number > h->last);
    h->last = number;
    if (!is_wanted(h, word) || body.len > UM__CAP_HOOK_EVENT_BYTES ||
        strlen(word) >= sizeof e->word) {
        return;
    }
    while (
        h->queued == UM__CAP_HOOKS_QUEUED ||
        (h->queued > 0 && h->bytes + body.len > UM__CAP_HOOKS_QUEUED_BYTES)) {
        drop_oldest(h);
    }
    e = um_mem_zalloc(sizeof *e + body.len);
    if (e == NULL) {
        return;
    }
    e->number = number;
    e->wall_ms = wall_ms;
    (void)snprintf(e->word, sizeof e->word, "%s", word);
    e->len = body.len;
    memcpy(e->body, body.p, body.len);
    h->queue[(h->first + h->queued) % UM__CAP_HOOKS_QUEUED] = e;
    h->queued++;
    h->bytes += e->len;
    h->dirty = true;
}

bool um_hooks_next(struct um_hooks *h, uint64_t now_ms,
                   struct um_hooks_send *out)
{
    for (size_t i = 0; i < h->n; i++) {
        struct um_hook *hook = h->list[i];
        const struct um_hook_event *e =
            hook->flying == 0 && hook->due_ms <= now_ms ? waiting(h, hook)
                                                        : NULL;

        if (e != NULL) {
            hook->next = e->number;
            hook->flying = e->number;
            *out = (struct um_hooks_send){hook, e};
            return true;
        }
    }
    return false;
}

/* How long until the next try: half of it by chance, so that nodes that failed
 * together do not come back together. */
static uint64_t pause_ms(const struct um_hooks *h, uint32_t tries,
                         uint64_t random)
{
    uint32_t doublings = tries - 1 < DOUBLINGS ? tries - 1 : DOUBLINGS;
    uint64_t ms = h->cfg.retry_min_ms << doublings;

    assert(tries > 0);
    if (ms > h->cfg.retry_max_ms) {
        ms = h->cfg.retry_max_ms;
    }
    return ms / 2 + random % (ms / 2 + 1);
}

/* Goes on behind what was sent, and behind what was dropped meanwhile. */
static void go_on(struct um_hook *hook)
{
    step_over(hook, hook->next > hook->flying ? hook->next - 1 : hook->flying);
}

static void fail(struct um_hooks *h, struct um_hook *hook,
                 const struct um_hooks_result *r)
{
    if (r->status == STATUS_GONE) {
        hook->off = true;
        hook->failed++;
        return;
    }
    if (hook->tries == 0 || hook->since_ms > r->wall_ms) {
        hook->since_ms = r->wall_ms;
    }
    hook->tries += hook->tries < UINT32_MAX; /* a file may say any number */
    if (r->wall_ms - hook->since_ms >= h->cfg.give_up_ms) {
        /* Else it was dropped meanwhile, and is counted as that. */
        hook->failed += hook->next == hook->flying;
        go_on(hook);
        return;
    }
    hook->due_ms = r->now_ms + pause_ms(h, hook->tries, r->random);
}

static void take(struct um_hook *hook)
{
    if (hook->next != hook->flying) {
        assert(hook->dropped > 0); /* meanwhile, and it came all the same */
        hook->dropped--;
    }
    go_on(hook);
    hook->delivered++;
    hook->full = hook->untold = false;
}

void um_hooks_done(struct um_hooks *h, const struct um_hooks_result *r)
{
    struct um_hook *hook = NULL;
    bool taken = r->status >= 200 && r->status < 300;

    for (size_t i = 0; i < h->n; i++) {
        hook = h->list[i]->id == r->id ? h->list[i] : hook;
    }
    if (hook == NULL || hook->flying == 0) {
        return;
    }
    hook->status = r->status;
    hook->last_ms = r->wall_ms;
    (void)snprintf(hook->error, sizeof hook->error, "%s",
                   r->status == 0 && r->error != NULL ? r->error : "");
    um_utf8_harmless(hook->error); /* it may be cut within a character */
    if (taken) {
        take(hook);
    } else {
        fail(h, hook, r);
    }
    hook->flying = 0;
    um_hooks_settle(h);
}

uint64_t um_hooks_due(const struct um_hooks *h)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < h->n; i++) {
        const struct um_hook *hook = h->list[i];

        if (hook->flying == 0 && hook->due_ms < due &&
            waiting(h, hook) != NULL) {
            due = hook->due_ms;
        }
    }
    return due;
}

const struct um_hook *um_hooks_untold(struct um_hooks *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (h->list[i]->untold) {
            h->list[i]->untold = false;
            return h->list[i];
        }
    }
    return NULL;
}
