/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The protocols of a multiaddr and their values, each in two forms. A value
 * is checked whenever it comes in, in either form, so that what a multiaddr
 * holds can always be shown, and reads back the same.
 */
#ifndef P2P_WIRE_MADDR_VALUE_H
#define P2P_WIRE_MADDR_VALUE_H

#include "base/types.h"
#include "p2p/multiaddr.h"

/* Kinds of values. */
enum p2p__maddr_kind {
    P2P__MADDR_NONE,   /* no value */
    P2P__MADDR_IP4,    /* 4 bytes */
    P2P__MADDR_IP6,    /* 16 bytes */
    P2P__MADDR_PORT,   /* 2 bytes, big-endian */
    P2P__MADDR_BITS,   /* 1 byte: the prefix of a network */
    P2P__MADDR_NUMBER, /* 8 bytes, big-endian */
    P2P__MADDR_NAME,   /* a host name: letters, digits, '-', '_', '.' */
    P2P__MADDR_ZONE,   /* an interface: printable, no '/' */
    P2P__MADDR_PATH,   /* a file: begins with '/', takes the rest of a text */
    P2P__MADDR_PEER,   /* a peer id */
    P2P__MADDR_HASH    /* a multihash */
};

/* The longest host name and interface, in bytes. */
#define P2P__MADDR_NAME_MAX 253U
#define P2P__MADDR_ZONE_MAX 63U

struct p2p__maddr_proto {
    uint32_t code;
    enum p2p__maddr_kind kind;
    const char *text;
};

/* The protocol of a code, or NULL. */
const struct p2p__maddr_proto *p2p__maddr_proto(uint64_t code);

/* The protocol of a name, borrowed, or NULL. */
const struct p2p__maddr_proto *p2p__maddr_proto_named(const char *name,
                                                      size_t len);

/* Whether values of a kind have a length in front of them. */
bool p2p__maddr_kind_varies(enum p2p__maddr_kind kind);

/* The length of the others, in bytes. */
size_t p2p__maddr_kind_size(enum p2p__maddr_kind kind);

/* Whether bytes are a value of a kind. Errors: P2P_EFORMAT. */
int p2p__maddr_value_check(enum p2p__maddr_kind kind, const uint8_t *value,
                           size_t len);

/* Reads a value from text, borrowed, into P2P_MULTIADDR_MAX bytes.
 * Returns its length. Errors: P2P_EFORMAT, P2P_ETOOBIG. */
int p2p__maddr_value_read(enum p2p__maddr_kind kind, const char *text,
                          size_t len, uint8_t *value);

/* Writes the text of a value that was checked, without an ending zero.
 * Returns its length. Errors: P2P_ETOOBIG (cap). */
int p2p__maddr_value_text(enum p2p__maddr_kind kind, const uint8_t *value,
                          size_t len, char *text, size_t cap);

#endif
