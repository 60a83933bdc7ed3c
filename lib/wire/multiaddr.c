/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Multiaddrs as values. All ways in, text, bytes and putting together, end in
 * the same check of the whole, so a multiaddr is well-formed by construction
 * and showing one cannot fail. The check is a loop: an address with a hundred
 * circuits in it is as flat as any other, and ends at the cap of components.
 */
#include "p2p/multiaddr.h"

#include "wire/maddr.h"
#include "wire/maddr_value.h"
#include "wire/varint.h"

/*
 * Takes one component apart. Returns its length in bytes.
 * Errors: P2P_EFORMAT, P2P_ENOTSUP.
 */
static int read_part(const uint8_t *p, size_t len,
                     const struct p2p__maddr_proto **proto,
                     struct p2p_multiaddr_part *part)
{
    uint64_t code;
    uint64_t value_len;
    int n = p2p__varint_get(p, len, &code);
    size_t at;

    if (n <= 0) {
        return P2P_EFORMAT;
    }
    *proto = p2p__maddr_proto(code);
    if (*proto == NULL) {
        return P2P_ENOTSUP;
    }
    at = (size_t)n;
    if (p2p__maddr_kind_varies((*proto)->kind)) {
        n = p2p__varint_get(p + at, len - at, &value_len);
        if (n <= 0) {
            return P2P_EFORMAT;
        }
        at += (size_t)n;
    } else {
        value_len = p2p__maddr_kind_size((*proto)->kind);
    }
    if (value_len > len - at) {
        return P2P_EFORMAT;
    }
    *part = (struct p2p_multiaddr_part){
        .code = (*proto)->code, .value = p + at, .len = (size_t)value_len};
    return (int)(at + part->len);
}

/* Whether bytes are a whole multiaddr, with at least one component. */
static int check(const uint8_t *p, size_t len)
{
    const struct p2p__maddr_proto *proto;
    struct p2p_multiaddr_part part;
    size_t count = 0;
    size_t at = 0;

    if (len == 0) {
        return P2P_EFORMAT;
    }
    while (at < len) {
        int n = read_part(p + at, len - at, &proto, &part);

        if (n < 0) {
            return n;
        }
        if (p2p__maddr_value_check(proto->kind, part.value, part.len) != 0) {
            return P2P_EFORMAT;
        }
        at += (size_t)n;
        /* A path takes all of a text: nothing behind it would come back. */
        if (proto->kind == P2P__MADDR_PATH && at < len) {
            return P2P_EFORMAT;
        }
        if (++count > P2P_MULTIADDR_PARTS_MAX) {
            return P2P_ETOOBIG;
        }
    }
    return 0;
}

int p2p_multiaddr_from_bytes(const void *bytes, size_t len,
                             struct p2p_multiaddr *ma)
{
    int err;

    if (len > P2P_MULTIADDR_MAX) {
        return P2P_ETOOBIG;
    }
    err = check(bytes, len);
    if (err != 0) {
        return err;
    }
    ma->len = (uint16_t)len;
    memcpy(ma->bytes, bytes, len);
    return 0;
}

/* Appends bytes; no check but the room. */
static int put(struct p2p_multiaddr *ma, const void *p, size_t len)
{
    if (len > sizeof ma->bytes - ma->len) {
        return P2P_ETOOBIG;
    }
    if (len > 0) {
        memcpy(ma->bytes + ma->len, p, len);
        ma->len = (uint16_t)(ma->len + len);
    }
    return 0;
}

/* Appends a component; the caller checks the whole. */
static int put_part(struct p2p_multiaddr *ma,
                    const struct p2p__maddr_proto *proto, const void *value,
                    size_t len)
{
    uint8_t head[2 * P2P__VARINT_PB_MAX];
    size_t n = p2p__varint_put(head, proto->code);
    int err;

    if (p2p__maddr_kind_varies(proto->kind)) {
        n += p2p__varint_put(head + n, len);
    }
    err = put(ma, head, n);
    return err != 0 ? err : put(ma, value, len);
}

/* Makes `ma` of `made` if that is a whole multiaddr. */
static int adopt(struct p2p_multiaddr *ma, const struct p2p_multiaddr *made)
{
    return p2p_multiaddr_from_bytes(made->bytes, made->len, ma);
}

/* Takes "/" and what follows up to the next one off the front. */
static int take_token(const char **text, size_t *len, const char **token,
                      size_t *token_len)
{
    const char *end;

    if (*len == 0 || **text != '/') {
        return P2P_EFORMAT;
    }
    *token = *text + 1;
    end = memchr(*token, '/', *len - 1);
    *token_len = end != NULL ? (size_t)(end - *token) : *len - 1;
    *text = *token + *token_len;
    *len -= 1 + *token_len;
    return 0;
}

/* Reads one component off the front of a text. */
static int read_text_part(const char **text, size_t *len,
                          struct p2p_multiaddr *ma)
{
    uint8_t value[P2P_MULTIADDR_MAX];
    const struct p2p__maddr_proto *proto;
    const char *token;
    size_t token_len;
    int n = take_token(text, len, &token, &token_len);

    if (n != 0) {
        return n;
    }
    proto = p2p__maddr_proto_named(token, token_len);
    if (proto == NULL) {
        return token_len > 0 ? P2P_ENOTSUP : P2P_EFORMAT;
    }
    if (proto->kind == P2P__MADDR_NONE) {
        return put_part(ma, proto, NULL, 0);
    }
    if (proto->kind == P2P__MADDR_PATH) {
        token = *text;
        token_len = *len;
        *len = 0;
    } else {
        n = take_token(text, len, &token, &token_len);
        if (n != 0) {
            return n;
        }
    }
    n = p2p__maddr_value_read(proto->kind, token, token_len, value);
    return n < 0 ? n : put_part(ma, proto, value, (size_t)n);
}

int p2p_multiaddr_from_text(const char *text, size_t len,
                            struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr made = {.len = 0};

    if (len > P2P_MULTIADDR_TEXT_MAX) {
        return P2P_ETOOBIG;
    }
    if (len > 1 && text[len - 1] == '/') {
        len--;
    }
    while (len > 0) {
        int err = read_text_part(&text, &len, &made);

        if (err != 0) {
            return err;
        }
    }
    return adopt(ma, &made);
}

/* Writes one component; returns how many characters. */
static size_t text_part(const struct p2p_multiaddr_part *part, char *buf,
                        size_t cap)
{
    const struct p2p__maddr_proto *proto = p2p__maddr_proto(part->code);
    size_t len = strlen(proto->text);
    int n;

    assert(1 + len + 1 <= cap);
    buf[0] = '/';
    memcpy(buf + 1, proto->text, len);
    len++;
    if (proto->kind == P2P__MADDR_NONE) {
        return len;
    }
    if (proto->kind != P2P__MADDR_PATH) {
        buf[len++] = '/';
    }
    n = p2p__maddr_value_text(proto->kind, part->value, part->len, buf + len,
                              cap - len);
    assert(n >= 0);
    return len + (size_t)n;
}

char *p2p_multiaddr_text(const struct p2p_multiaddr *ma, char *buf)
{
    struct p2p_multiaddr_part part;
    size_t len = 0;
    size_t at = 0;

    while (p2p_multiaddr_next(ma, &at, &part)) {
        len += text_part(&part, buf + len, P2P_MULTIADDR_TEXT_MAX - 1 - len);
    }
    buf[len] = '\0';
    return buf;
}

bool p2p_multiaddr_equal(const struct p2p_multiaddr *a,
                         const struct p2p_multiaddr *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

int p2p_multiaddr_compare(const struct p2p_multiaddr *a,
                          const struct p2p_multiaddr *b)
{
    int order = memcmp(a->bytes, b->bytes, p2p__min(a->len, b->len));

    return order != 0 ? order : (int)a->len - (int)b->len;
}

bool p2p_multiaddr_next(const struct p2p_multiaddr *ma, size_t *at,
                        struct p2p_multiaddr_part *part)
{
    const struct p2p__maddr_proto *proto;
    int n;

    if (*at >= ma->len) {
        return false;
    }
    n = read_part(ma->bytes + *at, ma->len - *at, &proto, part);
    if (n < 0) {
        return false; /* only if somebody wrote into the struct */
    }
    *at += (size_t)n;
    return true;
}

/* Finds the last component; false if there is none. */
static bool last_part(const struct p2p_multiaddr *ma, size_t *begin,
                      struct p2p_multiaddr_part *part)
{
    size_t at = 0;
    size_t before = 0;
    bool any = false;

    while (p2p_multiaddr_next(ma, &at, part)) {
        *begin = before;
        before = at;
        any = true;
    }
    return any;
}

bool p2p_multiaddr_peer(const struct p2p_multiaddr *ma, struct p2p_peer_id *id)
{
    struct p2p_multiaddr_part part;
    size_t begin;

    if (!last_part(ma, &begin, &part) || part.code != P2P_MULTIADDR_P2P) {
        return false;
    }
    if (id != NULL) {
        assert(part.len <= P2P_PEER_ID_MAX);
        id->len = (uint8_t)part.len;
        memcpy(id->bytes, part.value, part.len);
    }
    return true;
}

void p2p_multiaddr_strip_peer(struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr_part part;
    size_t begin;

    if (last_part(ma, &begin, &part) && part.code == P2P_MULTIADDR_P2P) {
        ma->len = (uint16_t)begin;
    }
}

int p2p_multiaddr_append_peer(struct p2p_multiaddr *ma,
                              const struct p2p_peer_id *id)
{
    struct p2p_peer_id there;

    if (id->len == 0) {
        return P2P_EINVAL;
    }
    if (p2p_multiaddr_peer(ma, &there)) {
        return there.len == id->len &&
                       memcmp(there.bytes, id->bytes, id->len) == 0
                   ? 0
                   : P2P_EPEER;
    }
    return p2p__maddr_push(ma, P2P_MULTIADDR_P2P, id->bytes, id->len);
}

int p2p_multiaddr_append(struct p2p_multiaddr *ma,
                         const struct p2p_multiaddr *tail)
{
    struct p2p_multiaddr made = *ma;
    int err = put(&made, tail->bytes, tail->len);

    return err != 0 ? err : adopt(ma, &made);
}

int p2p__maddr_push(struct p2p_multiaddr *ma, uint32_t code, const void *value,
                    size_t len)
{
    const struct p2p__maddr_proto *proto = p2p__maddr_proto(code);
    struct p2p_multiaddr made = *ma;
    int err;

    assert(proto != NULL);
    err = put_part(&made, proto, value, len);
    return err != 0 ? err : adopt(ma, &made);
}
