#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int vc_status(int descriptor, struct stat *status) {
#if defined(__x86_64__) || defined(__aarch64__)
  // There the kernel fills in the C library's own structure.
  return (int)syscall(SYS_fstat, descriptor, status);
#else
  return fstat(descriptor, status);
#endif
}

// MARK: Making pairs

/// Moves both ends out of the way of the standard descriptors; closes both where that fails.
static int move_up(int ends[2]) {
  int error = 0;
  for (int i = 0; i < 2; i++) {
    if (ends[i] > STDERR_FILENO) continue;
    const int moved = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) error = errno;
    close(ends[i]);
    ends[i] = moved;
  }
  if (error) {
    for (int i = 0; i < 2; i++)
      if (ends[i] >= 0) close(ends[i]);
  }
  return error;
}

int vc_pipe(int ends[2], int bytes) {
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  const int error = move_up(ends);
  if (error) return error;
  // A wish: where users may not have so much, the pipe stays as it is.
  fcntl(ends[1], F_SETPIPE_SZ, bytes);
  return 0;
}

int vc_socket_pair(int ends[2]) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  const int error = move_up(ends);
  if (error) return error;
  shutdown(ends[0], SHUT_RD);
  return 0;
}

// MARK: Passing on

/// Room for one descriptor beside a message, aligned as the kernel wants it.
typedef union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
} descriptor_room;

ssize_t vc_send(int socket, const struct iovec *parts, int count, int descriptor) {
  descriptor_room room;
  memset(&room, 0, sizeof room);
  struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
  message.msg_control = room.bytes;
  message.msg_controllen = sizeof room.bytes;
  struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(control), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t vc_receive(int socket, void *bytes, size_t count, int *descriptor) {
  descriptor_room room;
  struct iovec part = {bytes, count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = room.bytes;
  message.msg_controllen = sizeof room.bytes;
  *descriptor = -1;
  const ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (got <= 0) return got;
  const struct cmsghdr *control = CMSG_FIRSTHDR(&message);
  if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
    memcpy(descriptor, CMSG_DATA(control), sizeof *descriptor);
  return got;
}

int vc_memory_file(const void *bytes, size_t count, int64_t nanoseconds) {
  int descriptor = memfd_create("vidclass", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -1;
  size_t done = 0;
  while (done < count) {
    ssize_t wrote = write(descriptor, (const char *)bytes + done, count - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) goto failed;
    done += (size_t)wrote;
  }
  // Before year 1970 the remainder would be negative, which no time may have.
  int64_t rest = nanoseconds % 1000000000;
  int64_t seconds = nanoseconds / 1000000000;
  if (rest < 0) {
    rest += 1000000000;
    seconds -= 1;
  }
  struct timespec times[2] = {{0, UTIME_OMIT}, {(time_t)seconds, (long)rest}};
  if (futimens(descriptor, times) != 0) goto failed;
  int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (fcntl(descriptor, F_ADD_SEALS, seals) != 0) goto failed;
  return descriptor;

failed:;
  int number = errno;
  close(descriptor);
  errno = number;
  return -1;
}
