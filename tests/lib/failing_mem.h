/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A heap whose n-th allocation fails, in the place of base/mem.c: link with
 * testlib_failing_dep instead of testlib_dep. The usual test is a body that
 * does a whole piece of work and gives everything back:
 *
 *     static int body(void *arg) { … return 0 or the first error; }
 *     failing_mem_each(body, NULL);
 */
#ifndef TESTS_LIB_FAILING_MEM_H
#define TESTS_LIB_FAILING_MEM_H

#include "base/mem.h"

/* The `nth` allocation from now on (1: the next) fails; if `sticky`, all
 * after it too. nth == 0: none fails. */
void failing_mem_set(size_t nth, int sticky);

/* Whether an allocation failed since failing_mem_set(). */
int failing_mem_hit(void);

/* Blocks that were not freed yet. */
size_t failing_mem_live(void);

/*
 * Runs `body` with its first allocation failing, then its second, … until it
 * no longer meets a failure; then once more for each with all later ones
 * failing too. Asserts (cmocka) that body gives all its memory back each
 * time, that it returns 0 when nothing failed, and 0 or P2P_ENOMEM when
 * something did (0: it got by without).
 * Returns how many allocations body makes.
 */
size_t failing_mem_each(int (*body)(void *arg), void *arg);

#endif
