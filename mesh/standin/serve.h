/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Answers of listeners: what an action makes of a request.
 */
#ifndef UM_STANDIN_SERVE_H
#define UM_STANDIN_SERVE_H

#include "mesh/standin/request.h"
#include "mesh/standin/route.h"
#include "mesh/standin/site.h"

enum { UM_SSERVE_FIELDS_MAX = 32 /**< fields of an answer */ };

/** An answer before it is bytes. */
struct um_sresponse {
    int status;
    struct um_shead_field field[UM_SSERVE_FIELDS_MAX];
    size_t field_count;
    struct um_buf body;
    uint64_t length; /**< announced; the body may be left out */
};

/**
 * Answers a request.
 * @param conf the configuration
 * @param where what routing found
 * @param out all zero; its body is owned by the caller
 */
void um_sserve_request(const struct um_sval *conf,
                       const struct um_ssite_files *files,
                       struct um_sroute where, struct um_srequest *r,
                       struct um_sresponse *out);

/** Makes an answer the page of an error. */
void um_sserve_error(struct um_sresponse *out, int status);

/** Appends a moment as HTTP writes it. */
void um_sserve_date(struct um_buf *out, int64_t unix_s);

/** The status line's end for a status: "404 Not Found". */
void um_sserve_status(struct um_buf *out, int status);

#endif
