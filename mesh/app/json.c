/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A writer of a dozen lines: what is written is small and flat. Reading JSON,
 * and writing configurations, is the library's work. */
#include "mesh/app/json.h"

static void lead(struct um_json *j, const char *key)
{
    if (!j->first) {
        um_buf_byte(&j->buf, ',');
    }
    j->first = false;
    if (key != NULL) {
        um_buf_fmt(&j->buf, "\"%s\":", key);
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
    um_buf_byte(&j->buf, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++) {
        if (*c == '"' || *c == '\\') {
            um_buf_fmt(&j->buf, "\\%c", *c);
        } else if (*c < 0x20 || *c == 0x7f) {
            um_buf_fmt(&j->buf, "\\u%04x", *c);
        } else {
            um_buf_byte(&j->buf, (char)*c);
        }
    }
    um_buf_byte(&j->buf, '"');
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
