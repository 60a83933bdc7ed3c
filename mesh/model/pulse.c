/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pulse.h. The next time counts from when the last one was due, unless that
 * is past: who was late is not asked twice in a row. */
#include "mesh/model/pulse.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void um_pulse_begin(struct um_pulse *p, const struct um_probe *probes, size_t n,
                    uint64_t now_ms, unsigned speed)
{
    assert(n <= UM__CAP_DOC_PROBES);
    memset(p, 0, sizeof *p);
    p->n = n;
    for (size_t i = 0; i < n; i++) {
        uint64_t ms = UINT64_C(1000) * probes[i].interval_s;

        p->beats[i] =
            (struct um_pulse_beat){.due_ms = now_ms,
                                   .interval_ms = speed > 1 ? ms / speed : ms,
                                   .allowed = probes[i].failures};
    }
}

static void keep(struct um_pulse_beat *b, const char *why)
{
    (void)snprintf(b->found, sizeof b->found, "%s", why);
}

void um_pulse_lose(struct um_pulse *p, size_t which, const char *why)
{
    assert(which < p->n);
    p->beats[which].lost = true;
    keep(&p->beats[which], why);
}

static bool is_waiting(const struct um_pulse_beat *b)
{
    return !b->lost && !b->asking;
}

bool um_pulse_take(struct um_pulse *p, uint64_t now_ms, size_t *which)
{
    for (size_t i = 0; i < p->n; i++) {
        struct um_pulse_beat *b = &p->beats[i];

        if (is_waiting(b) && b->due_ms <= now_ms) {
            b->asking = true;
            *which = i;
            return true;
        }
    }
    return false;
}

uint64_t um_pulse_due(const struct um_pulse *p)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < p->n; i++) {
        if (is_waiting(&p->beats[i]) && p->beats[i].due_ms < due)
            due = p->beats[i].due_ms;
    }
    return due;
}

void um_pulse_found(struct um_pulse *p, size_t which, uint64_t now_ms,
                    const char *why)
{
    struct um_pulse_beat *b = &p->beats[which];

    assert(which < p->n && b->asking);
    b->asking = false;
    b->due_ms += b->interval_ms;
    if (b->due_ms <= now_ms)
        b->due_ms = now_ms + b->interval_ms;
    if (why == NULL) {
        b->passed = true;
        b->failed = 0;
        b->found[0] = '\0';
        return;
    }
    b->failed += b->failed < b->allowed;
    keep(b, why);
}

static enum um_pulse_how how(const struct um_pulse_beat *b)
{
    if (b->lost || b->failed >= b->allowed)
        return UM_PULSE_ILL;
    return b->passed ? UM_PULSE_WELL : UM_PULSE_UNKNOWN;
}

enum um_pulse_how um_pulse_verdict(const struct um_pulse *p, size_t *which,
                                   const char **why)
{
    enum um_pulse_how worst = UM_PULSE_WELL;

    for (size_t i = 0; i < p->n; i++) {
        if (how(&p->beats[i]) > worst) {
            worst = how(&p->beats[i]);
            *which = i;
            *why = p->beats[i].found;
        }
    }
    return worst;
}
