#ifndef VIDCLASS_CCRYPTO_SHIM_H
#define VIDCLASS_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#endif
