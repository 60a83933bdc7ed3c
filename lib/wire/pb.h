/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Protobuf without a schema, an allocation or a recursion: a reader that
 * walks the fields of one message, and a writer into a buffer.
 *
 *     p2p__pb_init(&r, msg);
 *     while (p2p__pb_next(&r, &f)) {
 *         switch (f.tag) {
 *             case P2P__PB_BYTES(1): name = f.bytes; break;
 *             case P2P__PB_UINT(2):  size = f.value; break;
 *         }
 *     }
 *     return r.err;
 *
 * A field that is not known, or known with another wire type, falls through
 * the switch, which is what protobuf wants. A nested message is the bytes of
 * a field: read it with a reader of its own. How many fields there may be,
 * and how deep it goes, is the caller's business: reading takes no memory.
 * Encoding: protobuf.dev, "Encoding".
 */
#ifndef P2P_WIRE_PB_H
#define P2P_WIRE_PB_H

#include "base/slice.h"

/* Wire types. Groups (3 and 4) are refused. */
enum p2p__pb_wire {
    P2P__PB_WIRE_VARINT = 0,
    P2P__PB_WIRE_I64 = 1,
    P2P__PB_WIRE_LEN = 2,
    P2P__PB_WIRE_I32 = 5
};

/* The highest field number. */
#define P2P__PB_NUM_MAX 536870911U

/* The tags of field `num`: labels for a switch. */
#define P2P__PB_TAG(num, wire) (((uint32_t)(num) << 3) | (uint32_t)(wire))
#define P2P__PB_UINT(num)      P2P__PB_TAG(num, P2P__PB_WIRE_VARINT)
#define P2P__PB_FIXED64(num)   P2P__PB_TAG(num, P2P__PB_WIRE_I64)
#define P2P__PB_BYTES(num)     P2P__PB_TAG(num, P2P__PB_WIRE_LEN)
#define P2P__PB_FIXED32(num)   P2P__PB_TAG(num, P2P__PB_WIRE_I32)

/* A walk over the fields of a message. */
struct p2p__pb {
    struct p2p__slice left;
    int err; /* 0, or P2P_EFORMAT: what came before it is not to be trusted */
};

struct p2p__pb_field {
    uint32_t tag;            /* P2P__PB_TAG(number, wire type) */
    uint64_t value;          /* unless the wire type is LEN */
    struct p2p__slice bytes; /* LEN alone: a part of the message's slice */
};

/* Begins a walk over `msg`, which stays borrowed (and keepable) as it was. */
void p2p__pb_init(struct p2p__pb *r, struct p2p__slice msg);

/* The next field; false at the end or when r->err was set. */
bool p2p__pb_next(struct p2p__pb *r, struct p2p__pb_field *f);

/*
 * A message being written: into p, or with p == NULL only counted. Writing
 * beyond cap is counted too, so that p2p__pbw_end() can tell.
 */
struct p2p__pbw {
    uint8_t *p;
    size_t len;
    size_t cap;
};

/* Begins a message in `cap` borrowed bytes at buf; NULL: only counts. */
void p2p__pbw_init(struct p2p__pbw *w, void *buf, size_t cap);

/* Ends it. Returns its length in bytes.
 * Errors: P2P_ETOOBIG (it did not fit: nothing at buf is of use). */
int p2p__pbw_end(const struct p2p__pbw *w);

/* Appends a varint field: uint32, uint64, bool, enum, non-negative ints. */
void p2p__pbw_uint(struct p2p__pbw *w, uint32_t num, uint64_t v);

/* Appends a field of bytes, copied. */
void p2p__pbw_bytes(struct p2p__pbw *w, uint32_t num, const void *p,
                    size_t len);

/* Appends a field with the bytes of a C string. */
void p2p__pbw_text(struct p2p__pbw *w, uint32_t num, const char *text);

/* Appends bytes as they are: fields that were encoded before. */
void p2p__pbw_raw(struct p2p__pbw *w, const void *p, size_t len);

/* Appends the head of a field of `len` bytes that the caller puts behind. */
void p2p__pbw_head(struct p2p__pbw *w, uint32_t num, size_t len);

/*
 * Begins a nested message in field `num`; all that is appended until
 * p2p__pbw_close() of the returned mark belongs to it. Innermost closes first.
 */
size_t p2p__pbw_open(struct p2p__pbw *w, uint32_t num);

/* The same without a tag: a message behind its length, as on a stream. */
size_t p2p__pbw_open_frame(struct p2p__pbw *w);

/* Ends the nested message or frame that began at `mark`. */
void p2p__pbw_close(struct p2p__pbw *w, size_t mark);

#endif
