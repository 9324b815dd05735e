import Foundation

/// Labels a list of movies with several workers; a movie that fails is a record, not the end.
public struct BatchRunner: Sendable {
  private let workers: Int
  private let makeLabeller: @Sendable () throws -> any MovieLabelling

  /// - Parameters:
  ///   - workers: threads, each with its own labeller; more than there are movies are not started.
  ///   - makeLabeller: called once on each worker's thread.
  public init(
    workers: Int, makeLabeller: @escaping @Sendable () throws -> any MovieLabelling
  ) {
    precondition(workers > 0)
    self.workers = workers
    self.makeLabeller = makeLabeller
  }

  /// Labels `jobs` in their order, as workers come free, and hands each record to `deliver` on this
  /// thread as soon as it is there.
  ///
  /// A labeller that abandons its movie ends the run: no further movie is begun, what others finish
  /// is delivered.
  ///
  /// - Returns: false when movies were left out because the run was to stop.
  /// - Throws: what `deliver` or a labeller throws, after the workers have come to rest.
  public func run(_ jobs: [LabelJob], deliver: (Int, LabelRecord) throws -> Void) throws -> Bool {
    if jobs.isEmpty { return true }
    let exchange = Exchange(jobs: jobs, workers: min(workers, jobs.count))
    for _ in 0..<min(workers, jobs.count) {
      let thread = Thread { [makeLabeller] in exchange.work(makeLabeller) }
      thread.stackSize = 8 << 20
      thread.start()
    }
    var failure: (any Error)?
    while let (index, record) = exchange.takeResult() {
      guard failure == nil else { continue }
      do {
        try deliver(index, record)
      } catch {
        failure = error
        exchange.stop()
      }
    }
    if let failure { throw failure }
    return try exchange.outcome()
  }
}

// @unchecked: every mutable field is touched under `condition` only.
/// Jobs on their way out and records on their way back.
private final class Exchange: @unchecked Sendable {
  private let condition = NSCondition()
  private let jobs: [LabelJob]
  private var nextJob = 0
  private var results: [(Int, LabelRecord)] = []
  private var runningWorkers: Int
  private var isStopped = false
  private var failure: (any Error)?

  init(jobs: [LabelJob], workers: Int) {
    self.jobs = jobs
    runningWorkers = workers
  }

  /// A worker's life.
  func work(_ makeLabeller: () throws -> any MovieLabelling) {
    do {
      let labeller = try makeLabeller()
      while let index = takeJob() {
        guard let record = try labeller.label(jobs[index]) else {
          stop()
          break
        }
        condition.withLock {
          results.append((index, record))
          condition.signal()
        }
      }
    } catch {
      condition.withLock {
        if failure == nil { failure = error }
        isStopped = true
      }
    }
    condition.withLock {
      runningWorkers -= 1
      condition.signal()
    }
  }

  func stop() { condition.withLock { isStopped = true } }

  private func takeJob() -> Int? {
    condition.withLock {
      guard !isStopped, nextJob < jobs.count else { return nil }
      defer { nextJob += 1 }
      return nextJob
    }
  }

  /// The next record; nil when all workers have ended and every record was taken.
  func takeResult() -> (Int, LabelRecord)? {
    condition.withLock {
      while results.isEmpty && runningWorkers > 0 { condition.wait() }
      return results.isEmpty ? nil : results.removeFirst()
    }
  }

  func outcome() throws -> Bool {
    try condition.withLock {
      if let failure { throw failure }
      return !isStopped
    }
  }
}
