/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What this machine can do, for the rows of the bench to be held against:
 *
 *     bounds tcp          MiB/s of one loopback connection, 128 KiB a call
 *     bounds cipher       MiB of ChaCha20-Poly1305 a CPU-second, 16 KiB a call
 *     bounds verify       CPU microseconds of an Ed25519 verification of 1 KB
 *     bounds ping A B     microseconds of a round trip of 32 bytes over TCP,
 *                         p50, one end on core A and the other one on core B
 *
 * One number on stdout; exit code 1 if anything failed. Both ends of a
 * connection are processes of their own.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sched.h>
#include <openssl/evp.h>
#include <sodium.h>

#define TCP_BYTES    (UINT64_C(1) << 30)
#define TCP_CALL     (128U * 1024)
#define CIPHER_CALL  (16U * 1024)
#define CIPHER_CALLS 32768U
#define VERIFIES     5000U
#define PINGS        5000U
#define PING_BYTES   32U

static double seconds_of(clockid_t clock)
{
    struct timespec ts;

    (void)clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double now_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static double cpu_s(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static void need(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

/* Keeps this process on one core; a negative one: on any. */
static void pin(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (core >= 0) {
        CPU_SET((unsigned)core, &set);
        need(sched_setaffinity(0, sizeof set, &set) == 0, "affinity");
    }
}

/* One end of a loopback connection in this process, the other one in a child
 * on `core` that runs `other` with it. */
static int connected(void (*other)(int fd), int core)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int on = 1, fd, door = socket(AF_INET, SOCK_STREAM, 0);

    need(door >= 0 && bind(door, (struct sockaddr *)&at, len) == 0 &&
             listen(door, 1) == 0 &&
             getsockname(door, (struct sockaddr *)&at, &len) == 0,
         "listen");
    switch (fork()) {
        case -1:
            need(0, "fork");
            break;
        case 0:
            pin(core);
            fd = accept(door, NULL, NULL);
            need(fd >= 0, "accept");
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            other(fd);
            exit(0);
        default:
            break;
    }
    fd = socket(AF_INET, SOCK_STREAM, 0);
    need(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0,
         "connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)close(door);
    return fd;
}

static void send_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = write(fd, bytes, n);

        need(sent > 0, "write");
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void send_much(int fd)
{
    static uint8_t bytes[TCP_CALL];

    for (uint64_t left = TCP_BYTES; left > 0; left -= sizeof bytes) {
        send_all(fd, bytes, sizeof bytes);
    }
}

static double tcp(char **cores)
{
    static uint8_t bytes[TCP_CALL];
    int fd = connected(send_much, -1);
    uint64_t got = 0;
    ssize_t n = read(fd, bytes, 1);
    double began = now_s();

    (void)cores;
    while (n > 0) {
        got += (uint64_t)n;
        n = read(fd, bytes, sizeof bytes);
    }
    need(got == TCP_BYTES, "read");
    return (double)got / (1024 * 1024) / (now_s() - began);
}

static double cipher(char **cores)
{
    static uint8_t bytes[CIPHER_CALL];
    static const uint8_t key[32] = {1}, nonce[12] = {2};
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n,
        good = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(),
                                                 NULL, key, nonce) == 1;
    double began = cpu_s();

    (void)cores;
    for (unsigned i = 0; good && i < CIPHER_CALLS; i++) {
        good = EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, nonce) == 1 &&
               EVP_EncryptUpdate(ctx, bytes, &n, bytes, sizeof bytes) == 1;
    }
    need(good, "ChaCha20-Poly1305");
    EVP_CIPHER_CTX_free(ctx);
    return (double)CIPHER_CALLS * CIPHER_CALL / (1024 * 1024) /
           (cpu_s() - began);
}

static double verify(char **cores)
{
    static uint8_t message[1024];
    uint8_t pub[crypto_sign_PUBLICKEYBYTES], sec[crypto_sign_SECRETKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
    double began;
    int good = sodium_init() >= 0 && crypto_sign_keypair(pub, sec) == 0 &&
               crypto_sign_detached(signature, NULL, message, sizeof message,
                                    sec) == 0;

    (void)cores;
    began = cpu_s();
    for (unsigned i = 0; good && i < VERIFIES; i++) {
        good = crypto_sign_verify_detached(signature, message, sizeof message,
                                           pub) == 0;
    }
    need(good, "Ed25519");
    return 1e6 * (cpu_s() - began) / VERIFIES;
}

/* The next 32 bytes; 0 at the end. */
static int heard(int fd, uint8_t bytes[PING_BYTES])
{
    return recv(fd, bytes, PING_BYTES, MSG_WAITALL) == PING_BYTES;
}

static void answer(int fd)
{
    uint8_t bytes[PING_BYTES];

    while (heard(fd, bytes)) {
        send_all(fd, bytes, sizeof bytes);
    }
}

static int smaller(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double ping(char **cores)
{
    static double took[PINGS];
    uint8_t bytes[PING_BYTES] = {0};
    int fd = connected(answer, atoi(cores[1]));

    pin(atoi(cores[0]));
    for (unsigned i = 0; i < PINGS; i++) {
        double began = now_s();

        send_all(fd, bytes, sizeof bytes);
        need(heard(fd, bytes), "recv");
        took[i] = 1e6 * (now_s() - began);
    }
    (void)close(fd);
    qsort(took, PINGS, sizeof took[0], smaller);
    return took[PINGS / 2];
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int cores;
        double (*of)(char **cores);
    } bounds[] = {{"tcp", 0, tcp},
                  {"cipher", 0, cipher},
                  {"verify", 0, verify},
                  {"ping", 2, ping}};
    int status = 0;

    for (size_t i = 0; argc > 1 && i < sizeof bounds / sizeof bounds[0]; i++) {
        if (strcmp(argv[1], bounds[i].name) == 0 &&
            argc == 2 + bounds[i].cores) {
            printf("%.3f\n", bounds[i].of(argv + 2));
            while (wait(&status) > 0 && status == 0) {
            }
            return status != 0;
        }
    }
    (void)fprintf(stderr, "usage: bounds tcp|cipher|verify|ping A B\n");
    return 2;
}
