/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libcurl's easy interface over the unix socket. */
#include "cli/request.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct um_request *r = user;
    char *grown = realloc(r->body, r->len + size * n + 1);

    if (grown == NULL) {
        return 0;
    }
    r->body = grown;
    memcpy(r->body + r->len, data, size * n);
    r->len += size * n;
    r->body[r->len] = '\0';
    return size * n;
}

static CURLcode perform(CURL *e, const char *socket, struct um_request *r)
{
    char url[512], host[300];
    struct curl_slist *headers = NULL;
    CURLcode rv;

    (void)snprintf(url, sizeof url, "http://localhost%s", r->path);
    (void)snprintf(host, sizeof host, "Host: %s",
                   r->host != NULL ? r->host : "localhost");
    headers = curl_slist_append(headers, host);
    (void)curl_easy_setopt(e, CURLOPT_URL, url);
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http");
    (void)curl_easy_setopt(e, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, socket);
    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
    (void)curl_easy_setopt(e, CURLOPT_TIMEOUT, 30L);
    rv = curl_easy_perform(e);
    (void)curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &r->status);
    curl_slist_free_all(headers);
    return rv;
}

int um_request_run(const char *socket, struct um_request *r)
{
    CURL *e = curl_easy_init();
    CURLcode rv = e != NULL ? perform(e, socket, r) : CURLE_OUT_OF_MEMORY;

    curl_easy_cleanup(e);
    if (rv == CURLE_COULDNT_CONNECT) {
        (void)fprintf(stderr,
                      "unitmesh: no daemon answers at %s; is it running? "
                      "(--control PATH names another socket)\n",
                      socket);
        return -1;
    }
    if (rv != CURLE_OK) {
        (void)fprintf(stderr, "unitmesh: %s: %s\n", socket,
                      curl_easy_strerror(rv));
        return -1;
    }
    if (r->body == NULL) {
        r->body = calloc(1, 1);
    }
    return r->body != NULL ? 0 : -1;
}

void um_request_free(struct um_request *r)
{
    free(r->body);
    r->body = NULL;
}
