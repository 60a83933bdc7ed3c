/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A writer of a dozen lines: what is written is small and flat. Reading JSON,
 * and writing configurations, is the library's work. */
#include "mesh/app/json.h"

#include <string.h>

#include "mesh/base/utf8.h"

/* A string: bytes that are no text are shown as such. */
static void quote(struct um_json *j, const char *text)
{
    um_buf_byte(&j->buf, '"');
    while (*text != '\0') {
        size_t n = um_utf8_len(text);

        if (n == 0) {
            um_buf_text(&j->buf, "\\ufffd");
        } else if (*text == '"' || *text == '\\') {
            um_buf_fmt(&j->buf, "\\%c", *text);
        } else if (n == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f)) {
            um_buf_fmt(&j->buf, "\\u%04x", (unsigned)*text);
        } else {
            um_buf_add(&j->buf, text, n);
        }
        text += n > 0 ? n : 1;
    }
    um_buf_byte(&j->buf, '"');
}

static void lead(struct um_json *j, const char *key)
{
    if (!j->first) {
        um_buf_byte(&j->buf, ',');
    }
    j->first = false;
    if (key != NULL) {
        quote(j, key);
        um_buf_byte(&j->buf, ':');
    }
}

void um_json_init(struct um_json *j)
{
    um_buf_init(&j->buf);
    um_buf_byte(&j->buf, '{');
    j->first = true;
}

void um_json_text(struct um_json *j, const char *key, const char *text)
{
    lead(j, key);
    quote(j, text);
}

void um_json_str(struct um_json *j, const char *key, struct um_str s)
{
    char text[UM_JSON_STR_BYTES + 1];
    size_t n = s.len < UM_JSON_STR_BYTES ? s.len : UM_JSON_STR_BYTES;

    if (n > 0) {
        memcpy(text, s.p, n);
    }
    text[n] = '\0';
    um_json_text(j, key, text);
}

void um_json_raw(struct um_json *j, const char *key, struct um_str json)
{
    lead(j, key);
    um_buf_str(&j->buf, json);
}

void um_json_uint(struct um_json *j, const char *key, uint64_t n)
{
    lead(j, key);
    um_buf_u64(&j->buf, n);
}

void um_json_real(struct um_json *j, const char *key, double n)
{
    lead(j, key);
    um_buf_fmt(&j->buf, "%.3f", n);
}

void um_json_bool(struct um_json *j, const char *key, bool b)
{
    lead(j, key);
    um_buf_text(&j->buf, b ? "true" : "false");
}

void um_json_open(struct um_json *j, const char *key, char bracket)
{
    lead(j, key);
    um_buf_byte(&j->buf, bracket);
    j->first = true;
}

void um_json_close(struct um_json *j, char bracket)
{
    um_buf_byte(&j->buf, bracket);
    j->first = false;
}

const char *um_json_finish(struct um_json *j, size_t *len)
{
    um_buf_text(&j->buf, "}\n");
    *len = j->buf.len;
    return j->buf.p;
}

void um_json_fini(struct um_json *j)
{
    um_buf_fini(&j->buf);
}
