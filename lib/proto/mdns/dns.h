/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * DNS messages: a reader that walks questions and records, and a writer into a
 * buffer. Names are expanded and compressed by the C library's resolver, which
 * has done that for decades; the bounds are ours: a name's pointers lead
 * backwards, at most P2P__CAP_MDNS_HOPS of them, through at most 255 bytes, so
 * a packet costs time linear in its size (T37). RFC 1035, section 4.
 *
 *     p2p__dns_open(&d, p, len);
 *     while (p2p__dns_next(&d, &rr)) { … }
 *     return d.err;
 */
#ifndef P2P_PROTO_MDNS_DNS_H
#define P2P_PROTO_MDNS_DNS_H

#include "base/types.h"

/* Room for a name as text with its ending zero; no name of ours is longer. */
#define P2P__DNS_NAME_MAX 256U

/* Flags of a header: a response, and one that comes from the owner. */
#define P2P__DNS_RESPONSE      0x8000U
#define P2P__DNS_AUTHORITATIVE 0x0400U

/* The bits of the header that must be zero: operation and result code. */
#define P2P__DNS_CODES 0x780fU

#define P2P__DNS_IN 1U

/* In a class: of a question, answer me alone; of a record, forget others. */
#define P2P__DNS_CLASS_TOP 0x8000U

enum p2p__dns_type {
    P2P__DNS_A = 1,
    P2P__DNS_PTR = 12,
    P2P__DNS_TXT = 16,
    P2P__DNS_AAAA = 28,
    P2P__DNS_SRV = 33,
    P2P__DNS_ANY = 255
};

enum p2p__dns_section {
    P2P__DNS_QUESTION,
    P2P__DNS_ANSWER,
    P2P__DNS_AUTHORITY,
    P2P__DNS_ADDITIONAL,
    P2P__DNS_SECTIONS
};

/* A walk over a message, which it borrows. */
struct p2p__dns {
    const uint8_t *p;
    size_t len;
    size_t at;
    uint16_t id;
    uint16_t flags;
    uint16_t left[P2P__DNS_SECTIONS];
    int err; /* 0, or P2P_EFORMAT: what came before is not to be trusted */
};

/* A question, or a record; rdata is a part of the message. */
struct p2p__dns_rr {
    enum p2p__dns_section section;
    uint16_t type;
    uint16_t klass; /* without P2P__DNS_CLASS_TOP */
    bool top;       /* P2P__DNS_CLASS_TOP was set */
    uint32_t ttl_s;
    const uint8_t *rdata;
    size_t rdata_len;
    char name[P2P__DNS_NAME_MAX]; /* "": the root, or longer than fits */
};

/*
 * Begins a walk over `len` bytes at p, borrowed as long as d is used.
 * Errors: P2P_EFORMAT (no header), P2P_ETOOBIG (P2P__CAP_MDNS_PACKET_BYTES),
 * P2P_ELIMIT (P2P__CAP_MDNS_RECORDS).
 */
int p2p__dns_open(struct p2p__dns *d, const uint8_t *p, size_t len);

/* The next question or record, in the order of the message; false at the end
 * or when d->err was set. */
bool p2p__dns_next(struct p2p__dns *d, struct p2p__dns_rr *rr);

/*
 * Reads the name that begins `skip` bytes into a record's data: the target of
 * PTR (0) or SRV (6). An overlong one reads as "".
 * Errors: P2P_EFORMAT.
 */
int p2p__dns_target(const struct p2p__dns *d, const struct p2p__dns_rr *rr,
                    size_t skip, char name[P2P__DNS_NAME_MAX]);

/* What follows in a name behind `front`, or NULL: it begins otherwise. DNS
 * knows no upper and lower case. */
const char *p2p__dns_behind(const char *name, const char *front);

/* Whether two names are the same. */
bool p2p__dns_same(const char *a, const char *b);

/* Whether `name` is `parent` with labels in front of it. */
bool p2p__dns_below(const char *name, const char *parent);

/* A message being written. Copy it to be able to return to where it was. */
struct p2p__dnsw {
    uint8_t *p;
    size_t len;
    size_t cap;
    bool full; /* something did not fit: p is of no use */
    uint16_t counts[P2P__DNS_SECTIONS];
    unsigned char *names[24]; /* what dn_comp() may point to */
};

/* Begins a message in `cap` borrowed bytes (at least 12) at p. */
void p2p__dnsw_init(struct p2p__dnsw *w, uint8_t *p, size_t cap, uint16_t id,
                    uint16_t flags);

/* Ends the message. Returns its length in bytes, or P2P_ETOOBIG. */
int p2p__dnsw_end(struct p2p__dnsw *w);

/* Appends a question of class IN. Questions come first. */
void p2p__dnsw_question(struct p2p__dnsw *w, const char *name, uint16_t type);

/*
 * Begins a record of class IN in a section; sections come in order. Its data
 * is what is appended until p2p__dnsw_close() of the returned mark.
 */
size_t p2p__dnsw_open(struct p2p__dnsw *w, enum p2p__dns_section section,
                      const char *name, uint16_t type, uint32_t ttl_s);

/* Ends the record that began at `mark`. */
void p2p__dnsw_close(struct p2p__dnsw *w, size_t mark);

/* Appends a name, compressed. */
void p2p__dnsw_name(struct p2p__dnsw *w, const char *name);

/* Appends two bytes, the higher first. */
void p2p__dnsw_u16(struct p2p__dnsw *w, uint16_t v);

/* Appends bytes. */
void p2p__dnsw_bytes(struct p2p__dnsw *w, const void *p, size_t len);

/* Appends a string of at most 255 bytes behind its length. */
void p2p__dnsw_text(struct p2p__dnsw *w, const char *prefix, const char *text);

#endif
