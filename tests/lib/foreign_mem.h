/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The C library's heap, of which the n-th allocation that another library makes
 * fails: malloc(), calloc() and realloc() of the program stand before those of
 * the C library, and look who called them. For a library whose functions of
 * memory cannot be set, as those of GnuTLS; for glibc, without sanitizers. Link
 * with testlib_failing_dep, which counts our blocks.
 *
 *     foreign_mem_watch("libgnutls.so");
 *     foreign_mem_each(body, NULL);
 */
#ifndef TESTS_LIB_FOREIGN_MEM_H
#define TESTS_LIB_FOREIGN_MEM_H

#include <stddef.h>

/* Whose allocations fail: the library whose file's name has this in it.
 * Asserts that it is loaded. */
void foreign_mem_watch(const char *library);

/*
 * Runs `body` with the library's first allocation failing, then its second, …
 * until it no longer meets a failure; then once more for each with all later
 * ones failing too. Asserts that body returns 0 when nothing failed, and 0 or
 * an error when something did; that it gives all of our memory back each time,
 * and all of the library's but for a little that that loses by itself when
 * something failed. Returns how many allocations the library makes.
 */
size_t foreign_mem_each(int (*body)(void *arg), void *arg);

#endif
