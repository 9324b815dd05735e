// Four lanes: SSE2 on x86-64, plain code elsewhere.
#define VL 4
#define TILE 6
#define SUFFIX generic
#include "kernels.inc"
