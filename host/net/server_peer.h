/*
 * server_peer.h - what the system knows of the other end of a connection.
 */
#ifndef CG_NET_SERVER_PEER_H
#define CG_NET_SERVER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/** Bytes that the peer's system has acknowledged; what lies in our own send buffer does not count. 0: unknown. */
uint64_t cg_server_peer_taken(int fd);

/** The peer has closed or reset its side. */
bool cg_server_peer_is_gone(int fd);

/** The same, and nothing that it sent is left to be read. */
bool cg_server_peer_has_said_all(int fd);

/** Writes an address; a client of IPv4 at a socket for both is shown as what it is. "" for another family. */
void cg_server_peer_text(const struct sockaddr *address, char *text, size_t size);

#endif
