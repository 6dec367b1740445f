#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/commands.h"
#include "config/accounts.h"

/* A token that is shorter can be found by trying. */
#define TOKEN_LEAST 16u

/* The secret is read without a stream, whose buffer would keep it. */
struct input {
    char text[CG_ACCOUNT_SECRET_MAX + 2]; /* one more than allowed, and a NUL */
    size_t length;
};

static int refuse(const char *why) {
    fprintf(stderr, "chitragupt: hash: %s\n", why);
    return CG_EXIT_FAILED;
}

/* 0 when a signal came before there was something to read. */
static int wait_for_input(int signals) {
    struct pollfd wanted[] = {{.fd = signals, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (signals >= 0) {
        int count = poll(wanted, 2, -1);
        if (count < 0 && errno != EINTR)
            return 0;
        if (count > 0)
            return !wanted[0].revents;
    }
    return 1;
}

/* Reads up to the end of the line, which is not kept; the rest of a longer one is left out. 0 when it cannot be read,
 * or when one of `signals` (-1: none) came. */
static int read_line(int signals, struct input *ret) {
    char byte = '\0';
    ret->length = 0;
    while (wait_for_input(signals)) {
        ssize_t count = read(STDIN_FILENO, &byte, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return 0;
        if (count == 0 || byte == '\n') {
            ret->text[ret->length] = '\0';
            return 1;
        }
        if (ret->length < sizeof ret->text - 1)
            ret->text[ret->length++] = byte;
    }
    return 0;
}

/* Reads a line from the terminal without showing it; the terminal is put back as it was. */
static int read_silently(int signals, struct input *ret) {
    struct termios before;
    struct termios silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return 0;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ICANON | ECHONL;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return 0;
    int done = read_line(signals, ret);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return done;
}

/* Asks on the terminal. A signal that ends the program does so when the terminal shows again what is typed. */
static int ask(const char *prompt, struct input *ret) {
    sigset_t ending;
    sigset_t before;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigaddset(&ending, SIGQUIT);
    sigprocmask(SIG_BLOCK, &ending, &before);
    int signals = signalfd(-1, &ending, SFD_CLOEXEC);
    fprintf(stderr, "%s: ", prompt);
    int done = signals >= 0 && read_silently(signals, ret);
    if (signals >= 0)
        (void)close(signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return done;
}

/* What is wrong with a secret, or NULL. */
static const char *problem_of(const struct input *input, int token) {
    if (!input->length)
        return "nothing was given; the secret is read from the first line of standard input";
    if (input->length > CG_ACCOUNT_SECRET_MAX)
        return "the secret is longer than 1024 bytes";
    if (strlen(input->text) != input->length)
        return "the secret has a NUL byte in it, which no client could send";
    if (token && strcspn(input->text, " \t\r") != input->length)
        return "a token cannot have blanks in it";
    if (token && input->length < TOKEN_LEAST)
        return "a token should have at least 16 characters, because it can be tried out fast; `openssl rand -hex 32` "
               "makes a good one";
    if (!token && input->text[input->length - 1] == '\r')
        return "the line ends with a carriage return, which would be part of the password";
    return NULL;
}

/* Reads the secret, twice where a person may mistype it. */
static const char *take_secret(int token, struct input *ret) {
    static const char unreadable[] = "standard input cannot be read";
    struct input again;
    if (!isatty(STDIN_FILENO))
        return read_line(-1, ret) ? problem_of(ret, token) : unreadable;
    if (!ask(token ? "Token" : "Password", ret))
        return unreadable;
    const char *problem = problem_of(ret, token);
    if (problem || token)
        return problem;
    if (!ask("The same again", &again))
        problem = unreadable;
    else if (strcmp(ret->text, again.text) != 0)
        problem = "the two passwords are not the same";
    sodium_memzero(&again, sizeof again);
    return problem;
}

static const char *print_password(const struct input *input) {
    char hash[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(hash, input->text, input->length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return "out of memory";
    puts(hash);
    return NULL;
}

static const char *print_token(const struct input *input) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[2 * sizeof hash + 1];
    crypto_hash_sha256(hash, (const unsigned char *)input->text, input->length);
    printf(CG_TOKEN_HASH_PREFIX "%s\n", sodium_bin2hex(text, sizeof text, hash, sizeof hash));
    return NULL;
}

int cg_command_hash(const struct cg_options *options) {
    struct input input;
    const int token = options->command == CG_COMMAND_HASH_TOKEN;
    if (sodium_init() < 0)
        return refuse("no source of random numbers could be opened");
    const char *problem = take_secret(token, &input);
    if (!problem)
        problem = token ? print_token(&input) : print_password(&input);
    sodium_memzero(&input, sizeof input);
    return problem ? refuse(problem) : CG_EXIT_OK;
}
