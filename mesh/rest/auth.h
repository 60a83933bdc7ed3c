/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who may ask what over REST. The unix socket is guarded by its file mode;
 * over TCP a Bearer token is asked for, the Host must be an address or ours
 * (DNS rebinding), and requests of foreign pages are refused.
 */
#ifndef UM_REST_AUTH_H
#define UM_REST_AUTH_H

#include <stdbool.h>

#include "mesh/rest/http.h"

/** Letters of a token: 32 random bytes in hexadecimal. */
#define UM_TOKEN_CHARS 64

/** What a route asks of its caller. */
enum um_access {
    UM_ACCESS_OPEN, /**< no token; Host and Origin are checked all the same */
    UM_ACCESS_SCRAPER, /**< the token, or that of who may read figures alone */
    UM_ACCESS_TOKEN
};

/** How a server is guarded. */
struct um_auth {
    char token[UM_TOKEN_CHARS + 1];
    char scraper[UM_TOKEN_CHARS + 1]; /**< "": there is none */
    bool local;                       /**< a unix socket */
};

/** Why a request is refused; status 0: it is not. */
struct um_auth_verdict {
    unsigned status;
    const char *text; /**< constant */
};

/** Judges a request. */
struct um_auth_verdict um_auth_check(const struct um_auth *auth,
                                     const struct um_http_req *req,
                                     enum um_access access);

/** Whether a request was addressed to an address, localhost, or this machine's
 * name: a page cannot make a name of its own lead here. */
bool um_auth_host_ours(const struct um_http_req *req);

/** Whether a Host header's value is an address, localhost, or `name`. */
bool um_auth_host_ok(const char *host, const char *name);

#endif
