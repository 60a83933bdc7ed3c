/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See fake_clock.h. */
#include "fake_clock.h"

#include <stdlib.h>

#include "unit.h"

struct fake_alarm {
    struct fake_alarm *next;
    uint64_t at;
    void (*fn)(void *arg);
    void *arg;
};

static void *set(void *user, uint64_t ms, void (*fn)(void *arg), void *arg)
{
    struct fake_clock *c = user;
    struct fake_alarm *a;

    if (c->no_memory)
        return NULL;
    a = calloc(1, sizeof *a);
    assert_non_null(a);
    *a = (struct fake_alarm){
        .next = c->set, .at = c->now + ms, .fn = fn, .arg = arg};
    c->set = a;
    return a;
}

static void clear(void *user, void *alarm)
{
    struct fake_clock *c = user;
    struct fake_alarm **at = &c->set;

    if (alarm == NULL)
        return;
    while (*at != NULL && *at != alarm)
        at = &(*at)->next;
    assert_non_null(*at); /* it has not gone off */
    *at = (*at)->next;
    free(alarm);
}

static uint64_t now_ms(void *user)
{
    return ((const struct fake_clock *)user)->now;
}

void fake_clock_init(struct fake_clock *c)
{
    *c = (struct fake_clock){.now = 1000};
    c->alarms = (struct um_alarms){
        .user = c, .set = set, .clear = clear, .now_ms = now_ms};
}

void fake_clock_fini(struct fake_clock *c)
{
    assert_null(c->set);
}

void fake_clock_pass(struct fake_clock *c, uint64_t ms)
{
    uint64_t until = c->now + ms;

    for (;;) {
        struct fake_alarm *first = NULL;

        for (struct fake_alarm *a = c->set; a != NULL; a = a->next) {
            if (first == NULL || a->at < first->at)
                first = a;
        }
        if (first == NULL || first->at > until)
            break;
        c->now = first->at > c->now ? first->at : c->now;
        {
            struct fake_alarm a = *first;

            clear(c, first);
            a.fn(a.arg);
        }
    }
    c->now = until;
}

size_t fake_clock_set(const struct fake_clock *c)
{
    size_t n = 0;

    for (const struct fake_alarm *a = c->set; a != NULL; a = a->next)
        n++;
    return n;
}
