/*
 * http_server_fixture.h - a listener with a small application behind it, and clients that send and read raw bytes. All
 * of it runs in the test's thread: whoever waits turns the loop.
 */
#ifndef CG_TESTS_HTTP_SERVER_FIXTURE_H
#define CG_TESTS_HTTP_SERVER_FIXTURE_H

#include "net/http_server.h"

#define SERVER_HELD 128

/** What the application does: see the table of routes in http_server_fixture.c. */
struct server_fixture {
    uv_loop_t loop;
    struct cg_http_server *server;
    uint16_t port;
    size_t descriptors; /* open ones at the start */
    unsigned requests;
    unsigned whole;     /* exchanges that ended well */
    unsigned broken;    /* and badly */
    unsigned wanted;    /* pieces that streams were asked for */
    unsigned release;   /* bodies that were released */
    unsigned closed;    /* times that the server told it is closed */
    cg_status answered; /* of the last answer */
    struct cg_http_exchange *held[SERVER_HELD];
    size_t held_count;
    char seen[4096]; /* the last request in one line */
};

/** Starts a server on a free port of 127.0.0.1; zero members of `options` get defaults, callbacks are set. */
void server_fixture_init(struct server_fixture *fixture, struct cg_http_server_options options);

/** The same with the address family of `host`. */
void server_fixture_init_at(struct server_fixture *fixture, const char *host, struct cg_http_server_options options);

/** Options with the callbacks of the fixture's application. */
struct cg_http_server_options server_options(struct server_fixture *fixture, struct cg_http_server_options options);

/** Closes the server and the loop; fails the test when a handle or a descriptor stays open, or an exchange did not end.
 */
void server_fixture_done(struct server_fixture *fixture);

/** Closes the server and waits until it is. */
void server_fixture_close(struct server_fixture *fixture);

/** Turns the loop once, without waiting. */
void server_turn(struct server_fixture *fixture);

/** Turns the loop until `*value` is at least `least`; fails the test after 5 seconds. */
void server_until(struct server_fixture *fixture, const unsigned *value, unsigned least);

/** Turns the loop until there are so many held exchanges. */
void server_until_held(struct server_fixture *fixture, size_t least);

/** Turns the loop for so long. */
void server_spend(struct server_fixture *fixture, unsigned milliseconds);

/** Answers a held exchange with 200 and this text. */
void server_answer(struct server_fixture *fixture, size_t index, const char *text);

struct cg_http_server_counts server_counts(const struct server_fixture *fixture);

/** What a client has read. */
struct reply {
    size_t length;
    int eof;   /* the server closed the connection */
    int reset; /* it was reset */
    char data[65536];
};

/** A connected socket. */
int client_open(const struct server_fixture *fixture);

/** Sends all of it, turning the loop; what the server does not take any more is left out. */
void client_send(struct server_fixture *fixture, int fd, const char *data, size_t length);

/**
 * Reads until `needle` is in the reply (NULL: until the server closes), or so many milliseconds have passed. Returns 1
 * when that came.
 */
int client_read(struct server_fixture *fixture, int fd, const char *needle, unsigned milliseconds, struct reply *reply);

/** One connection, one text, one reply; the connection is closed. */
void client_talk(struct server_fixture *fixture, const char *data, size_t length, const char *needle,
                 struct reply *reply);

/** True when a client with a new connection gets the answer of "/hello" within two seconds. */
int client_is_served(struct server_fixture *fixture);

/** So many times `needle` is in the reply. */
size_t reply_count(const struct reply *reply, const char *needle);

#endif
