/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Checks from the cheapest to the dearest: where it was sent to, from which
 * page, who asks, what he may, and of a session whether our page asks. Secrets
 * are compared in constant time. Nothing can fail.
 */
#include "mesh/rest/auth.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mesh/rest/secret.h"

#define HOST_MAX_BYTES 256

/* The host without its port and brackets; false: malformed. */
static bool bare_host(const char *host, char *out)
{
    const char *end;
    size_t len = strlen(host);

    if (host[0] == '[') {
        end = strchr(host, ']');
        host++;
    } else {
        end = strchr(host, ':');
        end = end == NULL ? host + len : end;
    }
    if (end == NULL || end <= host || (size_t)(end - host) >= HOST_MAX_BYTES) {
        return false;
    }
    memcpy(out, host, (size_t)(end - host));
    out[end - host] = '\0';
    return true;
}

bool um_auth_host_ok(const char *host, const char *name)
{
    char bare[HOST_MAX_BYTES];
    unsigned char ip[16];

    if (host == NULL || !bare_host(host, bare)) {
        return false;
    }
    return inet_pton(AF_INET, bare, ip) == 1 ||
           inet_pton(AF_INET6, bare, ip) == 1 ||
           strcasecmp(bare, "localhost") == 0 || strcasecmp(bare, name) == 0;
}

/* A page of another origin made a browser ask; but a person may follow a link
 * to the page. */
static bool foreign(const struct um_ask *ask, enum um_access access)
{
    char own[HOST_MAX_BYTES + 8];

    if (ask->site != NULL && strcasecmp(ask->site, "cross-site") == 0 &&
        (access != UM_ACCESS_PAGE || ask->mode == NULL ||
         strcasecmp(ask->mode, "navigate") != 0)) {
        return true;
    }
    if (ask->origin == NULL) {
        return false;
    }
    (void)snprintf(own, sizeof own, "http://%s",
                   ask->host != NULL ? ask->host : "");
    return strcasecmp(ask->origin, own) != 0;
}

static bool reads(const struct um_ask *ask)
{
    return strcmp(ask->method, "GET") == 0 ||
           strcmp(ask->method, "OPTIONS") == 0;
}

/* What a token opens. */
static enum um_right right_of(const struct um_auth *auth, const char *token)
{
    bool all = um_secret_is(auth->token, token);
    bool read = um_secret_is(auth->reader, token);
    bool figures = um_secret_is(auth->scraper, token);

    return all       ? UM_RIGHT_ALL
           : read    ? UM_RIGHT_READ
           : figures ? UM_RIGHT_FIGURES
                     : UM_RIGHT_NONE;
}

/* The token behind "Bearer"; "" of another scheme. */
static const char *bearer(const char *authorization)
{
    static const char word[] = "Bearer ";
    size_t skip = sizeof word - 1;

    return strncasecmp(authorization, word, skip) == 0 ? authorization + skip
                                                       : "";
}

const struct um_session *um_auth_session(const struct um_auth *auth,
                                         const struct um_ask *ask,
                                         uint64_t now_ms)
{
    const char *at = auth->cookie[0] != '\0' ? ask->cookie : NULL;
    size_t name = strlen(auth->cookie);
    char id[UM_SESSION_CHARS + 1];

    /* Another port of this address can set one of that name, too: whichever is
     * a session's is meant. */
    while (at != NULL && *at != '\0') {
        size_t len;

        at += strspn(at, "; \t");
        len = strcspn(at, ";");
        if (len == name + 1 + UM_SESSION_CHARS && at[name] == '=' &&
            memcmp(at, auth->cookie, name) == 0) {
            const struct um_session *s;

            memcpy(id, at + name + 1, UM_SESSION_CHARS);
            id[UM_SESSION_CHARS] = '\0';
            s = um_sessions_find(&auth->sessions, id, now_ms);
            if (s != NULL) {
                return s;
            }
        }
        at += len;
    }
    return NULL;
}

static const struct um_auth_verdict fine = {.status = 0};

/* What is wrong wherever a request goes to. */
static struct um_auth_verdict place(const struct um_ask *ask,
                                    enum um_access access)
{
    if (!ask->ours) {
        return (struct um_auth_verdict){
            .status = 403,
            .text = "The Host header must be an address or this host's name.",
            .why = UM_REFUSAL_HOST};
    }
    if (foreign(ask, access)) {
        return (struct um_auth_verdict){
            .status = 403,
            .text = "Requests of other origins are refused.",
            .why = UM_REFUSAL_ORIGIN};
    }
    return fine;
}

static struct um_auth_verdict nobody(void)
{
    return (struct um_auth_verdict){
        .status = 401,
        .text =
            "A token is needed: Authorization: Bearer TOKEN. It is in the "
            "state folder's file rest.token; the unix socket needs "
            "none.",
        .why = UM_REFUSAL_TOKEN};
}

static struct um_auth_verdict held(uint64_t wait_ms)
{
    return (struct um_auth_verdict){
        .status = 429,
        .text = "Too many wrong tokens came from this address.",
        .why = UM_REFUSAL_TRIES,
        .wait_ms = wait_ms};
}

static struct um_auth_verdict unlike(const char *text, enum um_refusal why)
{
    return (struct um_auth_verdict){.status = 403, .text = text, .why = why};
}

/* Whether a page that is not ours can send such a body without asking. */
static bool simple(const char *type)
{
    static const char *const of_forms[] = {"text/plain",
                                           "application/x-www-form-urlencoded",
                                           "multipart/form-data"};

    if (type == NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof of_forms / sizeof of_forms[0]; i++) {
        size_t len = strlen(of_forms[i]);

        if (strncasecmp(type, of_forms[i], len) == 0 &&
            (type[len] == '\0' || strchr("; \t", type[len]) != NULL)) {
            return true;
        }
    }
    return false;
}

/* A browser adds the cookie whoever made it ask: for another port of this
 * address, too, which is the same site. */
static struct um_auth_verdict page(const struct um_session *s,
                                   const struct um_ask *ask, bool writes)
{
    bool typed = ask->site != NULL && strcasecmp(ask->site, "none") == 0;

    if (ask->site != NULL && strcasecmp(ask->site, "same-origin") != 0 &&
        (writes || !typed)) {
        return unlike("Requests of other origins are refused.",
                      UM_REFUSAL_ORIGIN);
    }
    if (writes && ask->origin == NULL) {
        return unlike("A session's changes need an Origin header.",
                      UM_REFUSAL_ORIGIN);
    }
    if (writes && (ask->csrf == NULL || !um_secret_is(s->csrf, ask->csrf))) {
        return unlike("A session's changes need its X-CSRF header.",
                      UM_REFUSAL_CSRF);
    }
    if (writes && ask->body && simple(ask->type)) {
        return (struct um_auth_verdict){
            .status = 415,
            .text =
                "A session's body needs a Content-Type that no form has, "
                "such as application/json.",
            .why = UM_REFUSAL_TYPE};
    }
    return fine;
}

/* What a route asks for at least. */
static enum um_right wanted(enum um_access access, const struct um_ask *ask)
{
    switch (access) {
        case UM_ACCESS_OPEN:
        case UM_ACCESS_PAGE:
            return UM_RIGHT_NONE;
        case UM_ACCESS_SCRAPER:
            return UM_RIGHT_FIGURES;
        case UM_ACCESS_READ:
        case UM_ACCESS_SESSION:
            return UM_RIGHT_READ;
        case UM_ACCESS_VALUE:
            return reads(ask) ? UM_RIGHT_READ : UM_RIGHT_ALL;
        case UM_ACCESS_ADMIN:
        case UM_ACCESS_ACT:
        case UM_ACCESS_SOCKET:
            break;
    }
    return UM_RIGHT_ALL;
}

/* Whether who may that much may what a route asks for. */
static struct um_auth_verdict enough(enum um_right right, enum um_right want)
{
    if (right >= want) {
        return (struct um_auth_verdict){.right = right};
    }
    return right < UM_RIGHT_READ
               ? nobody()
               : unlike("Who may only read may not do this.", UM_REFUSAL_ROLE);
}

/* Something wrong was shown. An address that did so too often is told to wait;
 * what is right is taken from it all the same: all of a machine come from one
 * address, and whoever may connect could lock the others out. (None of the
 * secrets can be guessed, however fast.) */
static struct um_auth_verdict wrong(struct um_auth *auth,
                                    const struct um_ask *ask, uint64_t now_ms)
{
    uint64_t wait_ms = um_tries_wait_ms(&auth->tries, ask->client, now_ms);
    struct um_auth_verdict v = wait_ms > 0 ? held(wait_ms) : nobody();

    um_tries_wrong(&auth->tries, ask->client, now_ms);
    v.alarm =
        wait_ms == 0 && um_tries_wait_ms(&auth->tries, ask->client, now_ms) > 0;
    return v;
}

static struct um_auth_verdict by_token(struct um_auth *auth,
                                       const struct um_ask *ask,
                                       enum um_right want, uint64_t now_ms)
{
    enum um_right right = right_of(auth, bearer(ask->authorization));

    return right == UM_RIGHT_NONE ? wrong(auth, ask, now_ms)
                                  : enough(right, want);
}

static struct um_auth_verdict by_session(const struct um_auth *auth,
                                         const struct um_ask *ask,
                                         enum um_access access, uint64_t now_ms)
{
    const struct um_session *s = um_auth_session(auth, ask, now_ms);
    struct um_auth_verdict v;

    if (s == NULL) {
        return nobody();
    }
    v = page(s, ask, !reads(ask) || access == UM_ACCESS_ACT);
    return v.status != 0 ? v : enough(s->right, wanted(access, ask));
}

static struct um_auth_verdict judge(struct um_auth *auth,
                                    const struct um_ask *ask,
                                    enum um_access access, uint64_t now_ms)
{
    struct um_auth_verdict v = fine;

    if (!auth->local) {
        v = place(ask, access);
    }
    if (v.status != 0 || access == UM_ACCESS_OPEN || access == UM_ACCESS_PAGE) {
        return v;
    }
    if (auth->local) {
        return access == UM_ACCESS_SESSION ? nobody()
                                           : enough(UM_RIGHT_ALL, UM_RIGHT_ALL);
    }
    v = access == UM_ACCESS_SESSION || ask->authorization == NULL
            ? by_session(auth, ask, access, now_ms)
            : by_token(auth, ask, wanted(access, ask), now_ms);
    return v.status == 0 && access == UM_ACCESS_SOCKET
               ? unlike("This is asked for at the unix socket alone.",
                        UM_REFUSAL_ROLE)
               : v;
}

/* Counts what is refused. */
static struct um_auth_verdict counted(struct um_auth *auth,
                                      struct um_auth_verdict v)
{
    if (v.status != 0) {
        auth->refused[v.why]++;
    }
    return v;
}

struct um_auth_verdict um_auth_check(struct um_auth *auth,
                                     const struct um_ask *ask,
                                     enum um_access access, uint64_t now_ms)
{
    return counted(auth, judge(auth, ask, access, now_ms));
}

struct um_auth_verdict um_auth_login(struct um_auth *auth,
                                     const struct um_ask *ask, const char *code,
                                     const char *token, uint64_t now_ms)
{
    enum um_right right =
        code != NULL ? um_sessions_redeem(&auth->sessions, code, now_ms)
                     : right_of(auth, token);
    struct um_auth_verdict v;

    if (right >= UM_RIGHT_READ) {
        return (struct um_auth_verdict){.right = right};
    }
    v = wrong(auth, ask, now_ms);
    if (v.status == 401) {
        v.text = code != NULL ? "The link is no good any more: it holds once, "
                                "for two minutes. `unitmesh ui` prints another."
                              : "That is not a token of this node.";
    }
    return counted(auth, v);
}

bool um_auth_host_ours(const struct um_http_req *req)
{
    char name[HOST_MAX_BYTES] = "";

    (void)gethostname(name, sizeof name - 1);
    return um_auth_host_ok(um_http_header(req, "Host"), name);
}

struct um_ask um_auth_ask(const struct um_http_req *req)
{
    struct um_ask a = {.method = um_http_method(req),
                       .host = um_http_header(req, "Host"),
                       .origin = um_http_header(req, "Origin"),
                       .site = um_http_header(req, "Sec-Fetch-Site"),
                       .mode = um_http_header(req, "Sec-Fetch-Mode"),
                       .authorization = um_http_header(req, "Authorization"),
                       .cookie = um_http_header(req, "Cookie"),
                       .csrf = um_http_header(req, "X-CSRF"),
                       .type = um_http_header(req, "Content-Type"),
                       .client = um_http_client(req)};
    size_t len;

    (void)um_http_body(req, &len);
    a.body = len > 0;
    return a;
}
