/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See agent_inner.h. What Unit shows, and the one thing that a GET does: it
 * restarts an application. Nothing else of Unit can be asked for. One is at
 * Unit at a time: what is to be applied waits behind no more than that, however
 * many there are.
 */
#include <assert.h>

#include "mesh/applier/agent_inner.h"
#include "mesh/base/mem.h"

static bool is_plain(struct um_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.p[i] <= ' ' || path.p[i] >= 127 || path.p[i] == '#') {
            return false;
        }
    }
    return true;
}

/* The next of a path as Unit reads it, if it is a dot; false: it is not. */
static bool take_dot(struct um_str *path)
{
    size_t n = um_str_starts(*path, UM_STR("."))     ? 1
               : um_str_starts(*path, UM_STR("%2e")) ? 3
               : um_str_starts(*path, UM_STR("%2E")) ? 3
                                                     : 0;

    *path = um_str_skip(*path, n);
    return n > 0;
}

/* Whether a segment of it is one or two dots: that would lead elsewhere. */
static bool climbs(struct um_str path)
{
    while (path.len > 0 && path.p[0] != '?') {
        struct um_str at = um_str_skip(path, 1);
        bool dots = path.p[0] == '/' && take_dot(&at);

        (void)(dots && take_dot(&at));
        if (dots && (at.len == 0 || at.p[0] == '/' || at.p[0] == '?')) {
            return true;
        }
        path = um_str_skip(path, 1);
    }
    return false;
}

/* Below one of the names, or just it. */
static bool is_below(struct um_str path, struct um_str name)
{
    return um_str_starts(path, name) &&
           (path.len == name.len || path.p[name.len] == '/' ||
            path.p[name.len] == '?');
}

static bool may_get(struct um_str path)
{
    static const struct um_str shown[] = {
        UM_STR_INIT("/config"), UM_STR_INIT("/status"),
        UM_STR_INIT("/certificates"), UM_STR_INIT("/js_modules")};
    bool fine = path.len == 1 && path.p[0] == '/';

    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        fine = fine || is_below(path, shown[i]);
    }
    return is_plain(path) && !climbs(path) &&
           (fine || is_below(path, UM_STR("/control/applications")));
}

static void ask_first(struct um_agent *a);

static void on_answer(void *user, const struct um_unit_answer *answer)
{
    struct um_agent_asked *q = user;
    struct um_agent *a = q->agent;
    const struct um_wire_msg m = {
        .what = UM_WIRE_GOT,
        .number = q->number,
        .outcome = (unsigned)answer->status,
        .code = answer->code > 0 && answer->code < 1000 ? (unsigned)answer->code
                                                        : 0,
        .bytes = um_str_n(answer->body, answer->len),
        .text = um_agent_text(um_str(answer->text))};

    assert(a->asked == q && a->asked_n > 0);
    a->asked = q->next;
    a->asked_n--;
    um_agent_say(a, &m);
    um_mem_free(q);
    ask_first(a);
}

static void ask_first(struct um_agent *a)
{
    if (a->asked != NULL) {
        um_unit_get(a->cfg.unit, a->asked->path, on_answer, a->asked);
    }
}

static void append(struct um_agent *a, struct um_agent_asked *q)
{
    struct um_agent_asked **at = &a->asked;

    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = q;
    a->asked_n++;
}

static void turn_away(struct um_agent *a, uint64_t number,
                      enum um_unit_status status, const char *text)
{
    const struct um_wire_msg m = {.what = UM_WIRE_GOT,
                                  .number = number,
                                  .outcome = (unsigned)status,
                                  .text = um_str(text)};

    um_agent_say(a, &m);
}

void um_agent_get(struct um_agent *a, const struct um_wire_msg *m)
{
    struct um_agent_asked *q = NULL;

    if (!may_get(m->text)) {
        turn_away(a, m->number, UM_UNIT_REFUSED,
                  "the applier asks no such path");
        return;
    }
    if (a->cfg.unit == NULL) {
        turn_away(a, m->number, UM_UNIT_ABSENT, "there is no Unit here");
        return;
    }
    if (a->asked_n < UM__CAP_AGENT_GETS) {
        q = um_mem_zalloc(sizeof *q + m->text.len + 1);
    }
    if (q == NULL) {
        turn_away(a, m->number, UM_UNIT_BUSY, "too many requests wait");
        return;
    }
    q->agent = a;
    q->number = m->number;
    memcpy(q->path, m->text.p, m->text.len);
    append(a, q);
    if (a->asked == q) {
        ask_first(a);
    }
}

void um_agent_forget_gets(struct um_agent *a)
{
    while (a->asked != NULL) {
        struct um_agent_asked *q = a->asked;

        a->asked = q->next;
        um_unit_forget(a->cfg.unit, q);
        um_mem_free(q);
    }
}
