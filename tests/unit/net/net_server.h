/*
 * net_server.h - an HTTP server on a free loopback port that answers as a test wants it, well or badly.
 */
#ifndef CG_TESTS_NET_SERVER_H
#define CG_TESTS_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_SERVER_RECORDS 512

/** What the server saw. */
struct net_record {
    int64_t time; /* monotonic microseconds */
    char method[8];
    char path[256];
    char query[512];
    char authorization[256];
    char encoding[64];
    char scope[64]; /* X-Scope-OrgID */
    char body[1024];
};

enum net_trouble {
    NET_FINE,
    NET_CLOSE,    /* the connection is closed without an answer */
    NET_RESET,    /* the connection is reset */
    NET_TRUNCATE, /* half of the body, then the connection is closed */
    NET_STALL,    /* half of the body, then nothing more */
    NET_SILENT,   /* no answer until the server stops */
};

/** What it answers. All texts must outlive the server. */
struct net_answer {
    unsigned status;
    const char *header[2][2]; /* up to two of name and value */
    const char *body;         /* NULL: empty */
    size_t length;            /* of the body, 0: its string length */
    size_t fat_headers;       /* so many headers of 1000 bytes */
    unsigned delay_ms;
    enum net_trouble trouble;
};

/** Chooses the answer to the request with the number `index`, counted from 0. Called from the server's threads, one at
 * a time. */
typedef void (*net_handler)(void *user, size_t index, const struct net_record *record, struct net_answer *ret);

struct net_server;

struct net_server *net_server_new(net_handler handler, void *user);
void net_server_free(struct net_server *server);

/** The same behind TLS, with the certificate made for 127.0.0.1 at build time; then the URL starts with
 * "https:". */
struct net_server *net_server_new_tls(net_handler handler, void *user);

/** "http://127.0.0.1:port". Lives as long as the server. */
const char *net_server_url(const struct net_server *server);

/** Number of requests so far, and one of them. */
size_t net_server_count(struct net_server *server);
struct net_record net_server_record(struct net_server *server, size_t index);

/** Most requests that were being answered at the same time. */
size_t net_server_most(struct net_server *server);

/** A server that answers each connection with these bytes, whatever it hears, and closes it. */
struct net_raw_server;
struct net_raw_server *net_raw_server_new(const char *bytes, size_t length);
void net_raw_server_free(struct net_raw_server *server);
const char *net_raw_server_url(const struct net_raw_server *server);

#endif
