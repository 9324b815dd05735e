#ifndef VIDCLASS_CSANDBOX_H
#define VIDCLASS_CSANDBOX_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

// MARK: The cage

/// What a decoder process may use. Bytes; 0 leaves a limit as it is.
typedef struct {
  uint64_t data_bytes;
  uint64_t address_bytes;
  uint32_t open_files;
} vc_process_limits;

/// Which walls stand: 0, or the number of the error that kept one from being put up.
typedef struct {
  int limits;
  int filter;
  int landlock;
} vc_cage;

/// Confines this process for good, all its threads and those to come: lowers its limits (memory,
/// open files, no core dump, no writing to files), then takes away every system call but those that
/// decoding needs, and everything that has a path. Such calls fail with EPERM.
vc_cage vc_close_cage(const vc_process_limits *limits);

// MARK: Descriptors

/// As fstat(2), by a system call that has no path: the C library may use one that has.
int vc_status(int descriptor, struct stat *status);

/// A file in memory that holds these bytes and can never hold others, last changed at this time.
/// Returns its descriptor, or -1 with `errno`.
int vc_memory_file(const void *bytes, size_t count, int64_t nanoseconds);

/// Makes a pipe that no other program inherits, clear of the three standard descriptors, of at least
/// `bytes` where the system lets it be so large. Returns 0 or the error number.
int vc_pipe(int ends[2], int bytes);

/// Makes a pair of connected sockets that no other program inherits, clear of the three standard
/// descriptors: what is sent into the first comes out of the second, and never the other way.
/// Returns 0 or the error number.
int vc_socket_pair(int ends[2]);

/// As writev(2) to a socket; `descriptor` goes along with the first byte.
ssize_t vc_send(int socket, const struct iovec *parts, int count, int descriptor);

/// As read(2) from a socket; a descriptor that came along is stored in `descriptor`, otherwise -1.
ssize_t vc_receive(int socket, void *bytes, size_t count, int *descriptor);

// MARK: Processes

/// Allows process `pid` so many more seconds of processor time, counted from now; then SIGXCPU.
int vc_allow_cpu(pid_t pid, double used, double seconds);

/// Starts `path` with `arguments`, in a session of its own without a terminal, and nothing inherited
/// but the three descriptors, which become its standard input, output and error. Returns 0 and the
/// process, or the error number.
int vc_spawn(const char *path, char *const arguments[], char *const environment[], int input,
             int output, int errors, pid_t *process);

/// Waits for `pid` to end. Returns its wait status and the most memory it had resident, or -1.
int vc_wait(pid_t pid, int wait, int *status, int64_t *peak_bytes);

/// Seconds of processor time that `pid` has used; negative where unknown.
double vc_cpu_seconds(pid_t pid);

#endif
