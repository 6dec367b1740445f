#include "support/http.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/moment.h"

#define TIMEOUT_MS 60000L
#define QUIET_MS 5000
/* Longest text that is kept. */
#define LIMIT ((size_t)256 * 1024 * 1024)

struct text {
    char *data;
    size_t length;
    size_t room;
};

struct taking {
    const struct cg_test_request *request;
    struct text headers;
    struct text body;
};

static int add(struct text *text, const char *data, size_t length) {
    if (length > LIMIT - text->length)
        return 0;
    if (!text->data || text->length + length >= text->room) {
        size_t room = 2 * (text->length + length) + 1;
        char *grown = realloc(text->data, room);
        if (!grown)
            return 0;
        text->data = grown;
        text->room = room;
    }
    if (length)
        memcpy(text->data + text->length, data, length);
    text->length += length;
    text->data[text->length] = '\0';
    return 1;
}

static size_t take_header(char *data, size_t size, size_t count, void *user) {
    struct taking *taking = user;
    size_t length = size * count;
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) { /* of an answer before this one */
        taking->headers.length = 0;
        return length;
    }
    size_t start = taking->headers.length;
    if (!add(&taking->headers, data, length))
        return 0;
    for (char *at = taking->headers.data + start; *at && *at != ':'; at++)
        *at = (char)tolower((unsigned char)*at);
    return length;
}

static size_t take_body(char *data, size_t size, size_t count, void *user) {
    struct taking *taking = user;
    size_t length = size * count;
    if (taking->request->discard)
        taking->body.length += length;
    else if (!add(&taking->body, data, length))
        return 0;
    return taking->request->stop_after && taking->body.length >= taking->request->stop_after ? 0 : length;
}

static struct curl_slist *headers_of(const struct cg_test_request *request) {
    struct curl_slist *list = NULL;
    int typed = 0;
    for (size_t i = 0; request->headers && request->headers[i]; i++) {
        list = curl_slist_append(list, request->headers[i]);
        typed |= strncasecmp(request->headers[i], "content-type:", 13) == 0;
    }
    if (request->body && !typed)
        list = curl_slist_append(list, "Content-Type: application/json");
    return curl_slist_append(list, "Expect:");
}

static void set_options(CURL *easy, const struct cg_test_request *request, struct taking *taking) {
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms ? request->timeout_ms : TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, taking);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, taking);
    /* Certificates of tests are signed by themselves. */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, request->as_sent ? 1L : 0L);
    if (request->accept)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request->accept);
    if (request->body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    if (request->method && strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (request->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->user)
        curl_easy_setopt(easy, CURLOPT_USERPWD, request->user);
    if (request->bearer) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request->bearer);
    }
    if (request->bytes_per_second)
        curl_easy_setopt(easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)request->bytes_per_second);
}

void cg_test_http(const struct cg_test_request *request, struct cg_test_answer *ret) {
    struct taking taking = {.request = request};
    struct cg_test_answer answer = {.code = CURLE_FAILED_INIT};
    curl_off_t sent = 0;
    long long began = cg_test_clock_ms();
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = headers_of(request);
    add(&taking.headers, "", 0);
    add(&taking.body, "", 0);
    if (easy) {
        set_options(easy, request, &taking);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        answer.code = curl_easy_perform(easy);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &sent);
        curl_easy_cleanup(easy);
    }
    curl_slist_free_all(headers);
    answer.ms = cg_test_clock_ms() - began;
    answer.headers = taking.headers.data;
    answer.body = taking.body.data;
    answer.length = taking.body.length;
    answer.sent = (long long)sent;
    *ret = answer;
}

void cg_test_answer_done(struct cg_test_answer *answer) {
    free(answer->headers);
    free(answer->body);
    *answer = (struct cg_test_answer){0};
}

const char *cg_test_answer_header(const struct cg_test_answer *answer, const char *name) {
    static char value[8192];
    size_t length = strlen(name);
    for (const char *line = answer->headers; line && *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *at = line + length + 1 + strspn(line + length + 1, " ");
            size_t size = strcspn(at, "\r\n");
            cr_assert_lt(size, sizeof value, "the header %s is too long", name);
            memcpy(value, at, size);
            value[size] = '\0';
            return value;
        }
        if (!strchr(line, '\n'))
            break;
    }
    return NULL;
}

static void *ask(void *user) {
    struct cg_test_asking *asking = user;
    cg_test_http(asking->request, &asking->answer);
    return NULL;
}

void cg_test_asking_begin(struct cg_test_asking *asking, const struct cg_test_request *request) {
    asking->request = request;
    cr_assert_eq(pthread_create(&asking->thread, NULL, ask, asking), 0, "no thread for a request");
}

void cg_test_asking_end(struct cg_test_asking *asking, struct cg_test_answer *ret) {
    cr_assert_eq(pthread_join(asking->thread, NULL), 0);
    *ret = asking->answer;
}

json_t *cg_test_answer_json(const struct cg_test_answer *answer, long status) {
    json_error_t error;
    cr_assert_eq(answer->status, status, "the answer is %ld (%s): %.2000s", answer->status,
                 curl_easy_strerror(answer->code), answer->body ? answer->body : "");
    json_t *root = json_loadb(answer->body, answer->length, JSON_DECODE_ANY, &error);
    cr_assert_not_null(root, "the answer is no JSON (%s): %.2000s", error.text, answer->body);
    return root;
}

/* ---- bytes ---- */

int cg_test_dial(unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0, "no socket: %s", strerror(errno));
    int connected = 0;
    do
        connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    while (connected != 0 && errno == EINTR);
    cr_assert_eq(connected, 0, "cannot connect to port %u: %s", port, strerror(errno));
    return fd;
}

int cg_test_send(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t count = send(fd, at, length, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return 0;
        at += count;
        length -= (size_t)count;
    }
    return 1;
}

int cg_test_send_text(int fd, const char *text) {
    return cg_test_send(fd, text, strlen(text));
}

char *cg_test_receive(int fd, int quiet_ms, int *ret_ended) {
    struct text text = {0};
    char room[65536];
    int ended = 0;
    cr_assert(add(&text, "", 0));
    while (!ended) {
        struct pollfd watched = {.fd = fd, .events = POLLIN};
        int ready = poll(&watched, 1, quiet_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            break;
        ssize_t count = recv(fd, room, sizeof room, 0);
        if (count < 0 && errno == EINTR)
            continue;
        ended = count <= 0;
        if (count > 0)
            cr_assert(add(&text, room, (size_t)count), "out of memory");
    }
    for (size_t i = 0; i < text.length; i++)
        if (!text.data[i])
            text.data[i] = '?';
    if (ret_ended)
        *ret_ended = ended;
    return text.data;
}

char *cg_test_exchange(unsigned port, const char *text) {
    int fd = cg_test_dial(port);
    (void)cg_test_send_text(fd, text);
    char *answer = cg_test_receive(fd, QUIET_MS, NULL);
    (void)close(fd);
    return answer;
}

int cg_test_status_of(const char *text) {
    if (strncmp(text, "HTTP/1.1 ", 9) != 0 && strncmp(text, "HTTP/1.0 ", 9) != 0)
        return 0;
    return (int)strtol(text + 9, NULL, 10);
}
