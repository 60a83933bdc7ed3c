/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See logcap.h. Each level has its own room, so that what somebody causes at
 * one does not hide what is wrong at another. Failure modes: without memory for
 * an alarm it is told with the next line that is left out, or at the end.
 */
#include "mesh/base/logcap.h"

#include <assert.h>
#include <stddef.h>

#define REFILL_MS 1000U

/* Time gives room back. */
static void refill(struct um_logcap *c)
{
    uint64_t n = (c->alarms->now_ms(c->alarms->user) - c->since_ms) / REFILL_MS;

    c->since_ms += n * REFILL_MS;
    for (unsigned i = 0; i <= UM_LOG_TRACE; i++) {
        c->used[i] -= n < c->used[i] ? (unsigned)n : c->used[i];
    }
}

static void tell(void *arg)
{
    struct um_logcap *c = arg;
    uint64_t n = c->left_out;

    c->alarm = NULL;
    c->left_out = 0;
    if (n > 0) {
        um_log_line(c->to, UM_LOG_WARN,
                    "%llu lines were left out here: too many in a short time",
                    (unsigned long long)n);
    }
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct um_logcap *c = user;

    assert(level <= UM_LOG_TRACE);
    refill(c);
    if (c->used[level] < UM__CAP_LOGCAP_LINES) {
        c->used[level]++;
        c->to->sink(c->to->user, level, line);
        return;
    }
    c->left_out++;
    if (c->alarm == NULL) {
        c->alarm = c->alarms->set(c->alarms->user, UM_LOGCAP_TELL_MS, tell, c);
    }
}

void um_logcap_init(struct um_logcap *c, const struct um_log *to,
                    const struct um_alarms *alarms)
{
    *c =
        (struct um_logcap){.log = {.level = to->level, .user = c, .sink = sink},
                           .to = to,
                           .alarms = alarms,
                           .since_ms = alarms->now_ms(alarms->user)};
}

void um_logcap_fini(struct um_logcap *c)
{
    c->alarms->clear(c->alarms->user, c->alarm);
    tell(c);
}
