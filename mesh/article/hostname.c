/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strict: a host is letters, digits, dots and hyphens, or an address. */
#include "mesh/article/hostname.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Whether a text is ":" and at most five digits. */
static bool is_port(const char *text, size_t len)
{
    if (len == 0 || len > 6 || text[0] != ':') {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

/* The part in front of ":PORT", without brackets; false: malformed. */
static bool cut_port(const char *text, size_t len, size_t *from, size_t *to)
{
    const char *end;

    *from = 0;
    *to = len;
    if (len > 0 && text[0] == '[') {
        end = memchr(text, ']', len);
        if (end == NULL) {
            return false;
        }
        *from = 1;
        *to = (size_t)(end - text);
        return *to + 1 == len || is_port(end + 1, len - *to - 1);
    }
    end = memchr(text, ':', len);
    if (end != NULL &&
        memchr(end + 1, ':', len - (size_t)(end - text) - 1) == NULL) {
        *to = (size_t)(end - text);
        return is_port(end, len - *to);
    }
    return true;
}

static bool is_name(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

    return text[0] != '\0' && text[0] != '-' && text[0] != '.' &&
           text[strspn(text, allowed)] == '\0';
}

static void read_ip(struct um_host *h)
{
    if (inet_pton(AF_INET, h->text, h->ip.bytes) == 1) {
        h->ip.len = 4;
    } else if (inet_pton(AF_INET6, h->text, h->ip.bytes) == 1) {
        static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
                                           0, 0, 0, 0, 0xff, 0xff};

        h->ip.len = 16;
        if (memcmp(h->ip.bytes, mapped, sizeof mapped) == 0) {
            memmove(h->ip.bytes, h->ip.bytes + 12, 4);
            h->ip.len = 4;
            (void)inet_ntop(AF_INET, h->ip.bytes, h->text, sizeof h->text);
        }
    }
}

bool um_host_parse(const char *text, size_t len, struct um_host *out)
{
    size_t from, to;

    *out = (struct um_host){0};
    if (!cut_port(text, len, &from, &to) || to <= from ||
        to - from >= sizeof out->text) {
        return false;
    }
    memcpy(out->text, text + from, to - from);
    if (strlen(out->text) != to - from) {
        return false;
    }
    read_ip(out);
    return out->ip.len > 0 || is_name(out->text);
}

void um_host_from_ip(const struct um_ip *ip, struct um_host *out)
{
    char text[INET6_ADDRSTRLEN];

    *out = (struct um_host){.ip = *ip};
    (void)inet_ntop(ip->len == 4 ? AF_INET : AF_INET6, ip->bytes, text,
                    sizeof text);
    (void)snprintf(out->text, sizeof out->text, "%s", text);
}

bool um_host_is_forbidden(const struct um_ip *ip)
{
    const uint8_t *b = ip->bytes;

    if (ip->len == 4) {
        return b[0] == 0 || b[0] >= 224 || (b[0] == 169 && b[1] == 254);
    }
    return b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
           (b[0] == 0 && b[15] == 0);
}
