/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Loaded before a program of cmocka: runs the one test that ONLY_CASE names.
 * What that test starts is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#pragma weak cmocka_set_test_filter

__attribute__((constructor)) static void choose(void)
{
    const char *name = getenv("ONLY_CASE");

    if (name != NULL && cmocka_set_test_filter != NULL) {
        cmocka_set_test_filter(name);
    }
    (void)unsetenv("LD_PRELOAD");
}
