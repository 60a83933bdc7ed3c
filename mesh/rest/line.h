/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Connections of an HTTP server, and when what each is to send has to be here.
 * libmicrohttpd knows how long one may be silent, and to it a byte is life.
 */
#ifndef UM_REST_LINE_H
#define UM_REST_LINE_H

#include <microhttpd.h>
#include <stdint.h>

/** A connection. */
struct um_line {
    struct um_line *next; /**< of the server's */
    struct MHD_Connection *conn;
    char *path;        /**< owned: of the request that it is at, as sent */
    uint64_t until_ms; /**< what is awaited has to be here; 0: nothing is */
};

/** One that begins; it becomes the first of a list. Owned by that; NULL: no
 * memory. */
struct um_line *um_line_new(struct um_line **list, struct MHD_Connection *conn);

/** Takes it off its list, and frees it. */
void um_line_free(struct um_line **list, struct um_line *l);

/** That of a connection; NULL: there was no memory. */
struct um_line *um_line_of(struct MHD_Connection *conn);

/** How long it may be silent from now on, and within what time what comes next
 * has to be here; 0: nothing is awaited. */
void um_line_expect(struct um_line *l, unsigned silent_s, unsigned within_s);

/** Ends those of a list that are late: libmicrohttpd then finds that nothing
 * more comes. */
void um_line_end_late(struct um_line *list);

/** Milliseconds until the first of a list is late; -1: none will be. */
int um_line_late_ms(const struct um_line *list);

#endif
