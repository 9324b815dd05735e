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
/// places; then results never depend on the number of threads. A pool belongs to one caller. A loop
/// inside a loop's item runs on the thread that the item has: the others are busy. The threads end
/// with the pool.
public final class WorkerPool: Sendable {
  /// Threads that work on a loop, the caller's included.
  public let threads: Int
  /// What the threads hold: not the pool itself, which could not end while they do.
  private let loop: SharedLoop

  /// Starts the threads.
  ///
  /// - Parameter threads: that work on a loop, the caller's included; at least one.
  public init(threads: Int) {
    precondition(threads > 0, "a pool needs a thread")
    self.threads = threads
    loop = SharedLoop(threads: threads)
    for worker in stride(from: 1, to: threads, by: 1) {
      let thread = Thread { [loop] in loop.work(worker) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  deinit { loop.shutDown() }

  /// Ends the threads before the pool's own end; it is not used afterwards.
  public func shutDown() { loop.shutDown() }

  /// Threads of its own that have not ended yet.
  var livingThreads: Int { loop.livingThreads }

  /// Calls `body` once for each of `0..<count`, on all threads, and waits for the last.
  public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
    parallelFor(count) { item, _ in body(item) }
  }

  /// The same with the number of the worker, below `threads`, for scratch memory of its own.
  ///
  /// Inside of an item of another loop of this pool it is the number of that item's worker.
  public func parallelFor(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
    if threads == 1 {
      for item in 0..<count { body(item, 0) }
      return
    }
    if let worker = loop.currentWorker() {
      for item in 0..<count { body(item, worker) }
      return
    }
    if count <= 1 {
      for item in 0..<count { body(item, 0) }
      return
    }
    lend(body, count, Unmanaged.passUnretained(loop).toOpaque()) { body, count, owner in
      Unmanaged<SharedLoop>.fromOpaque(owner).takeUnretainedValue()
        .run(SharedLoop.Job(count: count, body: body))
    }
  }
}

/// The loop under way, shared by a pool and its threads.
// @unchecked: every property is constant, atomic, or read and written under `condition` only.
private final class SharedLoop: @unchecked Sendable {
  struct Job {
    let count: Int
    /// Lent by `parallelFor`, which returns after the last item only.
    let body: vc_closure
  }

  private let threads: Int
  private let condition = NSCondition()
  private let next = Atomic<Int>(0)
  private let isRunning = Atomic<Bool>(false)
  private var job: Job?
  private var generation = 0
  private var busy = 0
  private var stopping = false
  /// The caller's thread while a loop runs, then the pool's own from 1 on.
  private var identities: [pthread_t?]
  private var living: Int

  init(threads: Int) {
    self.threads = threads
    identities = [pthread_t?](repeating: nil, count: threads)
    living = threads - 1
  }

  var livingThreads: Int { condition.withLock { living } }

  func shutDown() {
    condition.withLock {
      stopping = true
      condition.broadcast()
    }
  }

  /// The calling thread's number in the loop under way; nil where none is.
  func currentWorker() -> Int? {
    guard isRunning.load(ordering: .acquiring) else { return nil }
    let current = pthread_self()
    let worker = condition.withLock {
      identities.firstIndex { $0.map { pthread_equal($0, current) != 0 } ?? false }
    }
    guard let worker else {
      preconditionFailure("a pool belongs to one caller, and another's loop is under way")
    }
    return worker
  }

  func run(_ job: Job) {
    condition.withLock {
      precondition(!stopping, "the pool was shut down")
      next.store(0, ordering: .relaxed)
      self.job = job
      generation += 1
      busy = threads - 1
      identities[0] = pthread_self()
      isRunning.store(true, ordering: .releasing)
      condition.broadcast()
    }
    take(job, worker: 0)
    condition.withLock {
      while busy > 0 { condition.wait() }
      self.job = nil
      identities[0] = nil
      isRunning.store(false, ordering: .releasing)
    }
  }

  private func take(_ job: Job, worker: Int) {
    while true {
      let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if item >= job.count { return }
      vc_call_closure(job.body, item, worker)
    }
  }

  /// A thread's life.
  func work(_ worker: Int) {
    condition.withLock { identities[worker] = pthread_self() }
    var seen = 0
    while let job = nextJob(&seen) {
      take(job, worker: worker)
      condition.withLock {
        busy -= 1
        if busy == 0 { condition.broadcast() }
      }
    }
    condition.withLock { living -= 1 }
  }

  /// The loop to take part in; nil at the end of the pool.
  private func nextJob(_ seen: inout Int) -> Job? {
    condition.withLock {
      while generation == seen && !stopping { condition.wait() }
      if stopping { return nil }
      seen = generation
      return job
    }
  }
}
