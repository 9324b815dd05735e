#ifndef VIDCLASS_FUZZER_H
#define VIDCLASS_FUZZER_H

#include <stdint.h>

/// FFmpeg is not instrumented, but each kind of message it logs tells of a branch it took: makes
/// libFuzzer count them as it counts the branches of our own code. To be called after the decoder
/// has put in its own listener, which keeps hearing everything.
void vc_count_messages(void);

#endif
