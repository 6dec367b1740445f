/*
 * cg-bench-record PORT_FILE UPSTREAM_PORT FOLDER
 *
 * Stands between a program and an HTTP server on this machine, passes every byte on, and keeps the body of each answer
 * with status 200 as a file in FOLDER. Writes its own port into PORT_FILE. Ends with SIGTERM and prints the number of
 * bodies. Answers must have a Content-Length, as the simulator's have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINKS 128
#define HEAD_SIZE 16384

/* One connection of the program and the one behind it. */
struct link {
    int client;
    int server;
    size_t head_used; /* of the answer's head, while it is read */
    uint64_t body_left;
    FILE *body; /* NULL: not kept */
    char head[HEAD_SIZE];
};

struct recorder {
    const char *folder;
    uint16_t upstream;
    size_t link_count;
    unsigned long bodies;
    int failed;
    struct link links[MAX_LINKS];
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

static int write_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return 0;
        data += written;
        length -= (size_t)written;
    }
    return 1;
}

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void close_link(struct recorder *recorder, size_t index) {
    struct link *link = &recorder->links[index];
    (void)close(link->client);
    (void)close(link->server);
    if (link->body)
        (void)fclose(link->body);
    recorder->link_count--;
    if (index < recorder->link_count)
        *link = recorder->links[recorder->link_count];
}

static void accept_link(struct recorder *recorder, int listener) {
    int client = accept(listener, NULL, NULL);
    if (client < 0)
        return;
    struct sockaddr_in address = loopback(recorder->upstream);
    int server = recorder->link_count < MAX_LINKS ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (server < 0 || connect(server, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)fprintf(stderr, "record: a connection could not be passed on: %s\n", strerror(errno));
        recorder->failed = 1;
        if (server >= 0)
            (void)close(server);
        (void)close(client);
        return;
    }
    struct link *link = &recorder->links[recorder->link_count++];
    *link = (struct link){.client = client, .server = server};
}

/* ---- answers ---- */

/* The value of a header line, or NULL. */
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
            return line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
    return NULL;
}

/* The head is whole: how long is the body, and is it kept? */
static int begin_body(struct recorder *recorder, struct link *link) {
    const char *length = header(link->head, "Content-Length");
    if (!length || header(link->head, "Content-Encoding")) {
        (void)fprintf(stderr, "record: an answer without plain Content-Length cannot be recorded:\n%s\n", link->head);
        return 0;
    }
    link->body_left = strtoull(length, NULL, 10);
    link->head_used = 0;
    if (strncmp(link->head, "HTTP/1.1 200", 12) != 0 || link->body_left == 0)
        return 1;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%06lu.json", recorder->folder, ++recorder->bodies);
    link->body = fopen(path, "wb");
    if (!link->body)
        (void)fprintf(stderr, "record: cannot write %s: %s\n", path, strerror(errno));
    return link->body != NULL;
}

/* Takes bytes of the body; how many, or 0 when they could not be kept. */
static size_t take_body(struct link *link, const char *data, size_t length) {
    size_t piece = length < link->body_left ? length : (size_t)link->body_left;
    if (link->body && fwrite(data, piece, 1, link->body) != 1)
        return 0;
    link->body_left -= piece;
    if (link->body_left == 0 && link->body) {
        int closed = fclose(link->body);
        link->body = NULL;
        if (closed != 0)
            return 0;
    }
    return piece;
}

static int parse(struct recorder *recorder, struct link *link, const char *data, size_t length) {
    while (length > 0) {
        size_t taken = 1;
        if (link->body_left > 0) {
            taken = take_body(link, data, length);
            if (taken == 0)
                return 0;
        } else {
            if (link->head_used + 1 >= HEAD_SIZE)
                return 0;
            link->head[link->head_used++] = *data;
            link->head[link->head_used] = '\0';
            if (link->head_used >= 4 && memcmp(link->head + link->head_used - 4, "\r\n\r\n", 4) == 0 &&
                !begin_body(recorder, link))
                return 0;
        }
        data += taken;
        length -= taken;
    }
    return 1;
}

/* Passes on what came from one side; 0 when the connection is over. */
static int pass(struct recorder *recorder, struct link *link, int from_server) {
    char data[65536];
    ssize_t length = read(from_server ? link->server : link->client, data, sizeof data);
    if (length < 0 && errno == EINTR)
        return 1;
    if (length <= 0)
        return 0;
    if (from_server && !parse(recorder, link, data, (size_t)length)) {
        recorder->failed = 1;
        return 0;
    }
    return write_all(from_server ? link->client : link->server, data, (size_t)length);
}

/* ---- the loop ---- */

static void serve(struct recorder *recorder, int listener) {
    while (!stopped && !recorder->failed) {
        struct pollfd fds[1 + 2 * MAX_LINKS];
        size_t count = recorder->link_count;
        fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++) {
            fds[1 + 2 * i] = (struct pollfd){.fd = recorder->links[i].client, .events = POLLIN};
            fds[2 + 2 * i] = (struct pollfd){.fd = recorder->links[i].server, .events = POLLIN};
        }
        if (poll(fds, 1 + 2 * count, 200) < 0)
            continue;
        /* From the end, because a closed connection is replaced by the last one. */
        for (size_t i = count; i > 0; i--) {
            struct link *link = &recorder->links[i - 1];
            int open = 1;
            if (fds[2 * i].revents)
                open = pass(recorder, link, 1);
            if (open && fds[2 * i - 1].revents)
                open = pass(recorder, link, 0);
            if (!open)
                close_link(recorder, i - 1);
        }
        if (fds[0].revents)
            accept_link(recorder, listener);
    }
    while (recorder->link_count > 0)
        close_link(recorder, recorder->link_count - 1);
}

/* A listening socket whose port is in the file; -1 with a message. */
static int open_listener(const char *port_file) {
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        (void)fprintf(stderr, "record: cannot listen: %s\n", strerror(errno));
        return -1;
    }
    FILE *file = fopen(port_file, "w");
    if (!file || fprintf(file, "%u\n", (unsigned)ntohs(address.sin_port)) < 0 || fclose(file) != 0) {
        (void)fprintf(stderr, "record: cannot write %s: %s\n", port_file, strerror(errno));
        return -1;
    }
    return listener;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void)fprintf(stderr, "Usage: %s PORT_FILE UPSTREAM_PORT FOLDER\n", argv[0]);
        return 2;
    }
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        return 1;
    recorder->folder = argv[3];
    recorder->upstream = (uint16_t)strtoul(argv[2], NULL, 10);
    const struct sigaction action = {.sa_handler = stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    int listener = open_listener(argv[1]);
    int failed = 1;
    if (listener >= 0) {
        serve(recorder, listener);
        (void)close(listener);
        (void)printf("%lu\n", recorder->bodies);
        failed = recorder->failed;
    }
    free(recorder);
    return failed;
}
