/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Who may ask what over REST; nothing else decides that. The unix socket is
 * guarded by its file mode. Over TCP a Bearer token is asked for, or the cookie
 * of a session; the Host must be an address or ours (DNS rebinding), and
 * requests of foreign pages are refused. What a browser adds by itself is not
 * enough to change something: a session's requests come from our own page and
 * show a second secret.
 */
#ifndef UM_REST_AUTH_H
#define UM_REST_AUTH_H

#include <stdbool.h>

#include "mesh/rest/http.h"
#include "mesh/rest/session.h"
#include "mesh/rest/tries.h"

/** Letters of a token: 32 random bytes in hexadecimal. */
#define UM_TOKEN_CHARS 64

/** What a route asks of its caller. */
enum um_access {
    UM_ACCESS_OPEN, /**< no token; Host and Origin are checked all the same */
    UM_ACCESS_PAGE, /**< likewise; a link of another page may lead here */
    UM_ACCESS_SCRAPER, /**< whoever may read anything */
    UM_ACCESS_READ,    /**< who may read; it shows no secret */
    UM_ACCESS_ADMIN,   /**< who may do all */
    UM_ACCESS_VALUE,   /**< READ of a GET, else ADMIN */
    UM_ACCESS_ACT,     /**< ADMIN, and a GET may do something, too */
    UM_ACCESS_SESSION, /**< a session, whatever it may */
    UM_ACCESS_SOCKET   /**< ADMIN at the unix socket alone */
};

/** Why a request is refused, for who counts. */
enum um_refusal {
    UM_REFUSAL_HOST,
    UM_REFUSAL_ORIGIN,
    UM_REFUSAL_TOKEN, /**< none, or a wrong one */
    UM_REFUSAL_TRIES, /**< too many wrong ones */
    UM_REFUSAL_ROLE,  /**< it may read alone */
    UM_REFUSAL_CSRF,  /**< of a session, without its second secret */
    UM_REFUSAL_TYPE,  /**< a body such as a foreign form can send */
    UM_REFUSALS
};

/** How a server is guarded, and who tried. */
struct um_auth {
    char token[UM_TOKEN_CHARS + 1];
    char reader[UM_TOKEN_CHARS + 1];  /**< "": there is none */
    char scraper[UM_TOKEN_CHARS + 1]; /**< likewise */
    bool local;                       /**< a unix socket */
    char cookie[24];                  /**< its name; "": no sessions */
    struct um_sessions sessions;
    struct um_tries tries;
    uint64_t refused[UM_REFUSALS];
};

/** What is looked at of a request; texts are borrowed, NULL where absent. */
struct um_ask {
    const char *method;
    const char *host;
    const char *origin;
    const char *site; /**< Sec-Fetch-Site */
    const char *mode; /**< Sec-Fetch-Mode */
    const char *authorization;
    const char *cookie;
    const char *csrf; /**< X-CSRF */
    const char *type;
    const char *client;
    bool body; /**< there is one */
    bool ours; /**< um_auth_host_ours(): looked at over TCP alone */
};

/** What is said of a request. */
struct um_auth_verdict {
    unsigned status;  /**< 0: it may be done; else why not */
    const char *text; /**< constant */
    enum um_refusal why;
    uint64_t wait_ms;    /**< of 429 */
    bool alarm;          /**< the address has to wait from now on */
    enum um_right right; /**< what the caller may */
};

/** What is looked at of a request, but for `ours`: that takes a call of the
 * system, and um_auth_check() alone asks for it. Valid until its reply. */
struct um_ask um_auth_ask(const struct um_http_req *req);

/** Judges a request, and counts what is refused. */
struct um_auth_verdict um_auth_check(struct um_auth *auth,
                                     const struct um_ask *ask,
                                     enum um_access access, uint64_t now_ms);

/** Judges what begins a session: a login code, or (if that is NULL) a token.
 * The code is used up. Right is what it may. */
struct um_auth_verdict um_auth_login(struct um_auth *auth,
                                     const struct um_ask *ask, const char *code,
                                     const char *token, uint64_t now_ms);

/** The session whose cookie came; NULL: there is none. Valid until another one
 * begins or ends. */
const struct um_session *um_auth_session(const struct um_auth *auth,
                                         const struct um_ask *ask,
                                         uint64_t now_ms);

/** Whether a request was addressed to an address, localhost, or this machine's
 * name: a page cannot make a name of its own lead here. */
bool um_auth_host_ours(const struct um_http_req *req);

/** Whether a Host header's value is an address, localhost, or `name`. */
bool um_auth_host_ok(const char *host, const char *name);

#endif
