#ifndef VIDCLASS_CAGE_PROBE_H
#define VIDCLASS_CAGE_PROBE_H

/// Opens what the attempts need, starts a second thread, calls `confine` (unless it is null), then
/// has both threads try everything a decoder process must not be able to do, in `folder`, which holds
/// a file named `kept`. Writes a line for each attempt to standard output: thread, name and error
/// number (0 for success), separated by tabs. Every attempt is harmless where it succeeds.
/// Returns 0, or the number of the error that kept it from trying.
int vc_probe_cage(const char *folder, void (*confine)(void));

/// From now on this process and what it starts find that the kernel has no seccomp filters
/// (`wall` is "seccomp"), no Landlock ("landlock") or neither ("both"). Returns 0 or the error number.
int vc_take_away(const char *wall);

#endif
