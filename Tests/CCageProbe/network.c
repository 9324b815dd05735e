#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"

static long open_socket(int family, int type) {
  const int descriptor = socket(family, type, 0);
  if (descriptor >= 0) close(descriptor);
  return descriptor;
}

void vc_try_network(const vc_surroundings *here) {
  static const struct {
    const char *name;
    int family, type;
  } sockets[] = {
      {"socket, local", AF_UNIX, SOCK_STREAM},       {"socket, local packets", AF_UNIX, SOCK_DGRAM},
      {"socket, IPv4", AF_INET, SOCK_STREAM},        {"socket, UDP", AF_INET, SOCK_DGRAM},
      {"socket, IPv6", AF_INET6, SOCK_STREAM},       {"socket, netlink", AF_NETLINK, SOCK_RAW},
      {"socket, raw packets", AF_PACKET, SOCK_RAW},  {"socket, virtual machine", AF_VSOCK, SOCK_STREAM},
      {"socket, kernel ciphers", AF_ALG, SOCK_SEQPACKET},
  };
  for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
    TRY(sockets[i].name, open_socket(sockets[i].family, sockets[i].type));
  int pair[2];
  TRY("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct msghdr message = {0};
  char byte = 0;
  // Standard input is the socket over which the program speaks.
  TRY("connect", connect(STDIN_FILENO, (struct sockaddr *)&address, sizeof address));
  TRY("bind", bind(STDIN_FILENO, (struct sockaddr *)&address, sizeof address));
  TRY("listen", listen(STDIN_FILENO, 1));
  TRY("accept4", accept4(STDIN_FILENO, NULL, NULL, 0));
  TRY("sendto", sendto(STDIN_FILENO, &byte, 1, MSG_NOSIGNAL, NULL, 0));
  TRY("sendmsg", sendmsg(STDIN_FILENO, &message, MSG_NOSIGNAL));
  TRY("sendmmsg", syscall(SYS_sendmmsg, STDIN_FILENO, NULL, 0, 0));
  TRY("recvfrom", recvfrom(STDIN_FILENO, &byte, 1, MSG_DONTWAIT, NULL, NULL));
  socklen_t size = sizeof byte;
  TRY("getsockopt", getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &byte, &size));
  TRY("setsockopt", setsockopt(STDIN_FILENO, SOL_SOCKET, SO_PASSCRED, &byte, size));
  TRY("shutdown", shutdown(-1, SHUT_RD));
}
