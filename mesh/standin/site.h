/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A connection to one of the listeners: HTTP/1 requests, answered as the
 * configuration in force says. No sockets here: bytes in, bytes out.
 */
#ifndef UM_STANDIN_SITE_H
#define UM_STANDIN_SITE_H

#include "mesh/standin/standin.h"

/** Bytes of the head of a request to a listener; 431 beyond. */
#define UM__CAP_STANDIN_SITE_HEAD_BYTES 32768U

/** Bytes of its body, Unit's default; 413 beyond. */
#define UM__CAP_STANDIN_SITE_BODY_BYTES (8U << 20)

/** Bytes of a file that is served; refused beyond. */
#define UM__CAP_STANDIN_SITE_FILE_BYTES (64U << 20)

/** A file that may be served. */
struct um_ssite_file {
    bool folder;  /**< it is a folder */
    bool regular; /**< it is a file with content */
    int64_t mtime_s;
    uint64_t size_bytes;
};

/** How a file is to be opened. */
struct um_ssite_open {
    struct um_str path;
    bool no_symlinks; /**< refuse to follow symbolic links */
    bool content;     /**< the content is wanted too */
};

/** Where files come from. */
struct um_ssite_files {
    void *ctx;
    /**
     * Opens a file and appends its content.
     * @return 0, P2P_ENOTFOUND, P2P_EACCES or another negative P2P_E…
     */
    int (*open)(void *ctx, const struct um_ssite_open *how,
                struct um_ssite_file *file, struct um_buf *content);
};

/** How a connection is made. */
struct um_ssite_cfg {
    struct um_standin *s;
    struct um_str listener; /**< its name in the configuration; copied */
    struct um_ssite_files files;
    struct um_addr local;
    struct um_addr remote;
};

struct um_ssite;

/** Makes a connection; owned, or NULL if memory is out. */
struct um_ssite *um_ssite_new(const struct um_ssite_cfg *cfg);

/** Frees a connection; NULL is fine. */
void um_ssite_free(struct um_ssite *c);

/** What a read brought (borrowed). */
void um_ssite_rx(struct um_ssite *c, struct um_str bytes);

/**
 * What is to be written: requests are answered here, one by one, when nothing
 * else is waiting to be written. Read on when there is nothing.
 * @param end set to whether the connection ends when this is written
 * @return valid until um_ssite_sent
 */
struct um_str um_ssite_tx(struct um_ssite *c, const struct um_standin_time *now,
                          bool *end);

/** n bytes of that were written. */
void um_ssite_sent(struct um_ssite *c, size_t n);

#endif
