import Tensors

/// How a loader goes through its clips.
public struct LoaderOptions: Sendable {
  /// In which order an epoch goes through the clips.
  public enum Order: Sendable {
    /// As given: evaluation.
    case sequential
    /// Shuffled anew each epoch.
    case shuffled
  }

  /// What becomes of an epoch's last batch when it is not full.
  public enum LastBatch: Sendable {
    /// Kept however small it is.
    case keep
    /// Dropped if it is less than half full and not the only one: a handful of clips makes a noisy
    /// step and noisy batch statistics.
    case dropIfSmall
  }

  /// Clips of a full batch.
  public var batchSize: Int
  /// In which order clips are drawn.
  public var order: Order
  /// What becomes of a last batch that is not full.
  public var lastBatch: LastBatch
  /// Nil takes the evaluation path.
  public var augmentation: AugmentationSettings?
  /// Times each clip is drawn an epoch, differently each time.
  public var viewsPerClip: Int
  /// What evaluation shows; ignored with augmentation.
  public var variant: Variant
  /// Key of order and variation.
  public var seed: UInt64
  /// Threads that prepare clips, besides the consumer's own.
  public var workers: Int
  /// Batches that may be ready or in work at once, the consumer's included.
  public var prefetch: Int

  /// What evaluation shows of a clip.
  public enum Variant: Sendable {
    /// All frames in their order.
    case normal
    /// The middle frame, repeated.
    case singleFrame
    /// All frames in a random order, the same each time.
    case shuffledFrames
  }

  /// Evaluation: in order, nothing random, the last batch kept.
  public static func evaluation(
    batchSize: Int, variant: Variant = .normal, seed: UInt64 = 0, workers: Int = 2
  ) -> LoaderOptions {
    LoaderOptions(
      batchSize: batchSize, order: .sequential, lastBatch: .keep, augmentation: nil,
      viewsPerClip: 1, variant: variant, seed: seed, workers: workers, prefetch: 3)
  }

  /// Training: shuffled, augmented, a small last batch dropped.
  public static func training(
    batchSize: Int, augmentation: AugmentationSettings, seed: UInt64, order: Order = .shuffled,
    viewsPerClip: Int = 1, workers: Int = 2
  ) -> LoaderOptions {
    LoaderOptions(
      batchSize: batchSize, order: order, lastBatch: .dropIfSmall, augmentation: augmentation,
      viewsPerClip: viewsPerClip, variant: .normal, seed: seed, workers: workers, prefetch: 3)
  }
}

/// Which clips make which batch of one epoch; a function of (options, clips, epoch) alone.
struct EpochPlan {
  struct Item: Equatable {
    /// Position in the loader's clips.
    let clip: Int
    /// 0 the first time the clip comes in this epoch, then 1, …: part of its random key.
    let occurrence: Int
  }

  let epoch: Int
  let batches: [[Item]]

  init(clips: [Clip], options: LoaderOptions, epoch: Int) {
    self.epoch = epoch
    let items = EpochPlan.items(clips: clips, options: options, epoch: epoch)
    let full = EpochPlan.batchCount(items: items.count, options: options)
    batches = (0..<full).map { number in
      let start = number * options.batchSize
      return Array(items[start..<min(items.count, start + options.batchSize)])
    }
  }

  static func batchCount(items: Int, options: LoaderOptions) -> Int {
    let whole = items / options.batchSize
    let rest = items % options.batchSize
    if rest == 0 { return whole }
    if options.lastBatch == .dropIfSmall, whole > 0, rest * 2 < options.batchSize { return whole }
    return whole + 1
  }

  private static func items(clips: [Clip], options: LoaderOptions, epoch: Int) -> [Item] {
    let views = options.viewsPerClip
    var random = RandomStream(seed: options.seed, purpose: .clipOrder, UInt64(epoch))
    switch options.order {
    case .sequential:
      return clips.indices.flatMap { clip in (0..<views).map { Item(clip: clip, occurrence: $0) } }
    case .shuffled:
      var items = clips.indices.flatMap { clip in
        (0..<views).map { Item(clip: clip, occurrence: $0) }
      }
      random.shuffle(&items)
      return items
    }
  }
}
