/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What fuzz targets claim. */
#ifndef TESTS_LIB_MUST_H
#define TESTS_LIB_MUST_H

#include <stdbool.h>
#include <stdlib.h>

/* Ends the run as a finding unless it holds; asserts may be off. */
static inline void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

#endif
