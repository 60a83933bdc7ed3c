/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* swarm.key as go and js write it, with every line wrong in turn. */
#include "p2p/psk.h"

#include <string.h>

#include "hex.h"
#include "unit.h"

#define MAGIC "/key/swarm/psk/1.0.0/"
#define HEX   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define B64   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define BIN                                                            \
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" \
    "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"

static void accept(const char *file, size_t len, const char *hex)
{
    uint8_t psk[P2P_PSK_BYTES];
    char why[P2P_PSK_WHY_MAX] = "untouched";

    assert_int_equal(p2p_psk_read(file, len, psk, why, sizeof why), 0);
    assert_hex(psk, sizeof psk, hex);
    assert_string_equal(why, "untouched");
}

#define ACCEPT(file) accept(file, sizeof(file) - 1, HEX)

static void refuse(const char *file, size_t len, int err, const char *says)
{
    static const uint8_t zero[P2P_PSK_BYTES];
    uint8_t psk[P2P_PSK_BYTES];
    char why[P2P_PSK_WHY_MAX] = "";

    memset(psk, 0xff, sizeof psk);
    assert_int_equal(p2p_psk_read(file, len, psk, why, sizeof why), err);
    assert_string_equal(why, says);
    assert_memory_equal(psk, zero, sizeof zero);
    assert_int_equal(p2p_psk_read(file, len, psk, NULL, 0), err);
}

#define REFUSE(file, err, says) refuse(file, sizeof(file) - 1, err, says)

#define NO_MAGIC \
    "line 1: not the key of a private network: " MAGIC " is expected"
#define NO_BASE "line 2: /base16/, /base64/ or /bin/ is expected"
#define NO_HEX  "line 3: not a key: 64 digits of base16 are expected"
#define NO_B64  "line 3: not a key: 43 digits of base64 are expected"
#define NO_BIN  "line 3: not a key: 32 bytes are expected"
#define NO_MORE "line 4: nothing is expected after the key"

static void test_base16(void **state)
{
    (void)state;
    ACCEPT(MAGIC "\n/base16/\n" HEX);
    ACCEPT(MAGIC "\n/base16/\n" HEX "\n");
    ACCEPT(MAGIC "\r\n/base16/\r\n" HEX "\r\n");
    ACCEPT(MAGIC "\n/base16/\n" HEX "\n\n");
    accept(MAGIC
           "\n/base16/\n"
           "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
           "ffffffffffffffffffffffffffffffff",
           21 + 11 + 64 - 1,
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
}

static void test_base64(void **state)
{
    (void)state;
    ACCEPT(MAGIC "\n/base64/\n" B64 "=");
    ACCEPT(MAGIC "\n/base64/\n" B64 "=\n");
    ACCEPT(MAGIC "\r\n/base64/\r\n" B64 "\r\n");
}

static void test_bin(void **state)
{
    (void)state;
    ACCEPT(MAGIC "\n/bin/\n" BIN);
    ACCEPT(MAGIC "\r\n/bin/\r\n" BIN);
}

static void test_the_first_line(void **state)
{
    (void)state;
    REFUSE("", P2P_EFORMAT, NO_MAGIC);
    REFUSE("\n", P2P_EFORMAT, NO_MAGIC);
    REFUSE("/key/swarm/psk/2.0.0/\n/base16/\n" HEX, P2P_EFORMAT, NO_MAGIC);
    REFUSE(MAGIC " \n/base16/\n" HEX, P2P_EFORMAT, NO_MAGIC);
    REFUSE("\n" MAGIC "\n/base16/\n" HEX, P2P_EFORMAT, NO_MAGIC);
    REFUSE(HEX "\n", P2P_EFORMAT, NO_MAGIC);
    REFUSE("-----BEGIN PRIVATE KEY-----\n", P2P_EFORMAT, NO_MAGIC);
}

static void test_the_second_line(void **state)
{
    (void)state;
    REFUSE(MAGIC, P2P_ENOTSUP, NO_BASE);
    REFUSE(MAGIC "\n", P2P_ENOTSUP, NO_BASE);
    REFUSE(MAGIC "\n\n" HEX, P2P_ENOTSUP, NO_BASE);
    REFUSE(MAGIC "\n/verybadbase/\nHave fun decoding that key", P2P_ENOTSUP,
           NO_BASE);
    REFUSE(MAGIC "\n/base16\n" HEX, P2P_ENOTSUP, NO_BASE);
    REFUSE(MAGIC "\n" HEX "\n", P2P_ENOTSUP, NO_BASE);
}

static void test_the_key(void **state)
{
    (void)state;
    REFUSE(MAGIC "\n/base16/\n", P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC "\n/base16/\n" HEX "00\n", P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC "\n/base16/\n " HEX "\n", P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC "\n/base16/\n" B64 "=\n", P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC "\n/base16/\nx" HEX, P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC
           "\n/base16/\ng00102030405060708090a0b0c0d0e0f"
           "101112131415161718191a1b1c1d1e1f",
           P2P_EFORMAT, NO_HEX);
    REFUSE(MAGIC "\n/base64/\n" HEX "\n", P2P_EFORMAT, NO_B64);
    REFUSE(MAGIC "\n/base64/\n" B64 "A\n", P2P_EFORMAT, NO_B64);
    REFUSE(MAGIC "\n/base64/\n" B64 "==\n", P2P_EFORMAT, NO_B64);
    REFUSE(MAGIC "\n/base64/\n AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
           P2P_EFORMAT, NO_B64);
    REFUSE(MAGIC "\n/bin/\n", P2P_EFORMAT, NO_BIN);
    REFUSE(MAGIC "\n/bin/\n" BIN "\n", P2P_EFORMAT, NO_BIN);
    refuse(MAGIC "\n/bin/\n" BIN, 22 + 6 + 31, P2P_EFORMAT, NO_BIN);
}

static void test_what_is_behind_the_key(void **state)
{
    (void)state;
    REFUSE(MAGIC "\n/base16/\n" HEX "\n" HEX "\n", P2P_EFORMAT, NO_MORE);
    REFUSE(MAGIC "\n/base64/\n" B64 "\n ", P2P_EFORMAT, NO_MORE);
}

static void test_the_longest_file(void **state)
{
    char file[P2P_PSK_FILE_MAX + 1];
    size_t n = sizeof(MAGIC "\n/base16/\n" HEX) - 1;

    (void)state;
    memset(file, '\n', sizeof file);
    memcpy(file, MAGIC "\n/base16/\n" HEX, n);
    accept(file, P2P_PSK_FILE_MAX, HEX);
    refuse(file, P2P_PSK_FILE_MAX + 1, P2P_ETOOBIG,
           "line 1: the file is longer than 1024 bytes");
}

static void test_why_is_cut_to_its_room(void **state)
{
    uint8_t psk[P2P_PSK_BYTES];
    char why[8] = "", none = 'x';

    (void)state;
    assert_int_equal(p2p_psk_read("", 0, psk, why, sizeof why), P2P_EFORMAT);
    assert_string_equal(why, "line 1:");
    assert_int_equal(p2p_psk_read("", 0, psk, &none, 0), P2P_EFORMAT);
    assert_int_equal(none, 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base16),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_bin),
        cmocka_unit_test(test_the_first_line),
        cmocka_unit_test(test_the_second_line),
        cmocka_unit_test(test_the_key),
        cmocka_unit_test(test_what_is_behind_the_key),
        cmocka_unit_test(test_the_longest_file),
        cmocka_unit_test(test_why_is_cut_to_its_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
