/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libcurl's easy interface over the unix socket. */
#include "cli/request.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/unreached.h"

#define PATIENCE_S 60U

/* A request on its way. */
struct sending {
    CURL *e;
    struct um_request *r;
};

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct sending *s = user;
    struct um_request *r = s->r;
    char *grown;

    (void)curl_easy_getinfo(s->e, CURLINFO_RESPONSE_CODE, &r->status);
    if (r->more != NULL && r->status == 200) {
        return r->more(r->user, data, size * n) == 0 ? size * n : 0;
    }
    grown = realloc(r->answer, r->len + size * n + 1);
    if (grown == NULL) {
        return 0;
    }
    r->answer = grown;
    memcpy(r->answer + r->len, data, size * n);
    r->len += size * n;
    r->answer[r->len] = '\0';
    return size * n;
}

/* Keeps the value of a header that has that name. */
static void keep(char *out, size_t cap, const char *name, struct um_str line)
{
    size_t n = strlen(name);

    if (line.len <= n || strncasecmp(line.p, name, n) != 0) {
        return;
    }
    line = um_str_skip(line, n);
    while (line.len > 0 && *line.p == ' ') {
        line = um_str_skip(line, 1);
    }
    while (line.len > 0 && strchr("\r\n ", line.p[line.len - 1]) != NULL) {
        line.len--;
    }
    (void)snprintf(out, cap, "%.*s", UM_STR_ARG(line));
}

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
    struct sending *s = user;
    struct um_str line = um_str_n(data, size * n);

    keep(s->r->etag, sizeof s->r->etag, "ETag:", line);
    keep(s->r->revision, sizeof s->r->revision, "X-Revision:", line);
    return size * n;
}

static int on_progress(void *user, curl_off_t to_get, curl_off_t got,
                       curl_off_t to_put, curl_off_t put)
{
    const struct um_request *r = user;

    (void)to_get;
    (void)got;
    (void)to_put;
    (void)put;
    r->tick(r->ticks, false);
    return 0;
}

static struct curl_slist *headers_of(const struct um_request *r)
{
    char host[300];
    struct curl_slist *list;

    (void)snprintf(host, sizeof host, "Host: %s",
                   r->host != NULL ? r->host : "localhost");
    list = curl_slist_append(NULL, host);
    list = curl_slist_append(list, "Expect:");
    if (r->problems) {
        list = curl_slist_append(list, "Accept: application/problem+json, */*");
    }
    if (r->body.p != NULL) {
        list = curl_slist_append(list, "Content-Type:");
    }
    for (size_t i = 0; i < UM_REQUEST_HEADERS && r->headers[i] != NULL; i++) {
        list = curl_slist_append(list, r->headers[i]);
    }
    return list;
}

static CURLcode perform(CURL *e, const char *socket, struct um_request *r,
                        const char *url)
{
    struct sending s = {e, r};
    struct curl_slist *headers = headers_of(r);
    unsigned patience = r->patience_s > 0 ? r->patience_s : PATIENCE_S;
    CURLcode rv;

    (void)curl_easy_setopt(e, CURLOPT_URL, url);
    (void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http");
    (void)curl_easy_setopt(e, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, socket);
    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    if (r->body.p != NULL) {
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body.p);
        (void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)r->body.len);
    }
    (void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, &s);
    (void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(e, CURLOPT_HEADERDATA, &s);
    if (r->more == NULL) {
        (void)curl_easy_setopt(e, CURLOPT_TIMEOUT, (long)patience);
    }
    if (r->tick != NULL) {
        (void)curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
        (void)curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
        (void)curl_easy_setopt(e, CURLOPT_XFERINFODATA, r);
    }
    if (r->limit_ms > 0) {
        (void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->limit_ms);
    }
    rv = curl_easy_perform(e);
    if (r->tick != NULL) {
        r->tick(r->ticks, true);
    }
    (void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &r->status);
    (void)curl_easy_getinfo(e, CURLINFO_OS_ERRNO, &r->os_errno);
    curl_slist_free_all(headers);
    return rv;
}

static CURLcode begin(const char *socket, struct um_request *r)
{
    CURL *e = curl_easy_init();
    struct um_buf url = UM_BUF_INIT;
    CURLcode rv = CURLE_OUT_OF_MEMORY;

    um_buf_text(&url, "http://localhost");
    um_buf_text(&url, r->path);
    um_buf_byte(&url, '\0');
    if (e != NULL && !um_buf_failed(&url)) {
        rv = perform(e, socket, r, url.p);
    }
    curl_easy_cleanup(e);
    um_buf_fini(&url);
    return rv;
}

int um_request_run(const char *socket, struct um_request *r)
{
    CURLcode rv = begin(socket, r);

    if (rv != CURLE_OK && r->quiet) {
        return -1;
    }
    if (rv == CURLE_COULDNT_CONNECT) {
        um_unreached_say(socket, (int)r->os_errno);
        return -1;
    }
    if (rv == CURLE_GOT_NOTHING || rv == CURLE_RECV_ERROR) {
        (void)fprintf(stderr,
                      "unitmesh: the daemon at %s ended before it answered\n"
                      "  whether it did what was asked is known when it runs "
                      "again: `unitmesh log`\n",
                      socket);
        return -1;
    }
    if (rv != CURLE_OK) {
        (void)fprintf(stderr, "unitmesh: %s: %s\n", socket,
                      curl_easy_strerror(rv));
        return -1;
    }
    if (r->answer == NULL) {
        r->answer = calloc(1, 1);
    }
    return r->answer != NULL ? 0 : -1;
}

void um_request_free(struct um_request *r)
{
    free(r->answer);
    r->answer = NULL;
}
