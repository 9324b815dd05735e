#ifndef VIDCLASS_WALLS_H
#define VIDCLASS_WALLS_H

#include "CSandbox.h"

// The walls of the cage (see vc_close_cage), each put up for good. All return 0 or the error number.

/// Has the kernel refuse this thread, and those it starts, every file that is not open yet, and
/// where the kernel knows how, signals and abstract sockets of other processes.
int vc_forbid_files(void);

/// Leaves all threads of this process only the system calls on a list.
int vc_filter_calls(void);

#endif
