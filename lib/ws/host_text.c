/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See host_text.h. It goes by the text of the address, word by word: that has
 * no "/" within a value. */
#include "ws/host_text.h"

#include <stdio.h>

/* Words of an address that matter. */
struct words {
    const char *name;
    const char *port;
    const char *sni;
    bool v6;
};

static bool is(const char *word, const char *want)
{
    return strcmp(word, want) == 0;
}

/* Notes what a protocol's value is good for. */
static void note(struct words *w, const char *protocol, const char *value)
{
    if (is(protocol, "ip4") || is(protocol, "ip6") || is(protocol, "dns") ||
        is(protocol, "dns4") || is(protocol, "dns6")) {
        w->name = value;
        w->v6 = is(protocol, "ip6");
    } else if (is(protocol, "tcp")) {
        w->port = value;
    } else if (is(protocol, "sni")) {
        w->sni = value;
    }
}

/* Cuts the text at its slashes; protocols without a value come last. */
static void read_words(char *text, struct words *w)
{
    char *at = text + 1, *protocol = NULL;

    while (at != NULL) {
        char *end = strchr(at, '/');

        if (end != NULL) {
            *end = '\0';
        }
        if (protocol != NULL) {
            note(w, protocol, at);
        }
        protocol = protocol == NULL && !is(at, "tls") ? at : NULL;
        at = end != NULL ? end + 1 : NULL;
    }
}

int p2p__host_text_of(const struct p2p_multiaddr *ma, const char *usual,
                      struct p2p__host_text *out)
{
    char text[P2P_MULTIADDR_TEXT_MAX];
    struct words w = {0};
    bool bracket;
    int n, m;

    (void)p2p_multiaddr_text(ma, text);
    read_words(text, &w);
    if (w.name == NULL || w.port == NULL) {
        return P2P_EFORMAT;
    }
    bracket = w.sni == NULL && w.v6;
    w.name = w.sni != NULL ? w.sni : w.name;
    n = snprintf(out->name, sizeof out->name, "%s", w.name);
    m = snprintf(out->header, sizeof out->header, "%s%s%s%s%s",
                 bracket ? "[" : "", w.name, bracket ? "]" : "",
                 is(w.port, usual) ? "" : ":", is(w.port, usual) ? "" : w.port);
    return (size_t)n < sizeof out->name && (size_t)m < sizeof out->header
               ? 0
               : P2P_ETOOBIG;
}
