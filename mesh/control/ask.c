/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Requests. Happy path: normalise the path as Unit does, look the method and
 * the media types up. Failure modes: a path that Unit closes the connection
 * of, or one that is too long; a message or a key that cannot be kept.
 */
#include "mesh/control/ask.h"

#include "mesh/base/utf8.h"
#include "mesh/standin/target.h"
#include "p2p/err.h"

static enum um_ask_method method_of(struct um_str name)
{
    static const char *const names[] = {"GET", "PUT", "POST", "DELETE",
                                        "PATCH"};

    for (int i = 0; i < UM_ASK_OTHER; i++) {
        if (um_str_eq(name, um_str(names[i])))
            return (enum um_ask_method)i;
    }
    return UM_ASK_OTHER;
}

static struct um_str trim(struct um_str s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = um_str_skip(s, 1);
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes what stands before a separator off, without blanks. */
static struct um_str take(struct um_str *rest, char separator)
{
    struct um_str one = um_str_head(*rest, um_str_find(*rest, separator));

    *rest = um_str_skip(*rest, one.len + 1);
    return trim(one);
}

static enum um_ask_media media_of(struct um_str type)
{
    struct um_str name = take(&type, ';');

    if (um_str_eq_nocase(name, UM_STR("application/json-patch+json")))
        return UM_ASK_JSON_PATCH;
    if (um_str_eq_nocase(name, UM_STR("application/merge-patch+json")))
        return UM_ASK_MERGE_PATCH;
    return UM_ASK_VALUE;
}

/* True if one of the parameters of a media range is a quality of none. */
static bool is_unwanted(struct um_str parameters)
{
    while (parameters.len > 0) {
        struct um_str p = take(&parameters, ';');
        size_t i = 2;

        if (!um_str_eq_nocase(um_str_head(p, 2), UM_STR("q=")))
            continue;
        while (i < p.len && (p.p[i] == '0' || p.p[i] == '.'))
            i++;
        return i == p.len;
    }
    return false;
}

static bool wants_problems(struct um_str accept)
{
    while (accept.len > 0) {
        struct um_str range = take(&accept, ',');
        struct um_str name = take(&range, ';');

        if (um_str_eq_nocase(name, UM_STR("application/problem+json")))
            return !is_unwanted(range);
    }
    return false;
}

static int refuse(struct um_problem *why, unsigned status, const char *error,
                  const char *detail)
{
    *why = (struct um_problem){
        .status = status, .error = um_str(error), .detail = um_str(detail)};
    return P2P_EFORMAT;
}

/* No byte that could end a line, or the path, in a request of our own. */
static bool is_plain(struct um_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.p[i];

        if (c <= 0x20 || c == 0x7f)
            return false;
    }
    return path.len > 0 && path.p[0] == '/';
}

int um_ask_read(struct um_arena *a, const struct um_control_request *req,
                struct um_ask *out, struct um_problem *why)
{
    struct um_str query;
    char *room;

    *out = (struct um_ask){.method = method_of(req->method),
                           .media = media_of(req->content_type),
                           .problems = wants_problems(req->accept)};
    if (req->path.len > UM__CAP_CONTROL_PATH_BYTES)
        return refuse(why, 414, "Invalid path.", "The path is too long.");
    room = um_arena_alloc(a, req->path.len + 1);
    if (room == NULL)
        return P2P_ENOMEM;
    if (!is_plain(req->path) ||
        !um_starget_normalise(req->path, true, room, &out->path, &query) ||
        out->path.len == 0)
        return refuse(
            why, 400, "Invalid path.",
            "An escape in it is malformed, or it leads above the root.");
    if (out->path.len > 1 && out->path.p[out->path.len - 1] == '/')
        out->path.len--;
    return 0;
}

int um_ask_text(struct um_arena *a, struct um_str s, bool *yes)
{
    char *text = um_arena_alloc(a, s.len + 1);
    size_t n = 1;

    if (text == NULL)
        return P2P_ENOMEM;
    if (s.len > 0)
        memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    for (size_t i = 0; i < s.len && n > 0; i += n) {
        unsigned char c = (unsigned char)text[i];

        n = c < 0x20 || c == 0x7f ? 0 : um_utf8_len(text + i);
    }
    *yes = n > 0;
    return 0;
}

static bool is_key(struct um_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < 0x21 || s.p[i] > 0x7e)
            return false;
    }
    return s.len > 0 && s.len <= UM__CAP_CONTROL_KEY_BYTES;
}

int um_ask_check(struct um_arena *a, const struct um_control_request *req,
                 struct um_problem *why)
{
    bool text = req->message.len <= UM__CAP_CONTROL_MESSAGE_BYTES;
    int rc = text ? um_ask_text(a, req->message, &text) : 0;

    if (rc != 0)
        return rc;
    if (!text)
        return refuse(why, 400, "Invalid message.",
                      "X-Message is at most 1,024 bytes of UTF-8 without "
                      "control characters.");
    if (req->idempotency_key.p != NULL && !is_key(req->idempotency_key))
        return refuse(why, 400, "Invalid key.",
                      "Idempotency-Key is 1 to 255 visible characters of "
                      "ASCII.");
    return 0;
}

bool um_ask_below(struct um_ask *ask, const char *resource)
{
    struct um_str name = um_str(resource);

    if (!um_str_starts(ask->path, name))
        return false;
    ask->rest = um_str_skip(ask->path, name.len);
    if (ask->rest.len == 0)
        ask->rest = UM_STR("/");
    return ask->rest.p[0] == '/';
}
