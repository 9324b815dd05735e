#ifndef VIDCLASS_ATTEMPTS_H
#define VIDCLASS_ATTEMPTS_H

#include <sys/types.h>

/// What was there before the cage was closed.
typedef struct {
  const char *thread;
  /// The folder of the file `kept`.
  const char *folder;
  /// Open for writing.
  int file;
  /// A terminal; -1 where there is none.
  int terminal;
  pid_t parent;
  /// A page that may be read and written.
  void *page;
} vc_surroundings;

/// Writes the outcome of an attempt: it failed if `result` is negative.
void vc_tell(const vc_surroundings *here, const char *name, long result);

void vc_try_files(const vc_surroundings *here);
void vc_try_processes(const vc_surroundings *here);
void vc_try_network(const vc_surroundings *here);
void vc_try_kernel(const vc_surroundings *here);

#define TRY(name, call) (errno = 0, vc_tell(here, name, (long)(call)))

#endif
