/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * When probes are due, and what they come to: the first at once, each after its
 * interval; who failed as often in a row as it may is ill until it passes; who
 * neither passed nor failed so often is not known. No I/O: who asks is told
 * what is due, and says what was found.
 */
#ifndef UM_MODEL_PULSE_H
#define UM_MODEL_PULSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mesh/doc/probes.h"

/** Bytes of what a probe found, with its end; longer words are cut off. */
#define UM_PULSE_TEXT_BYTES 192

/** What probes come to; the worst counts. */
enum um_pulse_how { UM_PULSE_WELL, UM_PULSE_UNKNOWN, UM_PULSE_ILL };

/** A probe, as it stands. */
struct um_pulse_beat {
    uint64_t due_ms;
    uint64_t interval_ms;
    unsigned allowed; /* failures in a row that make it ill */
    unsigned failed;  /* in a row */
    bool passed;      /* ever */
    bool lost;        /* it goes nowhere */
    bool asking;
    char found[UM_PULSE_TEXT_BYTES]; /* when it failed last */
};

/** All of them. Members are private. */
struct um_pulse {
    struct um_pulse_beat beats[UM__CAP_DOC_PROBES];
    size_t n;
};

/** Begins anew: all are due. @param speed intervals are divided by it */
void um_pulse_begin(struct um_pulse *p, const struct um_probe *probes, size_t n,
                    uint64_t now_ms, unsigned speed);

/** A probe that goes nowhere is ill for ever, and never due. */
void um_pulse_lose(struct um_pulse *p, size_t which, const char *why);

/** Takes the next one that is due; it is not again until it was answered.
 * @return false: none is */
bool um_pulse_take(struct um_pulse *p, uint64_t now_ms, size_t *which);

/** When the next one is due; UINT64_MAX: none is, as long as nothing is
 * answered. */
uint64_t um_pulse_due(const struct um_pulse *p);

/** What one that was taken found. @param why NULL: it passed; else for people,
 * copied */
void um_pulse_found(struct um_pulse *p, size_t which, uint64_t now_ms,
                    const char *why);

/** What they come to. @param which set to the first of the worst, unless all
 * is well @param why what it found; "" if it was not asked yet */
enum um_pulse_how um_pulse_verdict(const struct um_pulse *p, size_t *which,
                                   const char **why);

#endif
