import Synchronization
import Testing

@testable import Tensors

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 5], [1, 2, 7])
  func aLoopInsideALoopRunsOnItsThread(threads: Int, outer: Int) {
    let pool = WorkerPool(threads: threads)
    let done = Mutex([Int](repeating: 0, count: outer * 11))
    let strangers = Atomic<Int>(0)
    for _ in 0..<50 {
      pool.parallelFor(outer) { item, worker in
        pool.parallelFor(11) { inner, innerWorker in
          if innerWorker != worker { strangers.add(1, ordering: .relaxed) }
          done.withLock { $0[item * 11 + inner] += 1 }
        }
      }
    }
    #expect(done.withLock { $0.allSatisfy { $0 == 50 } })
    #expect(threads > 1 && outer == 1 || strangers.load(ordering: .relaxed) == 0)
  }

  @Test func threadsEndWithThePool() async throws {
    var pool: WorkerPool? = WorkerPool(threads: 4)
    pool?.parallelFor(8) { _ in }
    #expect(pool?.livingThreads == 3)
    pool?.shutDown()
    for _ in 0..<500 where pool?.livingThreads != 0 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(pool?.livingThreads == 0)
    pool = nil
  }
}
