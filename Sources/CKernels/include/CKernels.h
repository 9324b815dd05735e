#ifndef VIDCLASS_CKERNELS_H
#define VIDCLASS_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

#endif
