/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file The page: the files of ui/, put into the program when it is built
 * (tools/pack.py), and served at / and below /ui. They hold no secret. */
#ifndef UM_APP_PAGE_H
#define UM_APP_PAGE_H

#include "mesh/app/daemon.h"

/** A file of it; tools/pack.py writes the table. */
struct um_page_file {
    const char *path; /**< below ui/ */
    const char *type;
    const char *hash; /**< of its content, in an ETag */
    const unsigned char *plain;
    size_t plain_bytes;
    const unsigned char *packed; /**< by gzip */
    size_t packed_bytes;
};

extern const struct um_page_file um_page_files[];
extern const size_t um_page_files_n;

/** GET / and GET /ui/…. */
void um_page_show(struct um_daemon *d, struct um_http_req *req);

/** Whether an Accept-Encoding header has gzip in it, and not to refuse it.
 * @param value borrows; NULL: there is none */
bool um_page_takes_gzip(const char *value);

#endif
