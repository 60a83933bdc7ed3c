/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See page.h. A file is named by its whole path, which is not decoded: there is
 * nothing to climb out of. Who has it already gets 304; failure mode: a path
 * that is no file's, 404.
 */
#include "mesh/app/page.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mesh/app/answer.h"

/* Nothing of others, nothing inline, in no frame. */
#define POLICY                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; "   \
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; " \
    "form-action 'none'; frame-ancestors 'none'"

static const struct um_page_file *find(const char *path)
{
    static const char below[] = "/ui/";

    if (strcmp(path, "/") == 0) {
        path = "/ui/index.html";
    }
    if (strncmp(path, below, sizeof below - 1) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < um_page_files_n; i++) {
        if (strcmp(um_page_files[i].path, path + sizeof below - 1) == 0) {
            return &um_page_files[i];
        }
    }
    return NULL;
}

bool um_page_takes_gzip(const char *value)
{
    while (value != NULL && *value != '\0') {
        size_t len = strcspn(value, ",");

        while (len > 0 && (*value == ' ' || *value == '\t')) {
            value++;
            len--;
        }
        if (len >= 4 && strncasecmp(value, "gzip", 4) == 0 &&
            (len == 4 || strchr("; \t", value[4]) != NULL)) {
            const char *q = memmem(value, len, "q=0", 3);

            return q == NULL || strspn(q + 2, "0.") < strcspn(q + 2, ", \t");
        }
        value += len;
        value += *value == ',';
    }
    return false;
}

/* Whether a client has this content, by If-None-Match: one tag, several, or
 * any. */
static bool has_it(const struct um_http_req *req, const char *tag)
{
    const char *have = um_http_header(req, "If-None-Match");

    return have != NULL &&
           (strcmp(have, "*") == 0 || strstr(have, tag) != NULL);
}

static void put_headers(struct um_http_req *req, const char *tag)
{
    char weak[32];

    /* Weak: the bytes differ by encoding, what they say does not. */
    (void)snprintf(weak, sizeof weak, "W/%s", tag);
    um_http_reply_header(req, "ETag", weak);
    um_http_reply_header(req, "Cache-Control", "no-cache");
    um_http_reply_header(req, "Vary", "Accept-Encoding");
    um_http_reply_header(req, "Content-Security-Policy", POLICY);
    um_http_reply_header(req, "Referrer-Policy", "no-referrer");
    um_http_reply_header(req, "Cross-Origin-Opener-Policy", "same-origin");
}

void um_page_show(struct um_daemon *d, struct um_http_req *req)
{
    const struct um_page_file *f = find(um_http_path(req));
    char tag[24];

    (void)d;
    if (f == NULL) {
        um_answer_error(req, 404, "Value doesn't exist.", NULL);
        return;
    }
    (void)snprintf(tag, sizeof tag, "\"%s\"", f->hash);
    put_headers(req, tag);
    if (has_it(req, tag)) {
        um_http_reply(req, 304, f->type, "", 0);
    } else if (um_page_takes_gzip(um_http_header(req, "Accept-Encoding"))) {
        um_http_reply_header(req, "Content-Encoding", "gzip");
        um_http_reply(req, 200, f->type, f->packed, f->packed_bytes);
    } else {
        um_http_reply(req, 200, f->type, f->plain, f->plain_bytes);
    }
}
