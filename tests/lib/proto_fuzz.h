/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Drives one end of a stream protocol with a fuzzer's bytes. */
#ifndef TESTS_LIB_PROTO_FUZZ_H
#define TESTS_LIB_PROTO_FUZZ_H

#include "port/proto.h"

/*
 * Reads steps from `data` until one of them fails: a byte n from 1 to 251
 * hands over the next n bytes; 0 draws with as much room as the next byte
 * says; 252 hands over 32 bytes that were drawn last; 253 lets as many seconds
 * pass as the next byte says; 254 ends the stream. `events` pulls all events
 * after each. Then fini. Aborts when the core breaks port/proto.h.
 */
void proto_fuzz(const struct p2p__proto_ops *ops, void *core,
                void (*events)(void *core), const uint8_t *data, size_t size);

#endif
