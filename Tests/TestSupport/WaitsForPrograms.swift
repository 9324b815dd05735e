import Foundation
import Testing

/// Tests that mostly wait, for programs or for a browser, run on threads of their own.
///
/// Tests have as many threads as there are processors: one that waits would keep its thread from the
/// tests that compute.
public struct WaitsForPrograms: SuiteTrait, TestTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
  }
}

extension Trait where Self == WaitsForPrograms {
  /// The tests wait for programs or a browser.
  public static var waitsForPrograms: Self { Self() }
}

/// A few threads that may block.
private final class WaitingThreads: TaskExecutor {
  static let shared = WaitingThreads()

  private let queue: OperationQueue

  private init() {
    queue = OperationQueue()
    // More tests at once would only get in each other's way.
    queue.maxConcurrentOperationCount = 3
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.addOperation { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
