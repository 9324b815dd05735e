#ifndef VIDCLASS_CZLIB_SHIM_H
#define VIDCLASS_CZLIB_SHIM_H
#include <zlib.h>
#endif
