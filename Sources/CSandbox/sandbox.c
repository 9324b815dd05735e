#include "walls.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static int set_limit(int resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return errno;
  if (limit.rlim_max != RLIM_INFINITY && value > limit.rlim_max) value = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max = value;
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

static int lower_limits(const vc_process_limits *limits) {
  int error = set_limit(RLIMIT_CORE, 0);
  if (!error) error = set_limit(RLIMIT_FSIZE, 0);
  if (!error && limits->open_files) error = set_limit(RLIMIT_NOFILE, limits->open_files);
  if (!error && limits->data_bytes) error = set_limit(RLIMIT_DATA, limits->data_bytes);
  if (!error && limits->address_bytes) error = set_limit(RLIMIT_AS, limits->address_bytes);
  return error;
}

vc_cage vc_close_cage(const vc_process_limits *limits) {
  vc_cage cage = {0, 0, 0};
  cage.limits = lower_limits(limits);
  // Without this the kernel lets only the superuser put up the other two.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    cage.filter = cage.landlock = errno;
    return cage;
  }
  // The filter comes last: it leaves no call to put up anything else.
  cage.landlock = vc_forbid_files();
  cage.filter = vc_filter_calls();
  return cage;
}
