/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "played.h"

#include <stdio.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

static int run(void *user, void (*work)(void *arg), void (*done)(void *arg),
               void *arg)
{
    struct played *p = user;

    if (p->no_worker)
        return P2P_ENOMEM;
    assert_false(p->busy);
    p->busy = true;
    p->work = work;
    p->done = done;
    p->arg = arg;
    return 0;
}

static void *set(void *user, uint64_t ms, void (*fn)(void *arg), void *arg)
{
    struct played *p = user;

    for (size_t i = 0; i < PLAYED_ALARMS && !p->no_alarms; i++) {
        if (p->alarm[i].fn == NULL) {
            p->alarm[i].fn = fn;
            p->alarm[i].arg = arg;
            p->alarm[i].ms = ms;
            return &p->alarm[i];
        }
    }
    return NULL;
}

static void clear(void *user, void *alarm)
{
    struct played *p = user;

    for (size_t i = 0; i < PLAYED_ALARMS; i++) {
        if (alarm == &p->alarm[i])
            p->alarm[i].fn = NULL;
    }
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return 0;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct played *p = user;

    p->lines[level]++;
    (void)snprintf(p->line, sizeof p->line, "%s", line);
}

void played_init(struct played *p)
{
    memset(p, 0, sizeof *p);
    p->worker = (struct um_worker){.user = p, .run = run};
    p->alarms = (struct um_alarms){
        .user = p, .set = set, .clear = clear, .now_ms = now_ms};
    p->log = (struct um_log){.level = UM_LOG_TRACE, .user = p, .sink = sink};
}

void played_work(struct played *p)
{
    assert_true(p->busy);
    p->work(p->arg);
}

void played_done(struct played *p)
{
    assert_true(p->busy);
    p->busy = false;
    p->done(p->arg);
}

unsigned played_alarms(const struct played *p)
{
    unsigned n = 0;

    for (size_t i = 0; i < PLAYED_ALARMS; i++)
        n += p->alarm[i].fn != NULL;
    return n;
}

void played_ring(struct played *p, uint64_t ms)
{
    assert_int_equal(played_alarms(p), 1);
    for (size_t i = 0; i < PLAYED_ALARMS; i++) {
        void (*fn)(void *arg) = p->alarm[i].fn;

        if (fn != NULL) {
            assert_int_equal(p->alarm[i].ms, ms);
            p->alarm[i].fn = NULL;
            fn(p->alarm[i].arg);
            return;
        }
    }
}
