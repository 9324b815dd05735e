import ClipSampling
import Foundation

/// Prepares batches ahead of the consumer on threads of its own.
///
/// The content of every batch depends on (options, clips, epoch, batch number) alone: not on the
/// number of workers, on timing, or on where an epoch was entered. Memory is bounded: `prefetch`
/// batches, reused for ever. One consumer: `start`, `next` and `stop` are called from one thread.
public final class BatchLoader {
  /// In the order that positions in batches refer to.
  public let clips: [Clip]
  /// How it goes through them.
  public let options: LoaderOptions
  private let core: LoaderCore

  /// - Parameters:
  ///   - clips: what an epoch goes through; keep unreadable ones out with `ClipStore.prepare`.
  ///   - source: asked for each clip's stack by the workers.
  public init(
    clips: [Clip], source: any ClipSource, preprocessing: Preprocessing, options: LoaderOptions
  ) {
    precondition(options.batchSize > 0 && options.workers > 0 && options.viewsPerClip > 0)
    precondition(options.prefetch > 1, "one batch is with the consumer, another must be in work")
    self.clips = clips
    self.options = options
    core = LoaderCore(
      clips: clips, source: source, preprocessing: preprocessing, options: options)
    for number in 0..<options.workers {
      let thread = Thread { [core] in core.work() }
      thread.name = "loader-\(number)"
      // Decoders keep large tables on the stack.
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  deinit { core.shutDown() }

  /// Batches of every epoch.
  public var batchesPerEpoch: Int {
    EpochPlan.batchCount(items: clips.count * options.viewsPerClip, options: options)
  }

  /// Begins an epoch at a batch: 0, or where an interrupted run stopped. Ends the epoch in work.
  public func start(epoch: Int, fromBatch: Int = 0) {
    core.begin(EpochPlan(clips: clips, options: options, epoch: epoch), fromBatch: fromBatch)
  }

  /// The epoch's next batch, or nil at its end. The batch before is taken back.
  ///
  /// Clips that cannot be read are left out and told by `takeFailures`; a batch of which nothing
  /// is left is passed over.
  public func next() -> Batch? { core.next() }

  /// Ends the epoch; the batch given last is taken back.
  public func stop() { core.cancel() }

  /// Clips that could not be read since the last call, each told once in the loader's life.
  public func takeFailures() -> [ClipFailure] { core.takeFailures() }
}
