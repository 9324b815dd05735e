#ifndef VIDCLASS_COPENBLAS_SHIM_H
#define VIDCLASS_COPENBLAS_SHIM_H
#include <cblas.h>
#endif
