import ClipSampling
import Foundation
import Tensors

/// What a loader's consumer and workers share.
///
/// Work is claimed clip by clip, in order, and a batch is claimed only while a slot is free for it:
/// batch `n` lies in slot `n % prefetch`.
// @unchecked: every mutable property is read and written under `condition`; the pixels of a slot
// are written by the worker that claimed the clip, and read by the consumer once none is left.
final class LoaderCore: @unchecked Sendable {
  private struct Slot {
    let batch: Batch
    var remaining = 0
    var filled: [Bool]
    var isReady = false
  }

  private struct Claim {
    let batch: Batch
    let slot: Int
    let number: Int
    let position: Int
    let item: EpochPlan.Item
    let epoch: Int
  }

  private let clips: [Clip]
  private let source: any ClipSource
  private let preprocessing: Preprocessing
  private let options: LoaderOptions
  private let condition = NSCondition()
  private var slots: [Slot]
  private var plan: EpochPlan?
  private var claimBatch = 0
  private var claimPosition = 0
  /// The batch the consumer gets next.
  private var wanted = 0
  /// Batches below this one have been taken back.
  private var released = 0
  private var inFlight = 0
  private var isShutDown = false
  private var reported = Set<UInt64>()
  private var failures: [ClipFailure] = []

  init(
    clips: [Clip], source: any ClipSource, preprocessing: Preprocessing, options: LoaderOptions
  ) {
    self.clips = clips
    self.source = source
    self.preprocessing = preprocessing
    self.options = options
    let inputSize = InputBuilder.inputCount(preprocessing)
    let capacity = min(options.batchSize, max(1, clips.count * options.viewsPerClip))
    slots = (0..<options.prefetch).map { _ in
      Slot(
        batch: Batch(capacity: capacity, inputSize: inputSize),
        filled: [Bool](repeating: false, count: capacity))
    }
  }

  // MARK: The consumer's side

  func begin(_ plan: EpochPlan, fromBatch: Int) {
    condition.withLock {
      drain()
      self.plan = plan
      claimBatch = fromBatch
      claimPosition = 0
      wanted = fromBatch
      released = fromBatch
      for index in slots.indices { slots[index].isReady = false }
      condition.broadcast()
    }
  }

  func cancel() { condition.withLock { drain() } }

  /// Ends the epoch and waits for the clips in work. Call with the lock held.
  private func drain() {
    plan = nil
    condition.broadcast()
    while inFlight > 0 { condition.wait() }
  }

  func next() -> Batch? {
    condition.withLock {
      while let plan {
        released = wanted
        guard wanted < plan.batches.count else { return nil }
        condition.broadcast()
        let slot = wanted % slots.count
        while !(slots[slot].isReady && slots[slot].batch.number == wanted) { condition.wait() }
        wanted += 1
        if slots[slot].batch.count > 0 { return slots[slot].batch }
      }
      return nil
    }
  }

  func takeFailures() -> [ClipFailure] {
    condition.withLock {
      defer { failures = [] }
      return failures.sorted { $0.clip.path.scalarsPrecede($1.clip.path) }
    }
  }

  func shutDown() {
    condition.withLock {
      isShutDown = true
      drain()
    }
  }

  // MARK: The workers' side

  func work() {
    while let claim = condition.withLock({ waitForClaim() }) {
      let failure = build(claim)
      condition.withLock { finish(claim, failure: failure) }
    }
  }

  /// The next clip to do, or nil when the loader is gone. Call with the lock held.
  private func waitForClaim() -> Claim? {
    while !isShutDown {
      if let plan, claimBatch < plan.batches.count, claimBatch < released + slots.count {
        return claim(in: plan)
      }
      condition.wait()
    }
    return nil
  }

  private func claim(in plan: EpochPlan) -> Claim {
    let items = plan.batches[claimBatch]
    let slot = claimBatch % slots.count
    let batch = slots[slot].batch
    if claimPosition == 0 {
      slots[slot].isReady = false
      slots[slot].remaining = items.count
      batch.number = claimBatch
      batch.count = items.count
      for (position, item) in items.enumerated() {
        batch.labels[position] = clips[item.clip].classIndex
        batch.clipIndices[position] = item.clip
        slots[slot].filled[position] = false
      }
    }
    let claim = Claim(
      batch: batch, slot: slot, number: claimBatch, position: claimPosition,
      item: items[claimPosition], epoch: plan.epoch)
    inFlight += 1
    claimPosition += 1
    if claimPosition == items.count {
      claimPosition = 0
      claimBatch += 1
    }
    return claim
  }

  private func build(_ claim: Claim) -> ClipFailure? {
    let clip = clips[claim.item.clip]
    do {
      let stack = try source.stack(for: clip)
      let output = claim.batch.input(at: claim.position)
      if let augmentation = options.augmentation {
        var random = RandomStream(
          seed: options.seed, purpose: .augmentation, UInt64(claim.epoch), clip.identity,
          UInt64(claim.item.occurrence))
        InputBuilder.build(
          stack: stack, preprocessing: preprocessing, augmentation: augmentation, random: &random,
          into: output)
      } else {
        let variant: FrameVariant =
          switch options.variant {
          case .normal: .normal
          case .singleFrame: .singleFrame
          case .shuffledFrames: .shuffled(seed: options.seed, identity: clip.identity)
          }
        InputBuilder.build(
          stack: stack, preprocessing: preprocessing, variant: variant, into: output)
      }
      return nil
    } catch {
      return ClipFailure(clip: clip, cause: error)
    }
  }

  /// Call with the lock held.
  private func finish(_ claim: Claim, failure: ClipFailure?) {
    slots[claim.slot].filled[claim.position] = failure == nil
    if let failure, reported.insert(failure.clip.identity).inserted { failures.append(failure) }
    slots[claim.slot].remaining -= 1
    // The last one to finish completes the batch, without the lock: mixing touches every value.
    if slots[claim.slot].remaining == 0, plan != nil {
      let filled = Array(slots[claim.slot].filled.prefix(claim.batch.count))
      condition.unlock()
      complete(claim, filled: filled)
      condition.lock()
      slots[claim.slot].isReady = true
    }
    inFlight -= 1
    condition.broadcast()
  }

  private func complete(_ claim: Claim, filled: [Bool]) {
    if filled.contains(false) { claim.batch.compact(keeping: filled) }
    var random = RandomStream(
      seed: options.seed, purpose: .mixing, UInt64(claim.epoch), UInt64(claim.number))
    Mixup.apply(
      to: claim.batch, alpha: options.augmentation?.mixup ?? 0, random: &random)
  }
}
