internal import CKernels
import Foundation
import Synchronization

/// Lends `body` to `borrower` for as long as the call takes: see `closures.c`.
@_silgen_name("vc_lend_closure")
private func lend(
  _ body: (Int, Int) -> Void, _ count: Int, _ owner: UnsafeRawPointer,
  to borrower: @convention(c) (vc_closure, Int, UnsafeRawPointer) -> Void)

/// The process's one level of parallelism: threads that share out the items of one loop.
///
/// Which thread takes which item is left to chance, so a loop's items must write to separate
/// places; then results never depend on the number of threads. One loop runs at a time; a pool
/// belongs to one caller.
public final class WorkerPool: @unchecked Sendable {
  // Sendable because every field below is either constant, atomic or guarded by `condition`.

  /// Threads that work on a loop, the caller's included.
  public let threads: Int

  private struct Job {
    let count: Int
    /// Lent by `parallelFor`, which returns after the last item only.
    let body: vc_closure
  }

  private let condition = NSCondition()
  private let next = Atomic<Int>(0)
  private var job: Job?
  private var generation = 0
  private var busy = 0
  private var stopping = false

  /// Starts all threads but the caller's own.
  ///
  /// - Precondition: `threads` is at least 1.
  public init(threads: Int) {
    precondition(threads > 0, "a pool needs a thread")
    self.threads = threads
    for worker in stride(from: 1, to: threads, by: 1) {
      let thread = Thread { [self] in work(worker) }
      thread.stackSize = 8 << 20
      thread.start()
      workers.append(thread)
    }
  }

  private var workers: [Thread] = []

  /// Ends the threads; the pool is not used afterwards. Without it they wait for ever, which a
  /// program that ends anyway may let them.
  public func shutDown() {
    condition.lock()
    stopping = true
    condition.broadcast()
    condition.unlock()
  }

  /// Calls `body` once for each of `0..<count`, on all threads, and waits for the last.
  public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
    parallelFor(count) { item, _ in body(item) }
  }

  /// The same with the number of the worker, below `threads`, for scratch memory of its own.
  public func parallelFor(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
    if count <= 1 || threads == 1 {
      for item in 0..<count { body(item, 0) }
      return
    }
    lend(body, count, Unmanaged.passUnretained(self).toOpaque()) { body, count, owner in
      Unmanaged<WorkerPool>.fromOpaque(owner).takeUnretainedValue()
        .run(Job(count: count, body: body))
    }
  }

  private func run(_ job: Job) {
    condition.lock()
    next.store(0, ordering: .relaxed)
    self.job = job
    generation += 1
    busy = threads - 1
    condition.broadcast()
    condition.unlock()

    take(job, worker: 0)

    condition.lock()
    while busy > 0 { condition.wait() }
    self.job = nil
    condition.unlock()
  }

  private func take(_ job: Job, worker: Int) {
    while true {
      let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if item >= job.count { return }
      vc_call_closure(job.body, item, worker)
    }
  }

  private func work(_ worker: Int) {
    var seen = 0
    while true {
      condition.lock()
      while generation == seen && !stopping { condition.wait() }
      if stopping {
        condition.unlock()
        return
      }
      seen = generation
      runJob(worker)
    }
  }

  /// Takes part in the current loop; entered with the lock held, left without it.
  private func runJob(_ worker: Int) {
    let job = job
    condition.unlock()
    if let job { take(job, worker: worker) }
    condition.lock()
    busy -= 1
    if busy == 0 { condition.broadcast() }
    condition.unlock()
  }
}
