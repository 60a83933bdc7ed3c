/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Comparisons that libFuzzer does not look at. It is told of each, those that
 * UBSan adds at every pointer included, to learn which bytes an input should
 * have in the place of others. That finds magic numbers of a format; bytes that
 * say what happens next have none, and half the time goes there. Targets of
 * such bytes are linked with --wrap, so that calls end here.
 */
#include <stdint.h>

#define UNSEEN __attribute__((no_sanitize("coverage")))

#define SEES_NOTHING(name, type)                                     \
    UNSEEN void __wrap___sanitizer_cov_trace_##name(type a, type b); \
    void __wrap___sanitizer_cov_trace_##name(type a, type b)         \
    {                                                                \
        (void)a;                                                     \
        (void)b;                                                     \
    }

SEES_NOTHING(cmp1, uint8_t)
SEES_NOTHING(cmp2, uint16_t)
SEES_NOTHING(cmp4, uint32_t)
SEES_NOTHING(cmp8, uint64_t)
SEES_NOTHING(const_cmp1, uint8_t)
SEES_NOTHING(const_cmp2, uint16_t)
SEES_NOTHING(const_cmp4, uint32_t)
SEES_NOTHING(const_cmp8, uint64_t)
