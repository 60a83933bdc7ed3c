/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An answer to a question for /dnsaddr. The first byte says what was asked for;
 * what is found ends with what stands behind the name. */
#include <stdlib.h>

#include "stack/dnsaddr.h"

#define PEER "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const asked[] = {"/dnsaddr/b.example",
                                        "/dnsaddr/b.example/tcp/4001",
                                        ("/dnsaddr/b.example/p2p/" PEER)};
    struct p2p_multiaddr ma, found, tail = {.len = 0};
    struct p2p__dnsaddr w;
    const char *text;
    size_t n = 0;

    if (size == 0) {
        return 0;
    }
    text = asked[data[0] % P2P__COUNT(asked)];
    if (p2p_multiaddr_from_text(text, strlen(text), &ma) != 0) {
        abort();
    }
    if (p2p__dnsaddr_open(&w, data + 1, size - 1, &ma) != 0) {
        return 0;
    }
    if (w.tail_len > 0 &&
        p2p_multiaddr_from_bytes(w.tail, w.tail_len, &tail) != 0) {
        abort();
    }
    while (p2p__dnsaddr_next(&w, &found)) {
        if (found.len < tail.len ||
            memcmp(found.bytes + found.len - tail.len, tail.bytes, tail.len) !=
                0 ||
            ++n > size) {
            abort();
        }
    }
    return 0;
}
