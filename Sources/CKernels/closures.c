// Swift closures that threads may call while their owner waits. Swift itself would first copy such a
// closure to the heap, once for each parallel loop of each step.

#include "CKernels.h"

/// What Swift declares as `lend(_:_:_:to:)`: a closure argument is passed as two words, its function
/// and its context, and stays alive until this returns.
__attribute__((swiftcall)) void vc_lend_closure(
    void *function, void *context, ptrdiff_t count, const void *owner,
    void (*borrower)(vc_closure, ptrdiff_t, const void *)) {
  borrower((vc_closure){function, context}, count, owner);
}

void vc_call_closure(vc_closure closure, ptrdiff_t item, ptrdiff_t worker) {
  typedef __attribute__((swiftcall)) void (*body)(ptrdiff_t, ptrdiff_t,
                                                  __attribute__((swift_context)) void *);
  ((body)closure.function)(item, worker, closure.context);
}
