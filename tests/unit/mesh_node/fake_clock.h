/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Alarms whose time is the test's. */
#ifndef TESTS_UNIT_MESH_NODE_FAKE_CLOCK_H
#define TESTS_UNIT_MESH_NODE_FAKE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "mesh/base/alarm.h"

struct fake_alarm;

struct fake_clock {
    struct um_alarms alarms;
    uint64_t now;
    bool no_memory; /* no alarm can be set */
    struct fake_alarm *set;
};

void fake_clock_init(struct fake_clock *c);

/* Asserts that no alarm is left. */
void fake_clock_fini(struct fake_clock *c);

/* Lets time pass; what becomes due goes off in order. */
void fake_clock_pass(struct fake_clock *c, uint64_t ms);

/* How many alarms are set. */
size_t fake_clock_set(const struct fake_clock *c);

#endif
