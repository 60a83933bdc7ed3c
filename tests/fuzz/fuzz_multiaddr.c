/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The first byte says what the rest is: text, or bytes. What is taken as a
 * multiaddr must come back the same from both of its forms, and every call on
 * it must hold.
 */
#include <stdlib.h>

#include "wire/addr_class.h"
#include "wire/maddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool fine)
{
    if (!fine) {
        abort();
    }
}

/* Whether both forms say the same. */
static void check_forms(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr back;
    char text[P2P_MULTIADDR_TEXT_MAX];

    p2p_multiaddr_text(ma, text);
    need(p2p_multiaddr_from_text(text, strlen(text), &back) == 0);
    need(p2p_multiaddr_equal(ma, &back));
    need(p2p_multiaddr_from_bytes(ma->bytes, ma->len, &back) == 0);
    need(p2p_multiaddr_equal(ma, &back));
}

/* Whether the components are the whole. */
static void check_parts(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr again = {.len = 0};
    struct p2p_multiaddr_part part;
    size_t count = 0;
    size_t at = 0;

    while (p2p_multiaddr_next(ma, &at, &part)) {
        need(part.value >= ma->bytes);
        need(part.value + part.len <= ma->bytes + ma->len);
        need(p2p__maddr_push(&again, part.code, part.value, part.len) == 0);
        count++;
    }
    need(count > 0 && count <= P2P_MULTIADDR_PARTS_MAX);
    need(p2p_multiaddr_equal(ma, &again));
}

static void check_waist(const struct p2p_multiaddr *ma)
{
    struct p2p__maddr_waist w;
    struct p2p_multiaddr front;

    if (p2p__maddr_waist(ma, &w) == 0) {
        need(w.rest <= ma->len);
        (void)p2p__addr_class(&w.addr);
        if (w.name[0] == '\0' && w.zone[0] == '\0') {
            p2p__maddr_from_addr(&w.addr, w.port_code, &front);
            need(front.len <= P2P_MULTIADDR_MAX);
        }
    }
}

static void check_peer(const struct p2p_multiaddr *ma)
{
    struct p2p_multiaddr copy = *ma;
    struct p2p_peer_id id;

    if (p2p_multiaddr_peer(&copy, &id)) {
        p2p_multiaddr_strip_peer(&copy);
        need(copy.len < ma->len);
        if (!p2p_multiaddr_peer(&copy, NULL)) {
            need(p2p_multiaddr_append_peer(&copy, &id) == 0);
            need(p2p_multiaddr_equal(ma, &copy));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct p2p_multiaddr ma;
    int err;

    if (size == 0) {
        return 0;
    }
    err = data[0] % 2 == 0
              ? p2p_multiaddr_from_text((const char *)data + 1, size - 1, &ma)
              : p2p_multiaddr_from_bytes(data + 1, size - 1, &ma);
    if (err == 0) {
        check_forms(&ma);
        check_parts(&ma);
        check_waist(&ma);
        check_peer(&ma);
    }
    return 0;
}
