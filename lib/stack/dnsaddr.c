/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See dnsaddr.h. The message is read by the reader of mDNS, with its bounds:
 * what is longer, or has more records, is no list of addresses. */
#include "stack/dnsaddr.h"

#include "wire/maddr_value.h"

#define LABEL     "_dnsaddr."
#define LABEL_LEN (sizeof LABEL - 1)
#define MARK      "dnsaddr="
#define MARK_LEN  (sizeof MARK - 1)

/* Of a header's flags: the message was cut to fit a datagram. */
#define TRUNCATED 0x0200U

/* The longest record that can be a multiaddr. */
#define TEXT_MAX (MARK_LEN + P2P_MULTIADDR_TEXT_MAX)

static_assert(LABEL_LEN + P2P__MADDR_NAME_MAX < P2P__DNSADDR_NAME_MAX,
              "any name fits");

bool p2p__dnsaddr_is(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr_part part;
    size_t at = 0;

    return p2p_multiaddr_next(ma, &at, &part) &&
           part.code == P2P_MULTIADDR_DNSADDR;
}

void p2p__dnsaddr_name(const struct p2p_multiaddr *ma,
                       char name[P2P__DNSADDR_NAME_MAX])
{
    struct p2p_multiaddr_part part = {.len = 0};
    size_t at = 0;

    (void)p2p_multiaddr_next(ma, &at, &part);
    assert(part.code == P2P_MULTIADDR_DNSADDR);
    assert(part.len <= P2P__MADDR_NAME_MAX);
    memcpy(name, LABEL, LABEL_LEN);
    memcpy(name + LABEL_LEN, part.value, part.len);
    name[LABEL_LEN + part.len] = '\0';
}

/* Joins the strings of a record. Returns how many bytes they are, or more than
 * fit; or P2P_EFORMAT. */
static int join(const struct p2p__dns_rr *rr, char text[TEXT_MAX])
{
    size_t at = 0, len = 0;

    while (at < rr->rdata_len) {
        size_t n = rr->rdata[at++];

        if (n > rr->rdata_len - at) {
            return P2P_EFORMAT;
        }
        if (len + n <= TEXT_MAX) {
            memcpy(text + len, rr->rdata + at, n);
        }
        len += n;
        at += n;
    }
    return (int)len;
}

/* Whether a record is one of the answer's texts. */
static bool is_text(const struct p2p__dns_rr *rr)
{
    return rr->section == P2P__DNS_ANSWER && rr->klass == P2P__DNS_IN &&
           rr->type == P2P__DNS_TXT;
}

int p2p__dnsaddr_open(struct p2p__dnsaddr *w, const uint8_t *msg, size_t len,
                      const struct p2p_multiaddr *ma)
{
    struct p2p__dns dns;
    struct p2p__dns_rr rr;
    struct p2p_multiaddr_part part;
    char text[TEXT_MAX];
    size_t at = 0;
    int rv = p2p__dns_open(&w->dns, msg, len);

    if (rv != 0) {
        return rv;
    }
    if ((w->dns.flags & P2P__DNS_RESPONSE) == 0 ||
        (w->dns.flags & (P2P__DNS_CODES | TRUNCATED)) != 0) {
        return P2P_EFORMAT;
    }
    dns = w->dns;
    while (p2p__dns_next(&dns, &rr)) {
        if (is_text(&rr) && join(&rr, text) < 0) {
            return P2P_EFORMAT;
        }
    }
    (void)p2p_multiaddr_next(ma, &at, &part);
    w->tail = ma->bytes + at;
    w->tail_len = ma->len - at;
    return dns.err;
}

/* Whether a multiaddr ends with the components that it has to. */
static bool ends_well(const struct p2p__dnsaddr *w,
                      const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr_part part;
    size_t front, at = 0;

    if (ma->len < w->tail_len) {
        return false;
    }
    front = ma->len - w->tail_len;
    while (at < front && p2p_multiaddr_next(ma, &at, &part)) {
    }
    return at == front &&
           (w->tail_len == 0 ||
            memcmp(ma->bytes + front, w->tail, w->tail_len) == 0);
}

bool p2p__dnsaddr_next(struct p2p__dnsaddr *w, struct p2p_multiaddr *found)
{
    struct p2p__dns_rr rr;
    char text[TEXT_MAX];

    while (p2p__dns_next(&w->dns, &rr)) {
        int n = is_text(&rr) ? join(&rr, text) : 0;

        if (n > (int)MARK_LEN && n <= (int)TEXT_MAX &&
            memcmp(text, MARK, MARK_LEN) == 0 &&
            p2p_multiaddr_from_text(text + MARK_LEN, (size_t)n - MARK_LEN,
                                    found) == 0 &&
            ends_well(w, found)) {
            return true;
        }
    }
    return false;
}
