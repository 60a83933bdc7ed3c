/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The bytes of a file, in pages, which files of the same content share: what
 * programs see and what is on the disk for sure mostly are the same, and so are
 * the first stores of a thousand members.
 */
#ifndef TESTS_MESHSIM_IMAGE_H
#define TESTS_MESHSIM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { IMAGE_PAGE = 4096 };

struct image_page;

/* All zero: an empty file. */
struct image {
    struct image_page **pages; /* NULL: nothing but zeros */
    size_t cap;
    uint64_t len;
};

void image_fini(struct image *m);

/* Writes; what is between the end and there is zeros. */
void image_write(struct image *m, uint64_t at, const char *p, size_t len);

/* Makes it so long: shorter, or longer by zeros. */
void image_cut(struct image *m, uint64_t len);

/* Reads what is there; returns how much that is. */
size_t image_read(const struct image *m, uint64_t at, char *p, size_t len);

/* Makes one the same as another: all of it, or, if only there they differ, so
 * many bytes from there on and the length. */
void image_same(struct image *m, const struct image *other);
void image_same_there(struct image *m, const struct image *other, uint64_t at,
                      size_t len);

#endif
