/*
 * http.h - an HTTP client for tests: well-behaved requests by libcurl, any bytes at all by a socket.
 *
 * Every function ends the running Criterion test when it cannot do what it says, unless it says otherwise.
 */
#ifndef CG_TEST_SUPPORT_HTTP_H
#define CG_TEST_SUPPORT_HTTP_H

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>

/** A request. Zero is a GET without a body. */
struct cg_test_request {
    const char *url;
    const char *method;         /**< NULL: GET, or POST with a body */
    const char *body;           /**< NULL: none; its media type is application/json unless `headers` say otherwise */
    const char *const *headers; /**< NULL-terminated "Name: value", or NULL */
    const char *accept;         /**< value of Accept-Encoding; what comes is taken out of its coding; or NULL */
    const char *user;           /**< "name:password" for Basic, or NULL */
    const char *bearer;         /**< token, or NULL */
    long timeout_ms;            /**< 0: 60 s */
    long bytes_per_second;      /**< at most so fast; 0: no limit */
    size_t stop_after;          /**< goes away after so many bytes of the body; 0: never */
    int as_sent;                /**< 1: the target is not tidied up, and a coding asked for in `headers` stays */
    int discard;                /**< 1: the body is only counted */
};

/** Its answer. */
struct cg_test_answer {
    CURLcode code;  /**< CURLE_OK, or why it is not whole */
    long status;    /**< 0: none came */
    char *headers;  /**< lines "name: value\r\n", names in lower case */
    char *body;     /**< with a NUL at its end */
    size_t length;  /**< bytes of it, also when it was discarded */
    long long ms;   /**< from the start to the end */
    long long sent; /**< curl's count of bytes that came over the network for the body */
};

/** Sends a request and takes the answer, however it turns out. Ends no test, so it may be called on any thread. */
void cg_test_http(const struct cg_test_request *request, struct cg_test_answer *ret);

/** Frees the texts. */
void cg_test_answer_done(struct cg_test_answer *answer);

/** A header's value by its name in lower case, or NULL; it lives until the next call. */
const char *cg_test_answer_header(const struct cg_test_answer *answer, const char *name);

/** A request on a thread of its own. The request and its texts stay where they are until it is finished. */
struct cg_test_asking {
    pthread_t thread;
    const struct cg_test_request *request;
    struct cg_test_answer answer;
};

/** Begins it, and waits for its end. */
void cg_test_asking_begin(struct cg_test_asking *asking, const struct cg_test_request *request);
void cg_test_asking_end(struct cg_test_asking *asking, struct cg_test_answer *ret);

/** The answer as JSON; it must be that, and have this status. The caller decrefs. */
json_t *cg_test_answer_json(const struct cg_test_answer *answer, long status);

/* ---- bytes ---- */

/** A connection to a port of 127.0.0.1. */
int cg_test_dial(unsigned port);

/** Sends bytes; 0 when the peer does not take them all. */
int cg_test_send(int fd, const void *data, size_t length);
int cg_test_send_text(int fd, const char *text);

/**
 * Reads until the peer ends the connection or nothing came for `quiet_ms`, and ends the text with a NUL; zero bytes
 * become '?'. `*ret_ended` (may be NULL) is 1 when the peer ended it. The caller frees the text.
 */
char *cg_test_receive(int fd, int quiet_ms, int *ret_ended);

/** Sends a text over a connection of its own and returns what comes back, until the end or 5 s of silence. */
char *cg_test_exchange(unsigned port, const char *text);

/** The status of the first answer in a text that was received, 0 when there is none. */
int cg_test_status_of(const char *text);

#endif
