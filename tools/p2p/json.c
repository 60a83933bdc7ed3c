/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writes JSON to stdout as it goes. Text is escaped; bytes that are not UTF-8
 * are written as base64 under another key (KEY_b64). */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The comma and the key in front of a value. */
static void lead(struct json *j, const char *key)
{
    if (!j->first) {
        (void)putchar(',');
    }
    j->first = false;
    if (key != NULL) {
        (void)printf("\"%s\":", key);
    }
}

static void quoted(const unsigned char *p, size_t len)
{
    (void)putchar('"');
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '"' || p[i] == '\\') {
            (void)printf("\\%c", p[i]);
        } else if (p[i] < 0x20 || p[i] == 0x7f) {
            (void)printf("\\u%04x", p[i]);
        } else {
            (void)putchar(p[i]);
        }
    }
    (void)putchar('"');
}

void json_begin(struct json *j, const char *type)
{
    (void)putchar('{');
    j->first = true;
    json_text(j, "type", type);
}

void json_reply(struct json *j, const char *cmd, int status)
{
    json_begin(j, "reply");
    json_text(j, "cmd", cmd);
    json_bool(j, "ok", status >= 0);
    if (status < 0) {
        json_text(j, "error", p2p_err_text(status));
    }
}

void json_end(struct json *j)
{
    (void)j;
    (void)fputs("}\n", stdout);
    (void)fflush(stdout);
}

void json_text(struct json *j, const char *key, const char *text)
{
    lead(j, key);
    quoted((const unsigned char *)text, strlen(text));
}

/* Bytes of a multi-byte character that begins with c; 0: none does. */
static size_t utf8_len(unsigned char c)
{
    if (c < 0x80) {
        return 1;
    }
    if (c >= 0xc2 && c < 0xe0) {
        return 2;
    }
    if (c >= 0xe0 && c < 0xf0) {
        return 3;
    }
    return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

static bool is_utf8(const unsigned char *p, size_t len)
{
    size_t i = 0;

    while (i < len) {
        size_t n = utf8_len(p[i]);

        if (n == 0 || n > len - i) {
            return false;
        }
        for (size_t k = 1; k < n; k++) {
            if ((p[i + k] & 0xc0U) != 0x80) {
                return false;
            }
        }
        i += n;
    }
    return true;
}

static void base64(const unsigned char *p, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t v = (uint32_t)p[i] << 16;

        v |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= n > 2 ? (uint32_t)p[i + 2] : 0;
        (void)putchar(digits[v >> 18]);
        (void)putchar(digits[(v >> 12) & 63]);
        (void)putchar(n > 1 ? digits[(v >> 6) & 63] : '=');
        (void)putchar(n > 2 ? digits[v & 63] : '=');
    }
}

void json_bytes(struct json *j, const char *key, const void *p, size_t len)
{
    char name[64];

    if (is_utf8(p, len)) {
        lead(j, key);
        quoted(p, len);
        return;
    }
    (void)snprintf(name, sizeof name, "%s_b64", key);
    lead(j, name);
    (void)putchar('"');
    base64(p, len);
    (void)putchar('"');
}

void json_int(struct json *j, const char *key, int64_t n)
{
    lead(j, key);
    (void)printf("%" PRId64, n);
}

void json_uint(struct json *j, const char *key, uint64_t n)
{
    lead(j, key);
    (void)printf("%" PRIu64, n);
}

void json_real(struct json *j, const char *key, double n)
{
    lead(j, key);
    (void)printf("%.3f", n);
}

void json_bool(struct json *j, const char *key, bool b)
{
    lead(j, key);
    (void)fputs(b ? "true" : "false", stdout);
}

void json_null(struct json *j, const char *key)
{
    lead(j, key);
    (void)fputs("null", stdout);
}

void json_peer(struct json *j, const char *key, const struct p2p_peer_id *id)
{
    char text[P2P_PEER_ID_TEXT_MAX];

    json_text(j, key, p2p_peer_id_text(id, text));
}

void json_addr(struct json *j, const char *key, const struct p2p_multiaddr *a)
{
    char text[P2P_MULTIADDR_TEXT_MAX];

    json_text(j, key, p2p_multiaddr_text(a, text));
}

void json_object(struct json *j, const char *key)
{
    lead(j, key);
    (void)putchar('{');
    j->first = true;
}

void json_object_end(struct json *j)
{
    (void)putchar('}');
    j->first = false;
}

void json_array(struct json *j, const char *key)
{
    lead(j, key);
    (void)putchar('[');
    j->first = true;
}

void json_array_end(struct json *j)
{
    (void)putchar(']');
    j->first = false;
}
