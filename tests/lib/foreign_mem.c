/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See foreign_mem.h. State is global, as the heap is. */
#include "foreign_mem.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "failing_mem.h"
#include "p2p/err.h"
#include "unit.h"

/* The C library's own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* GMP ends the process when its functions of memory fail: what GnuTLS made one
 * of them, and about how long it is. */
#define DIES_BYTES 256U

/* What the library itself may lose when it has no memory: GnuTLS 3.7.9 loses a
 * certificate that was half read, six blocks. */
#define LOST_BLOCKS 6

static uintptr_t first, last; /* the library's code */
static uintptr_t dies;
static size_t countdown; /* 0: none fails */
static bool sticky_on;
static bool hit;
static ptrdiff_t live; /* blocks, of all */

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;

    if (at < first || at >= last || at - dies < DIES_BYTES) {
        return false;
    }
    if (hit && sticky_on) {
        return true;
    }
    if (countdown > 0 && --countdown == 0) {
        hit = true;
        return true;
    }
    return false;
}

static void *counted(void *block)
{
    live += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL
                                              : counted(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL
                                              : counted(__libc_calloc(n, size));
}

void *realloc(void *block, size_t size)
{
    void *p;

    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    p = __libc_realloc(block, size);
    live += (block == NULL && p != NULL) - (block != NULL && size == 0);
    return p;
}

void free(void *block)
{
    live -= block != NULL;
    __libc_free(block);
}

/* Whether this is the library; then where its code is. */
static int look(struct dl_phdr_info *info, size_t size, void *name)
{
    (void)size;
    if (strstr(info->dlpi_name, name) == NULL) {
        return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type == PT_LOAD && (h->p_flags & PF_X) != 0) {
            first = info->dlpi_addr + h->p_vaddr;
            last = first + h->p_memsz;
        }
    }
    return 1;
}

typedef void get_functions(void *(**alloc)(size_t),
                           void *(**again)(void *, size_t, size_t),
                           void (**release)(void *, size_t));

void foreign_mem_watch(const char *library)
{
    union {
        const char *c;
        void *v;
    } name = {library};
    void *(*again)(void *, size_t, size_t);
    get_functions *get;

    assert_int_equal(dl_iterate_phdr(look, name.v), 1);
    assert_true(first < last);
    get = (get_functions *)(uintptr_t)dlsym(RTLD_DEFAULT,
                                            "__gmp_get_memory_functions");
    if (get != NULL) {
        get(NULL, &again, NULL);
        dies = (uintptr_t)again;
    }
}

/* One run; whether it met the failure. */
static bool run(int (*body)(void *arg), void *arg, size_t nth, bool sticky)
{
    ptrdiff_t before = live, lost;
    size_t ours = failing_mem_live();
    int rv;

    countdown = nth;
    sticky_on = sticky;
    hit = false;
    rv = body(arg);
    countdown = 0;
    sticky_on = false;
    if (rv > 0 || (rv < 0 && !hit)) {
        fail_msg("allocation %zu%s: body returned %s", nth,
                 sticky ? " and later" : "", p2p_err_name(rv));
    }
    lost = live - before;
    if (failing_mem_live() != ours || lost > (hit ? LOST_BLOCKS : 0)) {
        fail_msg("allocation %zu%s: %td blocks leaked, %td of them ours", nth,
                 sticky ? " and later" : "", lost,
                 (ptrdiff_t)(failing_mem_live() - ours));
    }
    return hit;
}

size_t foreign_mem_each(int (*body)(void *arg), void *arg)
{
    size_t nth = 1;

    assert_int_equal(body(arg), 0); /* what is made once, for ever */
    while (run(body, arg, nth, false)) {
        nth++;
    }
    for (size_t i = 1; i < nth; i++) {
        (void)run(body, arg, i, true);
    }
    return nth - 1;
}
