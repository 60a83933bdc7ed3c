/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Checks from the cheapest to the dearest; the token in constant time. */
#include "mesh/rest/auth.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

/* A page of another origin made a browser ask. */
static bool foreign(const struct um_http_req *req)
{
    const char *origin = um_http_header(req, "Origin");
    const char *site = um_http_header(req, "Sec-Fetch-Site");
    const char *host = um_http_header(req, "Host");
    char own[HOST_MAX_BYTES + 8];

    if (site != NULL && strcasecmp(site, "cross-site") == 0) {
        return true;
    }
    if (origin == NULL) {
        return false;
    }
    (void)snprintf(own, sizeof own, "http://%s", host != NULL ? host : "");
    return strcasecmp(origin, own) != 0;
}

static bool same_secret(const char *a, const char *b, size_t len)
{
    unsigned char diff = 0;

    for (size_t i = 0; i < len; i++) {
        diff = (unsigned char)(diff | (a[i] ^ b[i]));
    }
    return diff == 0;
}

static bool has_token(const char *token, const struct um_http_req *req)
{
    static const char bearer[] = "Bearer ";
    const char *value = um_http_header(req, "Authorization");
    size_t skip = sizeof bearer - 1;

    return value != NULL && strncasecmp(value, bearer, skip) == 0 &&
           strlen(value + skip) == UM_TOKEN_CHARS &&
           same_secret(value + skip, token, UM_TOKEN_CHARS);
}

static bool may(const struct um_auth *auth, const struct um_http_req *req,
                enum um_access access)
{
    return access == UM_ACCESS_OPEN || has_token(auth->token, req) ||
           (access == UM_ACCESS_SCRAPER && auth->scraper[0] != '\0' &&
            has_token(auth->scraper, req));
}

bool um_auth_host_ours(const struct um_http_req *req)
{
    char name[HOST_MAX_BYTES] = "";

    (void)gethostname(name, sizeof name - 1);
    return um_auth_host_ok(um_http_header(req, "Host"), name);
}

struct um_auth_verdict um_auth_check(const struct um_auth *auth,
                                     const struct um_http_req *req,
                                     enum um_access access)
{
    if (auth->local) {
        return (struct um_auth_verdict){0};
    }
    if (!um_auth_host_ours(req)) {
        return (struct um_auth_verdict){
            403, "The Host header must be an address or this host's name.\n"};
    }
    if (foreign(req)) {
        return (struct um_auth_verdict){
            403, "Requests of other origins are refused.\n"};
    }
    if (!may(auth, req, access)) {
        return (struct um_auth_verdict){
            401,
            "A token is needed: Authorization: Bearer TOKEN. It is in the "
            "state folder's file rest.token; the unix socket needs "
            "none.\n"};
    }
    return (struct um_auth_verdict){0};
}
